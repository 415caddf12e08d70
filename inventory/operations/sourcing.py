"""Writing down how orders were sourced, and counting the days' work where it is limited."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from inventory.models import LocationDay, LocationService, SourcingDecision
from inventory.operations.reservations import StockTaken
from inventory.queries.sourcing import Plan


@dataclass(frozen=True, slots=True)
class Sourced:
    """An order's plan; `lines` turns the plan's keys into line ids where they are indexes."""

    order_id: int
    plan: Plan
    lines: Sequence[int] | None = None


def decisions(sourced: Iterable[Sourced], *, cause: str) -> list[SourcingDecision]:
    """How orders were sourced, as rows to be inserted with the orders."""
    return [_row(one, cause) for one in sourced]


def record_decision(sourced: Sourced, *, cause: str) -> None:
    """Keep how an order was sourced."""
    _row(sourced, cause).save()


def copy_decision(order_id: int, other_id: int, *, cause: str) -> None:
    """Keep the last decision about an order for another one too, which took its units over."""
    last = SourcingDecision.objects.filter(order_id=order_id).order_by("-pk").first()
    if last:
        SourcingDecision.objects.create(
            order_id=other_id,
            cause=cause,
            rule_set_id=last.rule_set_id,
            rule=last.rule,
            verdict=last.verdict,
            record=last.record,
        )


def take_slots(slots: Sequence[tuple[int, date]]) -> None:
    """Count orders against their location's day, after stock levels were changed.

    One conditional statement per batch, rows in key order, so that a day never takes more orders
    than the location's capacity, whoever else places at the same time. What is cancelled later
    keeps its slot: capacity limits the work handed out on a day. Raises StockTaken when a day is
    full, so that the caller plans again.
    """
    if not slots:
        return
    wanted = Counter(slots)
    limits = _limits({location for location, _ in wanted})
    rows = [
        (location, day, count, limits[location])
        for (location, day), count in sorted(wanted.items())
        if location in limits
    ]
    if any(count > limit for _, _, count, limit in rows) or _counted(rows) < len(rows):
        raise StockTaken


def _limits(locations: Iterable[int]) -> dict[int, int]:
    rows = LocationService.objects.filter(location_id__in=locations)
    pairs = rows.values_list("location_id", "capacity")
    return {location: capacity for location, capacity in pairs if capacity is not None}


def _counted(rows: Sequence[tuple[int, date, int, int]]) -> int:
    """Rows whose day had room. Two statements: the day's rows exist first, then they grow."""
    LocationDay.objects.bulk_create(
        [LocationDay(location_id=location, day=day) for location, day, _, _ in rows],
        ignore_conflicts=True,
    )
    grown = 0
    for location, day, count, limit in rows:  # in key order; a handful at most
        grown += _grow(location, day, count, limit)
    return grown


def _grow(location: int, day: date, count: int, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_locationday SET orders = orders + %s "
            "WHERE location_id = %s AND day = %s AND orders + %s <= %s",
            [count, location, day, count, limit],
        )
        return cursor.rowcount


def _row(sourced: Sourced, cause: str) -> SourcingDecision:
    decision = sourced.plan.decision
    return SourcingDecision(
        order_id=sourced.order_id,
        cause=cause,
        rule_set_id=decision.rule_set,
        rule=decision.rule,
        verdict=decision.verdict,
        record=_record(sourced),
    )


def _record(sourced: Sourced) -> dict[str, object]:
    decision, lines = sourced.plan.decision, sourced.lines
    record: dict[str, object] = {
        "tries": decision.tries,
        "km": decision.distances,
        "figures": decision.figures,
        "others": decision.others,
        "plan": [
            [lines[part.key] if lines else part.key, part.location_id, part.quantity]
            for part in sourced.plan.parts
        ],
    }
    return record if decision.exact else {**record, "exact": False}
