"""Where an order stands in the pipeline, and the one fact that keeps it there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from inventory.queries import location_codes
from oms import words
from oms.models import Event
from orders.admin.acts import REPAIRS
from orders.admin.timeline import held_words
from orders.enums import HoldKind, OrderStatus, Stage
from orders.models import Hold, Order, OrderLine
from orders.queries.balance import Balance, left_of
from orders.queries.hold_types import remedy_of
from orders.queries.rests import open_rest

STAGES = list(Stage)
OWN_PERMISSION = {
    "undo_cancel": "orders.cancel_order",
    "release_now": "orders.release_order",
    "approve": "orders.approve_order",
    "set_purchase_order": "orders.correct_order",
}
NAMED = 3  # lines that a sentence names
UNDECIDED = {"waiting", "hold"}  # decisions about parcels that came back
IN_TROUBLE = {"exception", "returned_to_sender"}  # what carriers report and a person must look at
# Which event says that a stage was left behind.
REACHED = {
    Stage.PLACEMENT: ("order.placed",),
    Stage.VALIDATION: ("order.hold_lifted", "order.placed"),
    Stage.ALLOCATION: ("order.allocated", "order.released"),
    Stage.PAYMENT: ("order.payment_captured", "order.payment_authorized", "order.payment_promised"),
    Stage.FULFILMENT: ("order.shipped",),
    Stage.SHIPPING: ("order.delivered",),
    Stage.REPORTING: ("order.closed", "order.cancelled"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the seven stages, as the stepper draws it."""

    title: str
    state: str  # done, here, stuck, ended, off (never to be reached) or nothing
    note: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """The one fact that keeps the order where it is, and the button that clears it."""

    sentence: str
    url: str = ""
    label: str = ""
    permission: str = ""
    quiet: bool = False


def steps(order: Order, lines: Sequence[OrderLine], *, on_hold: bool) -> list[Step]:
    """The seven stages with when each was left, and for how long the order is in the present one."""
    last = _last_times(order)
    if order.status == OrderStatus.CANCELLED:
        return _called_off(order, last)
    here = STAGES.index(Stage(order.stage))
    waiting = sum(line.backordered for line in lines)
    drawn = []
    for index, stage in enumerate(STAGES):
        note = words.moment(last.get(stage)) if index < here else ""
        state = "done" if index < here else ""
        if index == here:
            finished = order.status == OrderStatus.CLOSED
            stuck = on_hold or stage in {Stage.ALLOCATION, Stage.PAYMENT}
            state = "done" if finished else "stuck" if stuck else "here"
            note = (
                words.moment(last.get(stage)) if finished else f"for {words.age(order.stage_since)}"
            )
        if stage == Stage.ALLOCATION and waiting and index < here:
            note = f"{waiting} waiting"
        drawn.append(Step(str(stage.label), state, note))
    return drawn


def _called_off(order: Order, last: dict[Stage, datetime]) -> list[Step]:
    """The stages that it left behind, those that it never came to, and its end."""
    passed = set(last)
    if not passed & {Stage.ALLOCATION, Stage.FULFILMENT}:
        passed.discard(Stage.VALIDATION)  # placing begins it, only what comes after it ends it
    drawn = [
        Step(str(stage.label), "done", words.moment(last[stage]))
        if stage in passed
        else Step(str(stage.label), "off", "")
        for stage in STAGES[:-1]
    ]
    return [*drawn, Step("Cancelled", "ended", words.moment(order.cancelled_at))]


def _last_times(order: Order) -> dict[Stage, datetime]:
    names = {name for events in REACHED.values() for name in events}
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk, name__in=names)
    times: dict[str, datetime] = dict(rows.order_by("sequence").values_list("name", "at"))
    found = {}
    for stage, events in REACHED.items():
        if known := [times[name] for name in events if name in times]:
            found[stage] = max(known)
    if Stage.PLACEMENT in found:
        found[Stage.PLACEMENT] = order.placed_at
    return found


