"""The pipeline: validated -> allocated -> paid -> confirmed, as far as the facts allow.

`advance` is called after every fact. It decides nothing by itself: it looks at holds, stock and
money as they are now, does what has become possible, and writes down where the order stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.queries import CreditAccount
from inventory import operations as inventory
from inventory import queries as stock
from oms import events
from oms.counting import write_counts
from oms.errors import DomainError
from oms.events import Fact
from oms.history import stamp
from orders.enums import ORDER_MOVES, ChargeKind, OrderStatus
from orders.models import Hold, Order, OrderLine
from orders.operations import credit_holds, hold_rows, limits
from orders.queries.axes import LineFacts, fulfillment_status_of, payment_status_of, stage_of
from orders.queries.balance import Balance, balance
from orders.queries.rests import open_rest
from orders.queries.routing import ASKED, method_of, request_of
from orders.queries.totals import totals_of
from orders.queries.waiting import told_waiting

OPEN = {OrderStatus.PLACED, OrderStatus.CONFIRMED}
CACHES = (
    "stage",
    "stage_since",
    "payment_status",
    "fulfillment_status",
    "goods_total",
    "charges_total",
    "tax_total",
    "total",
)


class IllegalMove(DomainError):
    """The order's status does not allow this."""

    code = "illegal_move"
    message = "Order {number} is {status}; it cannot become {to}."


class OrderOnHold(DomainError):
    """An open hold forbids this."""

    code = "order_on_hold"
    message = "Order {number} is on hold: {reason}"


class NotPaid(DomainError):
    """The channel wants money before release."""

    code = "not_paid"
    message = "Order {number} waits for {amount} {currency}."


class NothingToRelease(DomainError):
    """No unit is allocated and not yet released."""

    code = "nothing_to_release"
    message = "Order {number} has no allocated units to release."


class Work:
    """One locked order with what the pipeline looks at, and the facts to be recorded."""

    def __init__(self, order: Order, *, by: str) -> None:
        """Read lines, open holds and money of an order that the caller has locked."""
        self.order = order
        self.by = by
        self.now = timezone.now()
        self.money: Balance = balance(order)
        self.money_moved = False
        self.facts: list[Fact] = []
        self.accounts: list[CreditAccount] = []  # whose credit it uses; locked with it
        self.reload()

    def reload(self) -> None:
        """Look again at lines and holds."""
        self.lines: list[OrderLine] = list(self.order.lines.order_by("position"))
        self.reload_holds()

    def reload_holds(self) -> None:
        """Look again which holds are open."""
        rows = self.order.holds.filter(lifted_at=None).select_related("type")
        self.holds: list[Hold] = list(rows.order_by("pk"))

    @property
    def may_allocate(self) -> bool:
        """Whether no open hold keeps the order from getting stock."""
        return not any(hold.type.stops_allocation for hold in self.holds)

    def fact(self, name: str, **facts: object) -> None:
        """Remember an event; `settle` writes them all at once."""
        self.facts.append(Fact(name, self.order, facts))

    @property
    def money_ready(self) -> bool:
        """Whether the channel's wish for money before release is met."""
        return not self.order.channel.needs_payment or self.money.covers_due


@transaction.atomic
def advance(order: Order, *, by: str, avoid: Iterable[int] = ()) -> Order:
    """Take an order as far as the facts allow; calling it again changes nothing.

    Lifts holds whose tests now pass, allocates what waits for stock unless a hold stops that,
    releases what has stock when no hold is open, money is ready and the channel releases by itself
    (an order on account that is beyond its credit now is held instead), and settles the cached axes. Locations whose ids are in `avoid` are not asked. Returns the order
    freshly read.
    """
    work = lock(order, by=by)
    if work.order.status in OPEN:
        hold_rows.lift_passed(work)
        if work.may_allocate:
            _allocate_within_limits(work, avoid)
        if work.order.channel.auto_release and not work.holds and _may_release(work):
            credit_holds.place(work)
            if not work.holds:
                release_allocated(work)
    return settle(work)


@transaction.atomic
def release(order: Order, *, by: str) -> Order:
    """Hand what is allocated to the locations, on a person's decision.

    Raises OrderOnHold, NotPaid or NothingToRelease. An order on account that is beyond its credit
    now is held instead of released; the answer shows the hold.
    """
    work = lock(order, by=by)
    refuse_held(work)
    if not any(line.allocated > line.released for line in work.lines):
        raise NothingToRelease(number=work.order.number)
    if not work.money_ready:
        missing = work.money.due - work.money.received - work.money.authorized
        raise NotPaid(number=work.order.number, amount=missing, currency=work.order.currency)

    credit_holds.place(work)
    if not work.holds:
        release_allocated(work)
    return settle(work)


