"""What the order page shows: where it stands, what blocks it, its lines, its money."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from inventory import queries as stock
from oms import words
from oms.models import Event
from orders.admin.acts import REPAIRS, left_of
from orders.admin.timeline import held_words
from orders.enums import OrderStatus, Stage, TransactionKind
from orders.models import Hold, Order, OrderLine, Payment, RefundGrant
from orders.operations.payments import open_amount
from orders.queries.balance import Balance

STAGES = list(Stage)
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


MOVED = {
    TransactionKind.AUTHORIZE: "authorised",
    TransactionKind.CAPTURE: "received",
    TransactionKind.REFUND: "paid back",
    TransactionKind.VOID: "given up",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One of the seven stages, as the stepper draws it."""

    title: str
    state: str  # done, here, stuck or nothing
    note: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """The one fact that keeps the order where it is, and the button that clears it."""

    sentence: str
    url: str = ""
    label: str = ""
    permission: str = ""
    quiet: bool = False


@dataclass(slots=True)
class LineRow:
    """A line with the stock behind it."""

    line: OrderLine
    places: list[str] = field(default_factory=list)  # where its open reservations are
    levels: list[stock.Availability] = field(default_factory=list)

    @property
    def available(self) -> int:
        """What all locations together could still promise."""
        return sum(row.available for row in self.levels)

    @property
    def stock_words(self) -> str:
        """Availability per location, for a tooltip."""
        return ", ".join(f"{row.location}: {row.available} of {row.on_hand}" for row in self.levels)


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """A line of the money card: what, how much, and what that means."""

    label: str
    amount: str
    note: str = ""
    strong: bool = False
    tone: str = ""


def line_rows(lines: Sequence[OrderLine]) -> list[LineRow]:
    """Lines with where they are reserved and what is available now: two queries for any number."""
    rows = {line.pk: LineRow(line) for line in lines}
    for held in stock.open_reservations(rows):
        rows[held.order_line_id].places.append(f"{held.quantity} at {held.level.location.code}")
    levels: dict[str, list[stock.Availability]] = defaultdict(list)
    for row in stock.availability({line.product.sku for line in lines if line.product}):
        levels[row.sku].append(row)
    for row in rows.values():
        if row.line.product:
            row.levels = levels[row.line.product.sku]
    return list(rows.values())


