"""What must hold in the stock ledgers, for `check_ledgers`."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from inventory.enums import COUNTERS, ReservationState
from inventory.models import Reservation, StockLevel, StockMovement, StockSnapshot
from inventory.queries.doctor import wrong_snapshots
from inventory.queries.fence_ledger import fence_invariants
from inventory.queries.supply_ledger import supply_invariants
from inventory.queries.told import told_invariants
from oms.ledgers import Invariant


def invariants() -> list[Invariant]:
    """The stock invariants."""
    return [
        *(_sums(figure, condition) for condition, figure in COUNTERS.items()),
        _of_levels(
            "stock.reserved",
            "Reserved stock equals the sum of the level's open reservations.",
            _wrong_reserved,
        ),
        _of_levels("stock.oversold", "No level has more reserved than is on hand.", _oversold),
        *(_balances(figure, condition) for condition, figure in COUNTERS.items()),
        Invariant(
            "stock.snapshots",
            "Each snapshot is the one before plus what the ledgers say happened in between.",
            count=StockSnapshot.objects.count,
            violations=_wrong_snapshots,
            repair=import_string("inventory.operations.repair_counters"),
        ),
        *supply_invariants(),
        *told_invariants(),
        *fence_invariants(),
    ]


def _of_levels(name: str, sentence: str, violations: Callable[[], Iterable[str]]) -> Invariant:
    return Invariant(
        name,
        sentence,
        count=StockLevel.objects.count,
        violations=violations,
        repair=import_string("inventory.operations.repair_counters"),
    )


def _sums(figure: str, condition: str) -> Invariant:
    words = figure.replace("_", "-")
    return _of_levels(
        f"stock.{figure}",
        f"{words.capitalize()} stock equals the sum of the level's {condition} movements.",
        partial(_wrong_sum, figure, condition),
    )


def _balances(figure: str, condition: str) -> Invariant:
    words = figure.replace("_", "-")
    return Invariant(
        f"stock.{figure}.balance",
        f"Each level's last {condition} movement shows its {words} stock.",
        count=StockMovement.objects.filter(condition=condition).count,
        violations=partial(_wrong_balance, figure, condition),
        repair=import_string("inventory.operations.repair_counters"),  # a wrong counter shows here
    )


def _total(rows: QuerySet, column: str = "quantity") -> Coalesce:
    totals = rows.filter(level=OuterRef("pk")).order_by().values("level")
    return Coalesce(Subquery(totals.annotate(total=Sum(column)).values("total")), 0)


def _wrong_sum(figure: str, condition: str) -> Iterator[str]:
    rows = StockMovement.objects.filter(condition=condition)
    wrong = StockLevel.objects.annotate(moved=_total(rows)).exclude(moved=F(figure))
    for level in wrong.select_related("product", "location"):
        has = getattr(level, figure)
        yield f"{level.product} at {level.location}: {has}, movements {level.moved}"


def _wrong_reserved() -> Iterator[str]:
    rows = Reservation.objects.filter(state=ReservationState.OPEN)
    wrong = StockLevel.objects.annotate(promised=_total(rows)).exclude(promised=F("reserved"))
    for level in wrong.select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.reserved}, open {level.promised}"


def _oversold() -> Iterator[str]:
    wrong = StockLevel.objects.filter(Q(reserved__gt=F("on_hand")) | Q(on_hand__lt=0))
    for level in wrong.select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.reserved} of {level.on_hand}"


def _wrong_snapshots() -> Iterator[str]:
    for row in wrong_snapshots().select_related("level__product", "level__location"):
        yield f"{row.level} at {row.at:%Y-%m-%d}: {row.on_hand} on hand, {row.reserved} reserved"


def unproven_levels() -> QuerySet[StockLevel]:
    """Levels with a counter or a snapshot that its ledger does not prove; sums up every ledger."""
    held = Reservation.objects.filter(state=ReservationState.OPEN)
    rows = StockLevel.objects.annotate(reserved_sum=_total(held))
    right = Q(reserved=F("reserved_sum"))
    for condition, figure in COUNTERS.items():
        moves = StockMovement.objects.filter(condition=condition)
        rows = rows.annotate(**{f"{figure}_sum": _total(moves)})
        right &= Q(**{figure: F(f"{figure}_sum")})
    stale = wrong_snapshots().values("level")
    found = rows.filter(~right | Q(pk__in=stale)).select_related("product", "location")
    return found.order_by("pk")


def _wrong_balance(figure: str, condition: str) -> Iterator[str]:
    rows = StockMovement.objects.filter(level=OuterRef("pk"), condition=condition)
    last = rows.order_by("-pk").values("balance")
    wrong = StockLevel.objects.annotate(last=Coalesce(Subquery(last[:1]), 0))
    for level in wrong.exclude(last=F(figure)).select_related("product", "location"):
        has = getattr(level, figure)
        yield f"{level.product} at {level.location}: {has}, last balance {level.last}"
