"""What locations and carriers did with an order's units, told by fulfillment."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import transaction

from inventory import operations as inventory
from inventory.operations import Units
from oms.counting import write_counts
from oms.errors import DomainError
from orders.models import Order, OrderLine
from orders.operations import pipeline


class TooManyUnits(DomainError):
    """More units than the line has in the state that the act needs."""

    code = "too_many_units"
    message = "Line {line} of order {number} has only {available:unit} for this."


@transaction.atomic
def recall_units(order: Order, *, by: str, units: Sequence[Units], reason: str) -> Order:
    """Take released, unshipped units away from locations and give their stock back.

    The units wait for stock again; call `advance` (with `avoid`) to re-route or `cancel` to end
    them. Raises TooManyUnits when they have shipped meanwhile.
    """
    work = pipeline.lock(order, by=by)
    for line, quantity in _per_line(work, units):
        refuse_more_than(work, line, quantity, line.released - line.shipped)
        line.released -= quantity
        line.allocated -= quantity

    pipeline.hold_stock(work)  # whoever takes units back allocates them anew next
    inventory.recall(units, by=by)
    _save(work, units, ["released", "allocated"])
    work.fact("order.recalled", units=_plain(units), reason=reason)
    return pipeline.settle(work)


@transaction.atomic
def withdraw_units(order: Order, *, by: str, units: Sequence[Units], reason: str) -> Order:
    """Take released, unshipped units back from locations; they stay reserved where they are.

    For acts that decide about the units next: nobody else can have them meanwhile. Raises
    TooManyUnits when they have shipped meanwhile.
    """
    work = pipeline.lock(order, by=by)
    for line, quantity in _per_line(work, units):
        refuse_more_than(work, line, quantity, line.released - line.shipped)
        line.released -= quantity

    inventory.loosen(units)
    _save(work, units, ["released"])
    work.fact("order.withdrawn", units=_plain(units), reason=reason)
    return pipeline.settle(work)


@transaction.atomic
def record_shipment(order: Order, *, by: str, units: Sequence[Units], reference: str) -> Order:
    """Take released units as shipped: stock is issued, reservations end.

    `reference` is the shipment's number. Raises OrderOnHold while a hold is open, and TooManyUnits
    when units were recalled or shipped meanwhile.
    """
    work = pipeline.lock(order, by=by)
    pipeline.refuse_held(work)
    for line, quantity in _per_line(work, units):
        refuse_more_than(work, line, quantity, line.released - line.shipped)
        line.shipped += quantity

    inventory.consume(units, by=by, reference=reference)
    _save(work, units, ["shipped"])
    work.fact("order.shipped", reference=reference, units=_plain(units))
    return pipeline.settle(work)


@transaction.atomic
def record_delivery(order: Order, *, by: str, units: Sequence[Units]) -> Order:
    """Take shipped units as received; a paid order whose every unit is delivered closes.

    Units that were given up as lost may arrive after all. Raises TooManyUnits above what was
    shipped and not yet delivered.
    """
    work = pipeline.lock(order, by=by)
    for line, quantity in _per_line(work, units):
        refuse_more_than(work, line, quantity, line.shipped - line.delivered)
        line.delivered += quantity
        line.undelivered = min(line.undelivered, line.shipped - line.delivered)
        line.made_good = min(line.made_good, line.undelivered)

    _save(work, units, ["delivered", "undelivered", "made_good"])
    work.fact("order.delivered", units=_plain(units))
    return pipeline.settle(work)


@transaction.atomic
def record_undelivered(
    order: Order,
    *,
    by: str,
    units: Mapping[int, int],
    made_good: Mapping[int, int],
    reference: str,
) -> Order:
    """Say how many shipped units of each line (by id) will not arrive; others: none.

    They are lost, or come back to us. An order of which nothing is on its way any more leaves the
    stage of shipping; it closes when they are `made_good`, that is credited. `reference` is what
    told us. The same again changes nothing. Raises TooManyUnits above what was shipped and not
    delivered.
    """
    work = pipeline.lock(order, by=by)
    said = {line.pk: (units.get(line.pk, 0), made_good.get(line.pk, 0)) for line in work.lines}
    changed = [line for line in work.lines if (line.undelivered, line.made_good) != said[line.pk]]
    if not changed:
        return work.order
    before = [line.undelivered for line in work.lines]
    for line in changed:
        count, line.made_good = said[line.pk]
        if count:
            refuse_more_than(work, line, count, line.shipped - line.delivered)
        line.undelivered, line.made_good = count, min(line.made_good, count)

    write_counts(changed, "undelivered", "made_good")
    if before != [line.undelivered for line in work.lines]:
        work.fact(
            "order.undelivered",
            reference=reference,
            lines=[[line.pk, line.undelivered] for line in work.lines if line.undelivered],
        )
    return pipeline.settle(work)


@transaction.atomic
def record_return(order: Order, *, by: str, units: Sequence[Units], reference: str) -> Order:
    """Take shipped units as returned.

    Stock is not moved here: the outcome of each unit decides; money is not either: see
    `credit_return`. Raises TooManyUnits above what was shipped and not yet returned.
    """
    work = pipeline.lock(order, by=by)
    for line, quantity in _per_line(work, units):
        refuse_more_than(work, line, quantity, line.shipped - line.returned)
        line.returned += quantity

    _save(work, units, ["returned"])
    work.fact("order.returned", reference=reference, units=_plain(units))
    return pipeline.settle(work)


def _per_line(work: pipeline.Work, units: Sequence[Units]) -> list[tuple[OrderLine, int]]:
    quantities: dict[int, int] = defaultdict(int)
    for unit in units:
        quantities[unit.line_id] += unit.quantity
    lines = {line.pk: line for line in work.lines}
    return [(lines[pk], quantity) for pk, quantity in quantities.items()]


def refuse_more_than(work: pipeline.Work, line: OrderLine, quantity: int, available: int) -> None:
    """Raise TooManyUnits unless at least one and at most `available` units are meant."""
    if quantity <= 0 or quantity > available:
        raise TooManyUnits(
            line=line.position, number=work.order.number, available=max(available, 0)
        )


def _save(work: pipeline.Work, units: Sequence[Units], fields: list[str]) -> None:
    touched = {unit.line_id for unit in units}
    write_counts([line for line in work.lines if line.pk in touched], *fields)


def _plain(units: Sequence[Units]) -> list[list[int]]:
    return [[unit.line_id, unit.location_id, unit.quantity] for unit in units]
