"""The time machine: what stock was at any past moment, and the rows that made it so.

The ledgers are append-only, so the past is a plain sum: movements written until the moment, and
reservations that had begun and not ended. The last snapshot before it keeps the sums short. A
correction counts from when it was written; what it says about earlier moments stands beside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.enums import COUNTERS, ReservationState
from inventory.models import Reservation, StockLevel, StockMovement, StockSnapshot
from oms.events import subject_type
from oms.models import Event
from oms.prepared import prepared

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
BATCH = 200  # reservations read at a time until they add up


@dataclass(frozen=True, slots=True)
class Moment:
    """A level's figures at a moment, in units.

    `corrected` is what on-hand stock really was, by all that has been written about it since; so
    are `corrected_quarantined` and `corrected_damaged` of the other conditions.
    """

    level_id: int
    at: datetime
    on_hand: int
    quarantined: int
    damaged: int
    reserved: int
    safety_stock: int
    corrected: int
    corrected_quarantined: int
    corrected_damaged: int

    @property
    def available(self) -> int:
        """What could then be promised: on hand less reserved less safety stock, at least zero."""
        return max(self.on_hand - self.reserved - self.safety_stock, 0)


def stock_at(level_ids: Iterable[int], at: datetime) -> dict[int, Moment]:
    """Figures of these levels at a moment, that moment included; two statements for any number."""
    ids = list(level_ids)
    safety = _safety_at(ids, at)
    return {
        row["pk"]: Moment(
            row["pk"],
            at,
            on_hand=row["on_hand_then"],
            quarantined=row["quarantined_then"],
            damaged=row["damaged_then"],
            reserved=row["reserved_then"],
            safety_stock=safety.get(row["pk"], row["safety_stock"]),
            corrected=row["on_hand_then"] + row["on_hand_learnt"],
            corrected_quarantined=row["quarantined_then"] + row["quarantined_learnt"],
            corrected_damaged=row["damaged_then"] + row["damaged_learnt"],
        )
        for row in _levels_at(ids=ids, at=at)
    }


def movements_until(level_id: int, at: datetime, most: int) -> list[StockMovement]:
    """The last movements, at most so many, that made a level's figures what they were; newest first.

    Looked for per condition, by the index that the sums use: from the newest one backwards, all that
    came after the moment would be read first.
    """
    found: list[int] = []
    for condition in COUNTERS:
        rows = StockMovement.objects.filter(level=level_id, condition=condition, at__lte=at)
        found += rows.order_by("-at", "-pk").values_list("pk", flat=True)[:most]
    rows = StockMovement.objects.filter(pk__in=found)
    return list(
        rows.select_related("order_line__order", "reason_code").order_by("-at", "-pk")[:most]
    )


def learnt_since(level_id: int, at: datetime) -> QuerySet[StockMovement]:
    """Movements written later that say something about the moment, newest first."""
    rows = StockMovement.objects.filter(level=level_id, effective_at__lte=at, at__gt=at)
    return rows.select_related("order_line__order", "reason_code").order_by("-pk")


def reservations_at(level_id: int, moment: Moment, most: int) -> list[Reservation]:
    """Reservations that were open at a moment, at most so many.

    Those still open come first, then by when they ended. Reading stops when their quantities add
    up to what was reserved: a busy level has a hundred thousand that ended later.
    """
    found: list[Reservation] = []
    missing = moment.reserved if most else 0
    if not missing:
        return found
    for row in _begun_before(level_id, moment.at):
        if not missing or len(found) == most:
            break
        if row.created_at <= moment.at:
            found.append(row)
            missing -= row.quantity
    return found


def _begun_before(level_id: int, at: datetime) -> Iterator[Reservation]:
    rows = Reservation.objects.filter(level=level_id).select_related("order_line__order", "soft")
    yield from rows.filter(state=ReservationState.OPEN, created_at__lte=at).order_by("pk")
    ended = rows.filter(ended_at__gt=at).order_by("ended_at", "pk")
    last: tuple[datetime, int] | None = None
    while True:
        after = Q(ended_at__gt=last[0]) | Q(ended_at=last[0], pk__gt=last[1]) if last else Q()
        batch = list(ended.filter(after)[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        last = (batch[-1].ended_at or at, batch[-1].pk)


@prepared
def _levels_at(ids: list[int], at: datetime) -> QuerySet[Any, dict[str, Any]]:
    snapshots = StockSnapshot.objects.filter(level=OuterRef("pk"), at__lte=at).order_by("-at")
    since = Coalesce(
        Subquery(snapshots.values("at")[:1]), Value(BEGINNING, output_field=DateTimeField())
    )
    named: dict[str, Any] = {
        f"{figure}_then": Coalesce(Subquery(snapshots.values(figure)[:1]), 0)
        + _moved(condition, at)
        for condition, figure in COUNTERS.items()
    }
    named["reserved_then"] = (
        Coalesce(Subquery(snapshots.values("reserved")[:1]), 0)
        + _sum(Reservation.objects.filter(created_at__gt=OuterRef("since"), created_at__lte=at))
        - _sum(Reservation.objects.filter(ended_at__gt=OuterRef("since"), ended_at__lte=at))
    )
    later = StockMovement.objects.filter(effective_at__lte=at, at__gt=at)
    named |= {
        f"{figure}_learnt": _sum(later.filter(condition=condition))
        for condition, figure in COUNTERS.items()
    }
    levels = StockLevel.objects.filter(pk__any=ids)
    return levels.annotate(since=since).annotate(**named).values("pk", "safety_stock", *named)


def _moved(condition: str, at: datetime) -> Coalesce:
    rows = StockMovement.objects.filter(condition=condition)
    return _sum(rows.filter(at__gt=OuterRef("since"), at__lte=at))


def _sum(rows: QuerySet[Any]) -> Coalesce:
    totals = rows.filter(level=OuterRef("pk")).order_by().values("level")
    return Coalesce(Subquery(totals.annotate(total=Sum("quantity")).values("total")), 0)


def _safety_at(level_ids: list[int], at: datetime) -> dict[int, int]:
    """Safety stock of levels where it was changed after the moment: what it was changed from."""
    rows = Event.objects.filter(
        name="stock.safety_stock_set",
        subject_type=subject_type(StockLevel()),
        subject_id__in=level_ids,
        at__gt=at,
    )
    changes = rows.order_by("-sequence").values_list("subject_id", "facts__before")
    return dict(changes)  # the first change after the moment comes last and stays
