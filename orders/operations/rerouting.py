"""Routing again: what no location works on yet is planned anew, by the rules in force now."""

from contextlib import suppress
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from inventory import operations as inventory
from inventory import queries as stock
from oms.counting import write_counts
from oms.errors import DomainError
from orders.enums import Stage
from orders.models import Order, OrderLine
from orders.operations import pipeline

AT_ONCE = 200  # orders that a run looks at
ROUTABLE = (Stage.ALLOCATION, Stage.PAYMENT, Stage.FULFILMENT)
CURSOR = "orders:reroute:after"
KEPT_AWAY = timedelta(days=1)  # of a location that gave units of the order back


class NothingToReroute(DomainError):
    """Every unit is with a location already, or has left."""

    code = "nothing_to_reroute"
    message = "Order {number} has no unit that could be routed again."


class RouteServesLess(DomainError):
    """The rules in force now would leave units without stock that have some."""

    code = "route_serves_less"
    message = "By the rules in force, order {number} would get {after} units instead of {before}; it keeps them."


@transaction.atomic
def reroute(order: Order, *, by: str) -> Order:
    """Plan units anew that wait or are reserved without being released; the decision is kept.

    Firm reservations stay. An order never loses stock by it, and does not go to who gave it back within
    a day. Raises NothingToReroute, RouteServesLess and OrderOnHold, and changes nothing.
    """
    work = pipeline.lock(order, by=by)
    pipeline.refuse_held(work)
    waiting = any(line.backordered and line.product_id for line in work.lines)
    if work.order.status not in pipeline.OPEN or not (_loose(work) or waiting):
        raise NothingToReroute(number=work.order.number)

    after = _plan_anew(work, cause="rerouted")
    work.fact("order.rerouted", units=after)
    pipeline.settle(work)
    return pipeline.advance(order, by=by)


def follow(work: pipeline.Work) -> None:
    """Plan units anew that no location works on, for the place that the locked order goes to now.

    The order keeps what it has while it is on hold, and where the new plan would serve less.
    """
    told = len(work.facts)
    if work.holds or not _loose(work):
        return
    try:
        _plan_anew(work, cause="moved")
    except RouteServesLess:
        del work.facts[told:]
        work.reload()


def elsewhere(order: Order) -> dict[str, int]:
    """Units of an order to be collected that are reserved where its buyer does not go, by location."""
    found: dict[str, int] = {}
    for row in stock.open_reservations(order.lines.values_list("pk", flat=True)):
        if row.level.location_id != order.pickup_location_id:
            name = row.level.location.name
            found[name] = found.get(name, 0) + row.quantity
    return found


def reroute_due() -> int:
    """Route the next orders again that other rules than those in force routed; returns how many were.

    A window of `AT_ONCE` open orders a run, by key and then from the first again, each in its own
    transaction. One that is held, or would lose stock, keeps what it has.
    """
    after = cache.get(CURSOR, 0)
    rows = list(_open_work(after).values_list("pk", flat=True)[:AT_ONCE])
    cache.set(CURSOR, rows[-1] if len(rows) == AT_ONCE else 0, None)
    done = 0
    for pk in sorted(stock.routed_otherwise(rows)):
        with suppress(NothingToReroute, RouteServesLess, pipeline.OrderOnHold):
            reroute(Order.objects.get(pk=pk), by="system")
            done += 1
    return done


def _open_work(after: int) -> QuerySet[Order]:
    """Open orders beyond this key that have units with no location, by key."""
    lines = OrderLine.objects.filter(
        order=OuterRef("pk"), quantity__gt=F("cancelled") + F("released")
    )
    return Order.objects.filter(Exists(lines), stage__in=ROUTABLE, pk__gt=after).order_by("pk")


def _loose(work: pipeline.Work) -> bool:
    return any(line.allocated > line.released for line in work.lines)


@transaction.atomic
def _plan_anew(work: pipeline.Work, *, cause: str) -> int:
    """Let go and allocate; returns the units reserved now. Raises RouteServesLess."""
    before = sum(line.allocated for line in work.lines)
    pipeline.hold_stock(work)
    _let_go(work)
    avoid = stock.given_back(work.order.pk, since=work.now - KEPT_AWAY)
    pipeline.allocate(work, avoid=avoid, cause=cause)
    after = sum(line.allocated for line in work.lines)
    if after < before:
        raise RouteServesLess(number=work.order.number, before=before, after=after)
    return after


def _let_go(work: pipeline.Work) -> None:
    """Give reservations back that no location works on."""
    lines = {line.pk: line for line in work.lines}
    rows = [row for row in stock.open_reservations(lines) if not row.firm]
    if not rows:
        return
    units = [inventory.Units(row.line_id, row.level.location_id, row.quantity) for row in rows]
    inventory.release(units, by=work.by)
    for row in rows:
        lines[row.line_id].allocated -= row.quantity
    write_counts([lines[row.line_id] for row in rows], "allocated")
