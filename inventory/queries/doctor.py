"""The stock doctor: each figure of a level side by side with the sums that prove it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.enums import COUNTERS, ReservationState
from inventory.models import Fence, Reservation, StockLevel, StockMovement, StockSnapshot
from inventory.queries.fence_ledger import fence_invariants
from inventory.queries.moments import BEGINNING
from oms.ledgers import Finding, check


@dataclass(frozen=True, slots=True)
class Proof:
    """A figure as the level says it, as its ledger adds up, and as its last row says it.

    `last` is none where there is no row, or where rows have no balance, as reservations.
    """

    figure: str
    says: int
    ledger: int
    rows: int
    last: int | None

    @property
    def holds(self) -> bool:
        """Whether all of them say the same."""
        return self.says == self.ledger and self.last in {None, self.ledger}


@dataclass(frozen=True, slots=True)
class Examination:
    """What the doctor found at one level; `snapshots` of them are wrong."""

    level: StockLevel
    proofs: tuple[Proof, ...]
    snapshots: int

    @property
    def healthy(self) -> bool:
        """Whether every figure is proven."""
        return not self.snapshots and all(proof.holds for proof in self.proofs)

    @property
    def ledger(self) -> dict[str, int]:
        """What the counters should say."""
        return {proof.figure: proof.ledger for proof in self.proofs}


def examine(levels: Iterable[StockLevel]) -> list[Examination]:
    """Prove the figures of these levels; four statements for any number of them."""
    found = list(levels)
    pks = [level.pk for level in found]
    moved = _sums(StockMovement.objects.filter(level__in=pks), "condition")
    held = _sums(Reservation.objects.filter(level__in=pks, state=ReservationState.OPEN), "state")
    last = _last_balances(pks)
    wrong = _counted(wrong_snapshots().filter(level__in=pks))
    return [
        Examination(level, _proofs(level, moved, held, last), wrong.get(level.pk, 0))
        for level in found
    ]


def examine_fences(product_id: int) -> list[Finding]:
    """What `check_ledgers` proves of ring-fences, of this product alone; empty without fences."""
    if not Fence.objects.filter(product=product_id).exists():
        return []
    return [check(invariant) for invariant in fence_invariants(product_id)]


def wrong_snapshots() -> QuerySet[StockSnapshot]:
    """Snapshots that are not the one before plus what the ledgers say happened in between."""
    before = StockSnapshot.objects.filter(level=OuterRef("level"), at__lt=OuterRef("at"))
    before = before.order_by("-at")
    beginning = Value(BEGINNING, output_field=DateTimeField())
    rows = StockSnapshot.objects.annotate(
        since=Coalesce(Subquery(before.values("at")[:1]), beginning)
    )
    right = Q()
    for condition, figure in COUNTERS.items():
        moves = StockMovement.objects.filter(condition=condition)
        rows = rows.annotate(**{f"{figure}_proven": _base(before, figure) + _between(moves, "at")})
        right &= Q(**{figure: F(f"{figure}_proven")})
    held = Reservation.objects.all()
    began, ended = _between(held, "created_at"), _between(held, "ended_at")
    rows = rows.annotate(reserved_proven=_base(before, "reserved") + began - ended)
    return rows.exclude(right & Q(reserved=F("reserved_proven")))


def _base(before: QuerySet[StockSnapshot], figure: str) -> Coalesce:
    return Coalesce(Subquery(before.values(figure)[:1]), 0)


def _between(rows: QuerySet[Any], column: str) -> Coalesce:
    span = {f"{column}__gt": OuterRef("since"), f"{column}__lte": OuterRef("at")}
    totals = rows.filter(level=OuterRef("level"), **span).order_by().values("level")
    return Coalesce(Subquery(totals.annotate(total=Sum("quantity")).values("total")), 0)


def _sums(rows: QuerySet[Any], by: str) -> dict[tuple[int, str], tuple[int, int]]:
    sums = (
        rows.order_by()
        .values_list("level_id", by)
        .annotate(units=Sum("quantity"), number=Count("pk"))
    )
    return {(level, key): (units, number) for level, key, units, number in sums}


def _counted(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("level_id").annotate(number=Count("pk")))


def _last_balances(pks: list[int]) -> dict[tuple[int, str], int]:
    rows = StockMovement.objects.filter(level=OuterRef("pk")).order_by("-pk").values("balance")
    last = {
        figure: Subquery(rows.filter(condition=condition)[:1])
        for condition, figure in COUNTERS.items()
    }
    named = {f"{figure}_last": query for figure, query in last.items()}
    found = StockLevel.objects.filter(pk__in=pks).annotate(**named).values("pk", *named)
    return {(row["pk"], figure): row[f"{figure}_last"] for row in found for figure in last}


def _proofs(
    level: StockLevel,
    moved: dict[tuple[int, str], tuple[int, int]],
    held: dict[tuple[int, str], tuple[int, int]],
    last: dict[tuple[int, str], int],
) -> tuple[Proof, ...]:
    conditions = [
        Proof(
            figure,
            getattr(level, figure),
            *moved.get((level.pk, condition), (0, 0)),
            last[level.pk, figure],
        )
        for condition, figure in COUNTERS.items()
    ]
    reserved = held.get((level.pk, ReservationState.OPEN), (0, 0))
    return (*conditions, Proof("reserved", level.reserved, *reserved, None))
