"""Cancelling: what will not be supplied, given back to stock, with what is refundable."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from inventory import operations as inventory
from inventory import queries as stock
from oms.counting import write_counts
from oms.errors import DomainError
from oms.models import Event
from oms.money import plain
from orders.enums import CancelReason, OrderStatus
from orders.models import Cancellation, CancellationLine, Order
from orders.operations import hold_rows, payments, payments_gateway, pipeline
from orders.operations.previewing import Effect, Preview, preview
from orders.queries.totals import totals_of


class UnitsReleased(DomainError):
    """A location is working on units, or they have left; they must be recalled first."""

    code = "units_released"
    message = (
        "Order {number} has {quantity:unit} with a location or shipped. Recall those that have not "
        "left, which cancels them, or cancel only units that no location works on; shipped ones come "
        "back by a return."
    )


class NothingToCancel(DomainError):
    """Every unit is already cancelled, released or shipped."""

    code = "nothing_to_cancel"
    message = "Order {number} has no such units left to cancel."


@dataclass(frozen=True, slots=True)
class Ended:
    """How units ended, as it is kept and told."""

    event: str
    reason: str
    note: str
    told: Mapping[str, str]


@transaction.atomic
def cancel(order: Order, *, by: str, reason: str, note: str = "") -> Cancellation:
    """Cancel a whole order and give its stock back; open authorisations are voided.

    `Cancellation.amount` says by how much the order's total fell; what was paid beyond the new
    total is refundable by `grant_refund`. Raises UnitsReleased while a location works on it, and
    IllegalMove for a finished order.
    """
    work = pipeline.lock(order, by=by)
    refuse_cancel(work)

    quantities = {line.pk: line.due for line in work.lines if line.due}
    return _cancel(work, quantities, reason=reason, note=note)


def preview_cancel(
    order: Order,
    *,
    by: str,
    reason: str,
    note: str = "",
    quantities: Mapping[int, int] | None = None,
) -> Preview:
    """What cancelling an order would do now, or units of it by line id; nothing is done."""

    def act() -> Effect:
        if quantities:
            cancel_lines(order, by=by, quantities=quantities, reason=reason, note=note)
        else:
            cancel(order, by=by, reason=reason, note=note)
        return Effect()

    return preview(order, act)


def refuse_cancel(work: pipeline.Work) -> None:
    """Raise IllegalMove for a finished order, UnitsReleased while a location works on it."""
    if work.order.status not in pipeline.OPEN:
        raise pipeline.IllegalMove(
            number=work.order.number, status=work.order.status, to=OrderStatus.CANCELLED
        )
    if released := sum(line.released for line in work.lines):
        raise UnitsReleased(quantity=released, number=work.order.number)


@transaction.atomic
def cancel_lines(
    order: Order, *, by: str, quantities: Mapping[int, int], reason: str, note: str = ""
) -> Cancellation:
    """Cancel units by line id, waiting ones first, and give reserved ones back to stock.

    When nothing is left to supply and nothing was shipped, the order is cancelled; when the rest
    has been delivered and paid, it closes. Raises NothingToCancel for more units than are still
    free to cancel, and UnitsReleased when a location works on them.
    """
    work = pipeline.lock(order, by=by)
    wanted = {pk: quantity for pk, quantity in quantities.items() if quantity}

    return _cancel(work, wanted, reason=reason, note=note)


@transaction.atomic
def announce_return(
    order: Order, *, by: str, quantities: Mapping[int, int], reference: str, reason: str
) -> None:
    """Take note that the buyer sends back or no longer wants units, whatever state they are in.

    What no location works on is cancelled now; for the rest `order.return_announced` asks
    fulfillment to recall it or to expect it back. A repeat with the same reference does nothing.
    """
    work = pipeline.lock(order, by=by)
    if work.order.cancellations.filter(note=reference).exists() or _announced(order, reference):
        return
    now, later = {}, []
    for line in work.lines:
        wanted = min(quantities.get(line.pk, 0), line.due - line.returned)
        now[line.pk] = min(wanted, line.due - line.released)
        if wanted > now[line.pk]:
            later.append([line.pk, wanted - now[line.pk]])

    if later:
        work.fact("order.return_announced", reference=reference, lines=later, reason=reason)
    if any(now.values()):
        free = {pk: quantity for pk, quantity in now.items() if quantity}
        _cancel(work, free, reason=CancelReason.CUSTOMER, note=reference)
    else:
        pipeline.settle(work)


def _announced(order: Order, reference: str) -> bool:
    return Event.objects.filter(
        subject_type="orders.order",
        subject_id=order.pk,
        name="order.return_announced",
        facts__reference=reference,
    ).exists()


def _refuse_too_many(work: pipeline.Work, wanted: Mapping[int, int]) -> None:
    lines = {line.pk: line for line in work.lines}
    if not wanted or any(quantity < 0 for quantity in wanted.values()):
        raise NothingToCancel(number=work.order.number)
    for pk, quantity in wanted.items():
        if pk not in lines or quantity > lines[pk].due - lines[pk].shipped:
            raise NothingToCancel(number=work.order.number)
        if quantity > lines[pk].due - lines[pk].released:
            blocked = lines[pk].released - lines[pk].shipped
            raise UnitsReleased(quantity=blocked, number=work.order.number)


def _cancel(
    work: pipeline.Work, quantities: Mapping[int, int], *, reason: str, note: str
) -> Cancellation:
    cancellation = take_off(work, quantities, reason=reason, note=note)
    pipeline.settle(work)
    return cancellation


def take_off(
    work: pipeline.Work,
    quantities: Mapping[int, int],
    *,
    reason: str,
    note: str,
    change: str = "",
) -> Cancellation:
    """Cancel units that no location works on, in a locked order; the caller settles it.

    `change` is the number of the order change that does it, and that tells the buyer of the whole.
    Raises NothingToCancel and UnitsReleased like `cancel_lines`.
    """
    _refuse_too_many(work, quantities)
    before = _worth(work)
    if reserved := _lower(work, quantities):
        inventory.release(_loose_units(reserved), by=work.by)
    ended = Ended("order.cancelled", reason, note, {"change": change} if change else {})
    return _write(work, quantities, ended, before - _worth(work))


def move_out(
    work: pipeline.Work, quantities: Mapping[int, int], *, note: str, to: str
) -> dict[int, int]:
    """End units that go to another order: moved, not cancelled, because nobody lost them.

    Returns how many of them are reserved, by line id: the caller hands these reservations over
    to the other order. Raises NothingToCancel and UnitsReleased like `cancel_lines`.
    """
    _refuse_too_many(work, quantities)
    before = _worth(work)
    reserved = _lower(work, quantities)
    ended = Ended("order.units_moved", CancelReason.MOVED, note, {"to": to})
    _write(work, quantities, ended, before - _worth(work))
    return reserved


def _worth(work: pipeline.Work) -> Decimal:
    return totals_of(work.order, work.lines, work.order.charges.all()).total


def _lower(work: pipeline.Work, quantities: Mapping[int, int]) -> dict[int, int]:
    """Raise `cancelled` and lower `allocated`, waiting units first; what was reserved, by line."""
    changed, reserved = [], {}
    for line in work.lines:
        if quantity := quantities.get(line.pk, 0):
            from_stock = max(quantity - line.backordered, 0)
            line.cancelled += quantity
            line.allocated -= from_stock
            changed.append(line)
            if from_stock:
                reserved[line.pk] = from_stock
    write_counts(changed, "cancelled", "allocated")
    return reserved


def _loose_units(wanted: Mapping[int, int]) -> list[inventory.Units]:
    """Where the units of these lines are reserved without a location working on them."""
    left, units = dict(wanted), []
    for row in stock.open_reservations(wanted):
        if row.firm or not left[row.line_id]:
            continue
        quantity = min(row.quantity, left[row.line_id])
        left[row.line_id] -= quantity
        units.append(inventory.Units(row.line_id, row.level.location_id, quantity))
    return units


def _write(
    work: pipeline.Work,
    quantities: Mapping[int, int],
    ended: Ended,
    amount: Decimal,
) -> Cancellation:
    """Keep what ended and by how much the order's worth fell; an order of nothing ends as well."""
    cancellation = Cancellation.objects.create(
        order=work.order,
        reason=ended.reason,
        note=ended.note,
        amount=amount,
        by=work.by,
        at=work.now,
    )
    CancellationLine.objects.bulk_create(
        [
            CancellationLine(cancellation=cancellation, order_line_id=pk, quantity=quantity)
            for pk, quantity in quantities.items()
        ]
    )
    whole = not any(line.due for line in work.lines)
    if whole:
        pipeline.move(work, OrderStatus.CANCELLED)
        _void_open(work)
        _end_holds(work, ended.reason)
    lines = {line.pk: line for line in work.lines}
    work.fact(
        ended.event,
        **ended.told,
        amount=plain(amount, work.order.currency),
        currency=work.order.currency,
        reason=ended.reason,
        whole=whole,
        lines=[[pk, quantity] for pk, quantity in quantities.items()],
        products=[[lines[pk].product_id, quantity] for pk, quantity in quantities.items()],
    )
    return cancellation


def _void_open(work: pipeline.Work) -> None:
    """A cancelled order takes no more money: give up what is authorised or promised."""
    for payment in work.order.payments.prefetch_related("transactions"):
        amount = payments.open_amount(payment)
        if amount > 0:
            payments_gateway.give_up(work, payment, amount)


def _end_holds(work: pipeline.Work, reason: str) -> None:
    for hold in list(work.holds):
        hold_rows.end(work, hold, reason=f"Order cancelled: {reason}")