def lock(order: Order, *, by: str) -> Work:
    """Lock the order's row and read everything that hangs on it."""
    rows = Order.objects.select_related("channel", "customer")
    work = Work(rows.lock_one(order.pk), by=by)
    credit_holds.lock_credit(work)
    return work


def lock_order(order: Order) -> Order:
    """Lock an order's row before documents that hang on it; the first lock of every act above."""
    return Order.objects.select_related("channel").lock_one(order.pk)


def hold_stock(work: Work) -> None:
    """Lock the levels of whatever this order may yet get or give back, in key order.

    For acts that give stock back and take some anew: whoever wants the same levels waits here, and
    never in a circle with them. Placing locks selling limits before levels, and these acts lock
    none: `advance` asks them for an order whose stock was never tried, and an order that was
    recalled or planned anew says in its events that it was (`told_waiting`). An act that may still
    ask them begins with `limits.hold_stock`.
    """
    inventory.hold_levels(
        line.product_id for line in work.lines if line.product_id and line.due > line.shipped
    )


def refuse_held(work: Work) -> None:
    """Raise OrderOnHold while a hold is open."""
    if work.holds:
        raise OrderOnHold(number=work.order.number, reason=work.holds[0].reason)


def refuse_capture(work: Work) -> None:
    """Raise OrderOnHold while a hold is open whose type keeps money from being taken."""
    for hold in work.holds:
        if hold.type.stops_capture:
            raise OrderOnHold(number=work.order.number, reason=hold.reason)


def allocate(work: Work, *, avoid: Iterable[int] = (), cause: str = "") -> None:
    """Reserve stock for units that wait for it; the order's row is locked, levels are locked now.

    With a `cause` the decision is kept whatever came of it. What locations gave up waits for its
    re-routing window, unless there is a cause, and never goes back to them by this.
    What still waits afterwards is told by `order.backordered`, unless that was said before.
    """
    waiting = [line for line in work.lines if line.backordered and line.product_id]
    rest = open_rest(work.order.pk) if waiting else None
    if rest and rest.due_at > work.now and not cause:
        waiting = [line for line in waiting if line.pk not in rest.lines]
    elif rest:
        avoid = {*avoid, *rest.avoid}
        rest.routed_at = work.now
        rest.save(update_fields=["routed_at"])
    if waiting:
        _reserve(work, waiting, avoid, cause)
        _tell_waiting(work, waiting)


def _allocate_within_limits(work: Work, avoid: Iterable[int]) -> None:
    """As `allocate`; what got no stock since it was placed asks the limits now, as placing does.

    Whoever would pass one gets no stock, and a hold of its own: a person decides.
    """
    held = limits.asked_when_lifted(work.order, work.lines)
    if held is None:
        allocate(work, avoid=avoid)
        return
    facts = list(work.facts)
    try:
        with transaction.atomic():
            allocate(work, avoid=avoid)
            limits.refuse_lifted(work.order, held)
    except limits.LimitReached as refusal:
        work.facts = facts
        work.reload()
        hold_rows.begin(work, limits.hold_for(refusal))


def _reserve(
    work: Work, waiting: Sequence[OrderLine], avoid: Iterable[int], cause: str = ""
) -> None:
    plan = _sourced(work, waiting, frozenset(avoid))
    takes = [
        inventory.Take(
            part.key,
            part.level_id,
            part.location_id,
            part.quantity,
            draws=part.draws,
            spare=part.spare,
        )
        for part in plan.parts
    ]
    if takes or avoid or plan.asks_person or cause:
        cause = cause or ("rejected" if avoid else "advanced")
        inventory.record_decision(inventory.Sourced(work.order.pk, plan), cause=cause)
    if plan.asks_person:
        _hold(work, *ASKED[plan.asks_person])
    if not takes:
        return

    inventory.reserve(takes)
    inventory.take_slots(plan.slots)
    lines = {line.pk: line for line in waiting}
    for take in takes:
        lines[take.line_id].allocated += take.quantity
    write_counts(lines.values(), "allocated")
    work.fact("order.allocated", units=[[t.line_id, t.location_id, t.quantity] for t in takes])