def steps(order: Order, lines: Sequence[OrderLine], *, on_hold: bool) -> list[Step]:
    """The seven stages with when each was left, and for how long the order is in the present one."""
    last = _last_times(order)
    here = STAGES.index(Stage(order.stage))
    waiting = sum(line.backordered for line in lines)
    drawn = []
    for index, stage in enumerate(STAGES):
        note = words.moment(last.get(stage)) if index < here else ""
        state = "done" if index < here else ""
        if index == here:
            finished = order.status in {OrderStatus.CLOSED, OrderStatus.CANCELLED}
            stuck = on_hold or stage in {Stage.ALLOCATION, Stage.PAYMENT}
            state = "done" if finished else "stuck" if stuck else "here"
            note = (
                words.moment(last.get(stage)) if finished else f"for {words.age(order.stage_since)}"
            )
        if stage == Stage.ALLOCATION and waiting and index < here:
            note = f"{waiting} waiting"
        drawn.append(Step(str(stage.label), state, note))
    return drawn


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
        for find in (self._finished, self._held, self._owed, self._short, self._unpaid):
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

    def _held(self) -> Blocker | None:
        if not self.holds:
            return None
        hold = self.holds[0]
        more = f" (and {len(self.holds) - 1} more)" if len(self.holds) > 1 else ""
        sentence = f"On hold – {held_words(hold.kind, hold.reason)}{more}"
        repair = REPAIRS.get(hold.kind)  # type: ignore[call-overload]
        if repair == "solve_sku" or (repair and repair in self.allowed):
            label = "Map SKU" if repair == "solve_sku" else "Correct address"
            return Blocker(sentence, self.act_url(repair), label, "orders.correct_order")
        return Blocker(sentence, _lift_url(hold), "Lift hold", "orders.lift_hold")

    def _owed(self) -> Blocker | None:
        order = self.order
        if self.money.granted > self.money.refunded:
            amount = words.money(self.money.granted - self.money.refunded, order.currency)
            grant = next(g for g in order.refund_grants.all() if left_of(g) > 0)
            url = reverse("admin:orders_refundgrant_act", args=[grant.pk, "pay"]) + _back(order)
            return Blocker(
                f"{amount} is granted and not yet paid back.",
                url,
                "Record refund paid",
                "orders.pay_refund",
            )
        if self.money.refundable > 0:
            amount = words.money(self.money.refundable, order.currency)
            url = self.act_url("grant_refund")
            return Blocker(f"Overpaid by {amount}.", url, "Grant refund", "orders.grant_refund")
        return None

    def _short(self) -> Blocker | None:
        if self.order.stage != Stage.ALLOCATION:
            return None
        short = [line for line in self.lines if line.backordered]
        said = ", ".join(f"{line.backordered} × {line.sku}" for line in short[:3])
        more = f" and {len(short) - 3} more lines" if len(short) > 3 else ""  # noqa: PLR2004
        product = next((line.product_id for line in short if line.product_id), None)
        url = reverse("admin:inventory_product_change", args=[product]) if product else ""
        return Blocker(
            f"Waits for stock: {said}{more}.", url, "See stock", "inventory.view_product"
        )

    def _unpaid(self) -> Blocker | None:
        if self.order.stage != Stage.PAYMENT:
            return None
        missing = self.money.due - self.money.received - self.money.authorized - self.money.deferred
        amount = words.money(missing, self.order.currency)
        sentence = f"Stock is reserved; waits for payment of {amount}."
        url = self.act_url("record_payment")
        return Blocker(sentence, url, "Record payment", "orders.take_payment")

    def _with_location(self) -> Blocker:
        if "release" in self.allowed:
            sentence = "Stock and money are ready; somebody has to release it."
            return Blocker(sentence, self.act_url("release"), "Release", "orders.release_order")
        if self.order.stage == Stage.FULFILMENT:
            return self._at_work()
        if self.order.stage == Stage.SHIPPING:
            units = sum(line.shipped - line.delivered for line in self.lines)
            return Blocker(f"On its way: {units} units with the carrier.", quiet=True)
        if self.money.balance > 0:
            amount = words.money(self.money.balance, self.order.currency)
            url = self.act_url("record_payment")
            return Blocker(
                f"Delivered; {amount} is still owed.", url, "Record payment", "orders.take_payment"
            )
        return Blocker("Nothing blocks this order.", quiet=True)

    def _at_work(self) -> Blocker:
        units = sum(line.released - line.shipped for line in self.lines)
        work = [
            f
            for f in related(self.order, "fulfillment_orders")
            if f.ended_at is None and f.shipped_at is None
        ]
        if not work:
            return Blocker(f"{units} units are handed to their location.", quiet=True)
        first = work[0]
        sentence = (
            f"{units} units are at {first.location.code}: {first.get_status_display().lower()}."
        )
        url = _url("fulfillment_fulfillmentorder_change", first.pk)
        return Blocker(
            sentence, url, f"Open {first.number}", "fulfillment.view_fulfillmentorder", quiet=True
        )


def money_rows(order: Order, money: Balance) -> list[MoneyRow]:
    """The order's money from goods to balance, each explained, nothing said twice."""

    def say(amount: Decimal) -> str:
        return words.money(amount, order.currency)

    tax = "contained in prices" if order.price_includes_tax else "on top of prices"
    rows = [MoneyRow("Goods", say(order.goods_total), "less discounts and cancelled units")]
    rows += [
        MoneyRow(words.sentence_case(row.get_kind_display()), say(row.amount), row.description)
        for row in order.charges.all()
    ]
    rows += [
        MoneyRow("Tax", say(order.tax_total), tax),
        MoneyRow("Total", say(order.total), strong=True),
    ]
    for label, amount, note in (
        ("Received", money.captured, "captured or recorded"),
        ("Authorised", money.authorized, "reserved by the payer, not taken yet"),
        ("Promised", money.deferred, "on delivery or on account"),
        ("Refund granted", money.granted - money.refunded, "not yet paid back"),
        ("Paid back", -money.refunded, ""),
    ):
        if amount:
            rows.append(MoneyRow(label, say(amount), note))
    return [*rows, _balance_row(order, money)]


