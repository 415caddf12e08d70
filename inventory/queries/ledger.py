"""What must hold in the stock ledgers, for `check_ledgers`."""

from collections.abc import Iterator

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.enums import ReservationState
from inventory.models import Reservation, StockLevel, StockMovement
from oms.ledgers import Invariant


def invariants() -> list[Invariant]:
    """The stock invariants."""
    return [
        Invariant(
            "stock.on_hand",
            "On-hand stock equals the sum of the level's movements.",
            count=StockLevel.objects.count,
            violations=_wrong_on_hand,
        ),
        Invariant(
            "stock.reserved",
            "Reserved stock equals the sum of the level's open reservations.",
            count=StockLevel.objects.count,
            violations=_wrong_reserved,
        ),
        Invariant(
            "stock.oversold",
            "No level has more reserved than is on hand.",
            count=StockLevel.objects.count,
            violations=_oversold,
        ),
        Invariant(
            "stock.balance",
            "Each level's last movement shows its on-hand stock.",
            count=StockMovement.objects.count,
            violations=_wrong_balance,
        ),
    ]


def _total(rows: QuerySet, column: str = "quantity") -> Coalesce:
    totals = rows.filter(level=OuterRef("pk")).order_by().values("level")
    return Coalesce(Subquery(totals.annotate(total=Sum(column)).values("total")), 0)


def _wrong_on_hand() -> Iterator[str]:
    wrong = StockLevel.objects.annotate(moved=_total(StockMovement.objects.all()))
    for level in wrong.exclude(moved=F("on_hand")).select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.on_hand}, movements {level.moved}"


def _wrong_reserved() -> Iterator[str]:
    rows = Reservation.objects.filter(state=ReservationState.OPEN)
    wrong = StockLevel.objects.annotate(promised=_total(rows)).exclude(promised=F("reserved"))
    for level in wrong.select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.reserved}, open {level.promised}"


def _oversold() -> Iterator[str]:
    wrong = StockLevel.objects.filter(Q(reserved__gt=F("on_hand")) | Q(on_hand__lt=0))
    for level in wrong.select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.reserved} of {level.on_hand}"


def _wrong_balance() -> Iterator[str]:
    last = StockMovement.objects.filter(level=OuterRef("pk")).order_by("-pk").values("balance")
    wrong = StockLevel.objects.annotate(last=Coalesce(Subquery(last[:1]), 0))
    for level in wrong.exclude(last=F("on_hand")).select_related("product", "location"):
        yield f"{level.product} at {level.location}: {level.on_hand}, last balance {level.last}"