class Diagnosis:
    """Finds the one fact that blocks an order."""

    def __init__(
        self,
        order: Order,
        lines: Sequence[OrderLine],
        money: Balance,
        act_url: Callable[[str], str],
        allowed: Sequence[str],
    ) -> None:
        """Take what the page has loaded anyway."""
        self.order, self.lines, self.money = order, lines, money
        self.act_url, self.allowed = act_url, allowed
        self.holds = [hold for hold in order.holds.all() if hold.lifted_at is None]

    def blocker(self) -> Blocker:
        """The first that applies, most urgent first."""
        for find in (
            self._finished,
            self._held,
            self._came_back,
            self._owed,
            self.collected,
            self._short,
            self._unpaid,
        ):
            if found := find():
                return found
        return self._with_location()

    def _finished(self) -> Blocker | None:
        if self.order.status == OrderStatus.CANCELLED and not self.money.refundable:
            last = self.order.cancellations.order_by("-pk").first()
            why = f" – {last.get_reason_display().lower()}" if last else ""
            return Blocker(f"Cancelled {words.moment(self.order.cancelled_at)}{why}.", quiet=True)
        if self.order.status == OrderStatus.CLOSED:
            when = words.moment(self.order.closed_at)
            return Blocker(f"Done: delivered, paid and closed {when}.", quiet=True)
        return None

    def _came_back(self) -> Blocker | None:
        """Of a parcel that the carrier brought back somebody decides what becomes of it."""
        if not any(line.undelivered for line in self.lines):
            return None
        for row in related(self.order, "origin_returns", "shipment"):
            if row.decision in UNDECIDED:
                url = page_url("fulfillment_shipment_change", row.shipment_id)
                why = row.get_reason_display().lower()
                sentence = f"{row.shipment} came back to us ({why}): reship, refund or keep it."
                return Blocker(sentence, url, f"Open {row.shipment}", "fulfillment.view_shipment")
        return None

    def _held(self) -> Blocker | None:
        if not self.holds:
            return None
        hold = next((row for row in self.holds if row.kind == HoldKind.CANCELLING), self.holds[0])
        more = f" (and {len(self.holds) - 1} more)" if len(self.holds) > 1 else ""
        sentence = f"On hold – {held_words(hold.type.name, hold.reason)}{more}"
        repair = REPAIRS.get(hold.kind)  # type: ignore[call-overload]
        if repair == "solve_sku" or (repair and repair in self.allowed):
            label = "Map SKU" if repair == "solve_sku" else "Correct address"
            return Blocker(sentence, self.act_url(repair), label, "orders.correct_order")
        act, label = remedy_of(hold.kind)
        if act in self.allowed and act in OWN_PERMISSION:
            return Blocker(sentence, self.act_url(act), label, OWN_PERMISSION[act])
        return Blocker(sentence, lift_url(hold), "Lift hold", "orders.lift_hold")

    def _owed(self) -> Blocker | None:
        order = self.order
        if self.money.granted > self.money.refunded:
            amount = words.money(self.money.granted - self.money.refunded, order.currency)
            grant = next(g for g in order.refund_grants.all() if left_of(g) > 0)
            url = reverse("admin:orders_refundgrant_act", args=[grant.pk, "pay"]) + _back(order)
            return Blocker(
                f"{amount} is granted and not yet paid back.",
                url,
                "Pay refund",
                "orders.pay_refund",
            )
        if self.money.refundable > 0:
            amount = words.money(self.money.refundable, order.currency)
            url = self.act_url("grant_refund")
            return Blocker(f"Overpaid by {amount}.", url, "Grant refund", "orders.grant_refund")
        return None

    def collected(self) -> Blocker | None:
        """What locations gave up waits for its window."""
        short = [line for line in self.lines if line.backordered]
        rest = open_rest(self.order.pk) if short else None
        given_up = [line for line in short if rest and line.pk in rest.lines]
        if rest is None or not given_up:
            return None
        codes = location_codes(rest.avoid)
        where = ", ".join(codes[pk] for pk in rest.avoid if pk in codes) or "a location"
        sentence = (
            f"{_units_of(given_up)}, given up by {where}, is routed again with other orders "
            f"{words.moment(rest.due_at)}"
        )
        stopped = any(hold.type.stops_allocation for hold in self.holds)
        sentence += ", not before the hold is lifted." if stopped else "."
        if "reroute" in self.allowed:
            url = self.act_url("reroute")
            return Blocker(sentence, url, "Route now", "orders.release_order", quiet=True)
        return Blocker(sentence, quiet=True)

    def _short(self) -> Blocker | None:
        if self.order.stage != Stage.ALLOCATION:
            return None
        short = [line for line in self.lines if line.backordered]
        product = next((line.product_id for line in short if line.product_id), None)
        url = reverse("admin:inventory_product_change", args=[product]) if product else ""
        sentence = f"Waits for stock: {_units_of(short)}."
        return Blocker(sentence, url, "See stock", "inventory.view_product")

    def _unpaid(self) -> Blocker | None:
        if self.order.stage != Stage.PAYMENT:
            return None
        missing = self.money.due - self.money.received - self.money.authorized - self.money.deferred
        amount = words.money(missing, self.order.currency)
        short = sum(line.backordered for line in self.lines)
        stock = f"{words.count(short, 'unit')} still to come" if short else "Stock is reserved"
        sentence = f"{stock}; waits for payment of {amount}."
        url = self.act_url("record_payment")
        return Blocker(sentence, url, "Record payment", "orders.take_payment")

    def _with_location(self) -> Blocker:
        if "release" in self.allowed:
            paid = "and money are ready" if self.money.covers_due else "is reserved, unpaid is fine"
            sentence = f"Stock {paid}; somebody has to release it."
            return Blocker(sentence, self.act_url("release"), "Release", "orders.release_order")
        if self.order.stage == Stage.FULFILMENT:
            return self._at_work()
        if self.order.stage == Stage.SHIPPING:
            return self._on_its_way()
        if self.money.balance > 0:
            amount = words.money(self.money.balance, self.order.currency)
            url = self.act_url("record_payment")
            return Blocker(
                f"Delivered; {amount} is still owed.", url, "Record payment", "orders.take_payment"
            )
        return Blocker("Nothing blocks this order.", quiet=True)

    def _on_its_way(self) -> Blocker:
        for row in related(self.order, "shipments", "carrier"):
            if row.status in IN_TROUBLE:
                state = words.sentence_case(row.get_status_display()).lower()
                url = page_url("fulfillment_shipment_change", row.pk)
                sentence = f"{row.number}: {row.carrier.name} reports: {state}."
                return Blocker(sentence, url, f"Open {row.number}", "fulfillment.view_shipment")
        units = words.count(
            sum(line.shipped - line.delivered - line.undelivered for line in self.lines), "unit"
        )
        return Blocker(f"On its way: {units} with the carrier.", quiet=True)

    def _at_work(self) -> Blocker:
        units = sum(line.released - line.shipped for line in self.lines)
        work = [
            f
            for f in related(self.order, "fulfillment_orders", "location", also=("lines",))
            if f.ended_at is None and f.shipped_at is None
        ]
        if not work:
            return Blocker(f"Handed to their location: {words.count(units, 'unit')}.", quiet=True)
        first = work[0]
        sentence = " ".join(map(_working, work))
        url = page_url("fulfillment_fulfillmentorder_change", first.pk)
        return Blocker(
            sentence, url, f"Open {first.number}", "fulfillment.view_fulfillmentorder", quiet=True
        )


