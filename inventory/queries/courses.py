"""How a level's figures went over time, for a chart."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour

from inventory.enums import StockCondition
from inventory.models import Reservation, StockMovement
from inventory.queries.moments import stock_at

HOURLY = timedelta(days=3)  # a shorter course is told by the hour


@dataclass(frozen=True, slots=True)
class Point:
    """Units at the end of the hour or day (UTC) that begins at `at`."""

    at: datetime
    on_hand: int
    reserved: int


def course(level_id: int, start: datetime, end: datetime) -> list[Point]:
    """On-hand and reserved units from `start` until `end`, by hour or by day; five statements."""
    hourly = end - start <= HOURLY
    step, trunc = (timedelta(hours=1), TruncHour) if hourly else (timedelta(days=1), TruncDay)
    start = _floor(start, hourly=hourly)
    before = stock_at([level_id], start - timedelta(microseconds=1))[level_id]
    moves = StockMovement.objects.filter(level=level_id, condition=StockCondition.AVAILABLE)
    held = Reservation.objects.filter(level=level_id)
    moved = _by_step(moves.filter(at__gte=start, at__lte=end), trunc("at", tzinfo=UTC))
    began = _by_step(
        held.filter(created_at__gte=start, created_at__lte=end), trunc("created_at", tzinfo=UTC)
    )
    ended = _by_step(
        held.filter(ended_at__gte=start, ended_at__lte=end), trunc("ended_at", tzinfo=UTC)
    )

    points, on_hand, reserved = [], before.on_hand, before.reserved
    while start <= end:
        on_hand += moved[start]
        reserved += began[start] - ended[start]
        points.append(Point(start, on_hand, reserved))
        start += step
    return points


def _floor(at: datetime, *, hourly: bool) -> datetime:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if hourly else hour.replace(hour=0)


def _by_step(rows: QuerySet, trunc: TruncDay | TruncHour) -> defaultdict[datetime, int]:
    sums = rows.order_by().values(step=trunc).annotate(units=Sum("quantity"))
    return defaultdict(int, {row["step"]: row["units"] for row in sums})