def _balance_row(order: Order, money: Balance) -> MoneyRow:
    amount = words.money(abs(money.balance), order.currency)
    if money.balance > 0:
        return MoneyRow("Still owed by the buyer", amount, strong=True)
    if money.balance < 0:
        return MoneyRow("Owed to the buyer", amount, strong=True, tone="warn")
    return MoneyRow("Balance", amount, "paid in full", strong=True)


def payment_rows(payments: Sequence[Payment]) -> list[dict[str, Any]]:
    """Payments with what is still open and the addresses of their buttons."""
    return [
        {
            "payment": payment,
            "moves": [(row, MOVED[row.kind]) for row in payment.transactions.all()],
            "open": open_amount(payment),
            "capture": reverse("admin:orders_payment_act", args=[payment.pk, "capture"]),
            "void": reverse("admin:orders_payment_act", args=[payment.pk, "void"]),
        }
        for payment in payments
    ]


def grant_rows(grants: Sequence[RefundGrant]) -> list[dict[str, Any]]:
    """Refund grants with what is left to pay."""
    return [
        {
            "grant": grant,
            "left": left_of(grant),
            "pay": reverse("admin:orders_refundgrant_act", args=[grant.pk, "pay"]),
        }
        for grant in grants
    ]


def hold_rows(holds: Sequence[Hold]) -> list[dict[str, Any]]:
    """Holds, open ones first, with who placed and lifted them."""
    names = words.names_of(
        actor for hold in holds for actor in (hold.placed_by, hold.lifted_by) if actor
    )
    now = timezone.now()
    ordered = sorted(holds, key=lambda hold: (hold.lifted_at is not None, -hold.pk))
    return [
        {
            "hold": hold,
            "placed_by": names.get(hold.placed_by, ""),
            "lifted_by": names.get(hold.lifted_by, ""),
            "overdue": hold.due_at is not None and hold.due_at < now,
            "lift": _lift_url(hold),
        }
        for hold in ordered
    ]


def related(order: Order, name: str, *along: str) -> list[Any]:
    """Rows of a higher app that point at the order, through the reverse relation alone."""
    rows: QuerySet[Any] | None = getattr(order, name, None)
    return [] if rows is None else list(rows.select_related(*along or ("location",)).order_by("pk"))


def links(order: Order) -> dict[str, list[dict[str, str]]]:
    """Documents of the higher apps as titles, words and addresses."""
    return {
        "work": [
            _link(row, "fulfillment_fulfillmentorder_change", row.location.code)
            for row in related(order, "fulfillment_orders", "location")
        ],
        "shipments": [
            _link(
                row,
                "fulfillment_shipment_change",
                f"{row.carrier.name} {row.tracking_number}".strip(),
            )
            for row in related(order, "shipments", "carrier")
        ],
        "returns": [
            _link(row, "fulfillment_return_change", row.location.code)
            for row in related(order, "returns", "location")
        ],
        "documents": [
            _link(row, "compliance_invoice_change", words.money(row.gross, row.currency))
            for row in related(order, "invoices", "entity")
        ],
    }


def _link(row: Any, page: str, note: str) -> dict[str, str]:
    status = (
        words.sentence_case(row.get_status_display())
        if hasattr(row, "get_status_display")
        else words.sentence_case(row.get_kind_display())
    )
    return {"title": str(row), "note": note, "status": str(status), "url": _url(page, row.pk)}


def _url(page: str, *args: object) -> str:
    try:
        return reverse(f"admin:{page}", args=args)
    except NoReverseMatch:
        return ""


def page_url(page: str, *args: object) -> str:
    """Address of a page that another app may or may not bring."""
    return _url(page, *args)


def _back(order: Order) -> str:
    return "?next=" + reverse("admin:orders_order_change", args=[order.pk])


def _lift_url(hold: Hold) -> str:
    return (
        reverse("admin:orders_hold_act", args=[hold.pk, "lift"])
        + "?next="
        + reverse("admin:orders_order_change", args=[hold.order_id])
    )