def _sourced(work: Work, waiting: Sequence[OrderLine], avoid: frozenset[int]) -> stock.Plan:
    """The plan by the rules in force; what a person let go once is served as far as it can be."""
    supply = stock.supply_of(
        (line.product_id for line in waiting if line.product_id),
        channel_id=work.order.channel_id,
        locked=True,
    )
    shipping = work.order.charges.filter(kind=ChargeKind.SHIPPING).values_list("description")
    method = next((row[0] for row in shipping), "") if supply.asks_orders else ""
    request = request_of(work.order, waiting, method=method_of(work.order, method), avoid=avoid)
    plan = stock.source([request], supply)[0]
    if not plan.asks_person:
        return plan
    kind, _ = ASKED[plan.asks_person]
    if work.order.holds.filter(type__code=kind, lifted_at__isnull=False).exists():
        return stock.source([replace(request, settled=True)], supply)[0]
    return plan


def _hold(work: Work, kind: str, reason: str) -> None:
    hold_rows.begin(work, Hold(type_id=kind, reason=reason))


def _tell_waiting(work: Work, lines: Sequence[OrderLine]) -> None:
    short = {line.pk: line.backordered for line in lines if line.backordered}
    if not short:
        return
    told = told_waiting(work.order)
    if any(units > told.units.get(pk, 0) for pk, units in short.items()):
        waiting = [[pk, units] for pk, units in short.items()]
        work.fact("order.backordered", lines=waiting, first=told.first)


def release_allocated(work: Work) -> None:
    """Hand every allocated unit to its location; the first time, the order is confirmed."""
    waiting = [line for line in work.lines if line.allocated > line.released]
    units = inventory.firm_up(line.pk for line in waiting)
    for line in waiting:
        line.released = line.allocated
    write_counts(waiting, "released")
    if work.order.status == OrderStatus.PLACED:
        move(work, OrderStatus.CONFIRMED)
    work.fact("order.released", units=[[u.line_id, u.location_id, u.quantity] for u in units])


def settle(work: Work) -> Order:
    """Bring totals and axes in line with the facts, save the order and record the events."""
    order, units = work.order, LineFacts.of(work.lines)
    before = [getattr(order, name) for name in CACHES]
    _settle_totals(work)
    work.money = balance(order) if work.money_moved else replace(work.money, due=order.total)
    _settle_status(work, units)
    settle_axes(
        order, units, work.money, on_hold=bool(work.holds), ready=work.money_ready, now=work.now
    )

    if before != [getattr(order, name) for name in CACHES] or work.facts:
        stamp(order, by=work.by, reason=", ".join(fact.name for fact in work.facts))
        order.save()
    if work.facts:
        events.record_all(work.facts, by=work.by)
    return order


def settle_axes(
    order: Order, units: LineFacts, money: Balance, *, on_hold: bool, ready: bool, now: datetime
) -> None:
    """Write the three cached axes of an order that is in memory; the only place that does."""
    order.payment_status = payment_status_of(
        order.total,
        authorized=money.authorized,
        captured=money.captured,
        refunded=money.refunded,
    )
    order.fulfillment_status = fulfillment_status_of(units)
    stage = stage_of(order.status, units, on_hold=on_hold, money_ready=ready)
    if stage != order.stage:
        order.stage, order.stage_since = stage, now


def move(work: Work, to: OrderStatus) -> None:
    """Change the status, by the table only; stamps its time and remembers the event.

    Raises IllegalMove.
    """
    order = work.order
    if to not in ORDER_MOVES[order.status]:
        raise IllegalMove(number=order.number, status=order.status, to=to)
    order.status = to
    if hasattr(order, f"{to}_at"):
        setattr(order, f"{to}_at", work.now)
    if to != OrderStatus.CANCELLED:  # cancelling records its own event, with figures
        work.fact(f"order.{to}")


def _may_release(work: Work) -> bool:
    if not work.money_ready or not any(line.allocated > line.released for line in work.lines):
        return False
    complete = all(line.allocated == line.due for line in work.lines)
    return complete or not work.order.channel.ships_complete


def _settle_totals(work: Work) -> None:
    order = work.order
    totals = totals_of(order, work.lines, order.charges.all())
    order.goods_total, order.charges_total = totals.goods, totals.charges
    order.tax_total, order.total = totals.tax, totals.total


def _settle_status(work: Work, units: LineFacts) -> None:
    """Close what is delivered, or credited because it will not be, and paid; reopen what is owed."""
    done = 0 < units.due <= units.delivered + units.made_good and work.money.balance == 0
    if done and work.order.status == OrderStatus.CONFIRMED:
        move(work, OrderStatus.CLOSED)
    elif not done and work.order.status == OrderStatus.CLOSED:
        move(work, OrderStatus.CONFIRMED)