def _units_of(short: Sequence[OrderLine]) -> str:
    said = ", ".join(f"{line.backordered} × {line.sku}" for line in short[:NAMED])
    more = f" and {len(short) - NAMED} more lines" if len(short) > NAMED else ""
    return said + more


def _working(work: Any) -> str:
    """What a location has to do yet, and how far it is."""
    units = sum(line.quantity - line.dropped - line.shipped for line in work.lines.all())
    state = words.sentence_case(work.get_status_display()).lower()
    return f"{words.count(units, 'unit')} at {work.location.code}: {state}."


def related(order: Order, name: str, *along: str, also: Sequence[str] = ()) -> list[Any]:
    """Rows of a higher app that point at the order, through the reverse relation alone."""
    rows: QuerySet[Any] | None = getattr(order, name, None)
    if rows is None:
        return []
    return list(rows.select_related(*along or ("location",)).prefetch_related(*also).order_by("pk"))


def page_url(page: str, *args: object) -> str:
    """Address of a page that another app may or may not bring."""
    try:
        return reverse(f"admin:{page}", args=args)
    except NoReverseMatch:
        return ""


def _back(order: Order) -> str:
    return "?next=" + reverse("admin:orders_order_change", args=[order.pk])


def lift_url(hold: Hold) -> str:
    """Address of the button that lifts a hold and comes back to the order."""
    return (
        reverse("admin:orders_hold_act", args=[hold.pk, "lift"])
        + "?next="
        + reverse("admin:orders_order_change", args=[hold.order_id])
    )
