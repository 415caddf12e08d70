"""How much is wanted of a product at a location: the one question that replenishment asks.

`oms.wiring.ANSWERS["inventory.demand_of"]` may name a better answer, such as a forecast: a function
of the same arguments. Whatever it does not know is answered from what was issued.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module

from django.db.models import Min, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.module_loading import import_string

from inventory.enums import MovementKind
from inventory.models import StockMovement

DAYS = 84  # twelve whole weeks, so that every weekday counts equally
FEWEST_DAYS = 14  # of history, before which a mean says little
QUESTION = "inventory.demand_of"

Pair = tuple[int, int]  # product id, location id


@dataclass(frozen=True, slots=True)
class Demand:
    """Units wanted a day: mean and standard deviation, from how many days, and by what."""

    mean: float
    spread: float
    days: int
    source: str = "issued"


def demand_of(pairs: Iterable[Pair]) -> dict[Pair, Demand]:
    """Daily demand of products at locations; pairs without any are missing."""
    wanted = set(pairs)
    path = import_module("oms.wiring").ANSWERS.get(QUESTION)
    better = import_string(path)(wanted) if path else {}
    return issued(wanted - better.keys()) | better


def issued(pairs: set[Pair], days: int = DAYS) -> dict[Pair, Demand]:
    """Demand as what left with shipments in the last whole days, days without any included.

    A product that first left later than the period began is measured from that day on, but over
    no less than two weeks.
    """
    today = timezone.localdate()
    first = today - timedelta(days=days)
    sold = _by_day(pairs, first, today)
    starts = _first_issues({product for product, _ in sold})
    found = {}
    for pair, amounts in sold.items():
        began = max(first, starts.get(pair, first))
        length = max((today - began).days, FEWEST_DAYS)
        found[pair] = _measure(amounts, min(length, days))
    return found


def _by_day(pairs: set[Pair], first: date, today: date) -> dict[Pair, list[int]]:
    rows = (
        StockMovement.objects.filter(
            level__product__in={product for product, _ in pairs},
            level__location__in={location for _, location in pairs},
            kind=MovementKind.ISSUED,
            at__gte=_midnight(first),
            at__lt=_midnight(today),
        )
        .order_by()
        .values_list("level__product_id", "level__location_id", TruncDate("at"))
        .annotate(units=-Sum("quantity"))
    )
    found: dict[Pair, list[int]] = defaultdict(list)
    for product, location, _, units in rows:
        if (product, location) in pairs:
            found[product, location].append(units)
    return found


def _first_issues(products: set[int]) -> dict[Pair, date]:
    rows = (
        StockMovement.objects.filter(level__product__in=products, kind=MovementKind.ISSUED)
        .order_by()
        .values_list("level__product_id", "level__location_id")
        .annotate(first=Min("at"))
    )
    return {(p, location): timezone.localdate(first) for p, location, first in rows}


def _measure(amounts: list[int], days: int) -> Demand:
    mean = sum(amounts) / days
    square = sum(units * units for units in amounts) / days
    return Demand(mean, math.sqrt(max(square - mean * mean, 0.0)), days)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
