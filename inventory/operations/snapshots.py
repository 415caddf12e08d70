"""Balances at the turn of each month, so that the time machine adds up few rows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, Exists, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.enums import COUNTERS
from inventory.models import Reservation, StockLevel, StockMovement, StockSnapshot
from inventory.queries.moments import BEGINNING, stock_at
from oms.statistics import Growth

BATCH = 1_000  # levels a transaction
SETTLED = timedelta(hours=1)  # by then every transaction that wrote before a moment is committed


def take_due_snapshots() -> int:
    """Take the snapshots of every month that has begun and has none yet; how many were taken."""
    growth, taken = Growth(StockSnapshot), 0
    for moment in _moments_due(timezone.now() - SETTLED):
        count = take_snapshots(moment)
        growth.add(count)  # years at once, after an import, would be planned for an empty table
        taken += count
    return taken


def take_snapshots(at: datetime) -> int:
    """Keep the balances at a moment of all levels with rows since their last snapshot; how many.

    Repeating it takes no second one. The moment lies far enough in the past that nothing is still
    being written before it.
    """
    taken, last = 0, 0
    while pks := list(_changed(at).filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        taken, last = taken + keep_snapshots(pks, at), pks[-1]
    return taken


@transaction.atomic
def keep_snapshots(level_ids: Iterable[int], at: datetime) -> int:
    """Keep the balances of these levels at a moment, where there are none yet; how many."""
    rows = [
        StockSnapshot(
            level_id=level_id,
            at=at,
            reserved=moment.reserved,
            **{figure: getattr(moment, figure) for figure in COUNTERS.values()},
        )
        for level_id, moment in stock_at(level_ids, at).items()
    ]
    return len(StockSnapshot.objects.bulk_create(rows, ignore_conflicts=True))


def _changed(at: datetime) -> QuerySet[StockLevel]:
    last = StockSnapshot.objects.filter(level=OuterRef("pk"), at__lte=at).order_by("-at")
    beginning = Value(BEGINNING, output_field=DateTimeField())
    since = Coalesce(Subquery(last.values("at")[:1]), beginning)
    moved = Q(at__gt=OuterRef("since"), at__lte=at)
    began = Q(created_at__gt=OuterRef("since"), created_at__lte=at)
    ended = Q(ended_at__gt=OuterRef("since"), ended_at__lte=at)
    of_level = Q(level=OuterRef("pk"))
    return (
        StockLevel.objects.annotate(since=since)
        .filter(
            Exists(StockMovement.objects.filter(of_level, moved))
            | Exists(Reservation.objects.filter(of_level, began))
            | Exists(Reservation.objects.filter(of_level, ended))
        )
        .order_by("pk")
    )


def _moments_due(until: datetime) -> Iterator[datetime]:
    """Turns of months (UTC) after the newest snapshot, or after the first movement."""
    newest = StockSnapshot.objects.order_by("-at").values_list("at", flat=True).first()
    start = newest or StockMovement.objects.aggregate(first=Min("at"))["first"]
    while start is not None:
        turn = (start.astimezone(UTC).replace(day=1) + timedelta(days=32)).replace(day=1)
        start = turn.replace(hour=0, minute=0, second=0, microsecond=0)
        if start > until:
            return
        yield start
