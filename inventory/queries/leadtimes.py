"""How long suppliers take, learnt from what they delivered."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, F, FloatField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from inventory.models import GoodsReceiptLine, Supplier, SupplierProduct

REMEMBERED = timedelta(days=730)  # older deliveries teach nothing about today
ENOUGH = 3  # receipts from which a mean and a spread may be taken

Pair = tuple[int, int]  # supplier id, product id


@dataclass(frozen=True, slots=True)
class LeadTime:
    """Days from sending an order to receiving it: mean, standard deviation, and from what."""

    mean: float
    spread: float
    receipts: int
    source: str  # "product", "supplier" or "stated"


def lead_times(pairs: Iterable[Pair]) -> dict[Pair, LeadTime]:
    """Lead time of each supplier and product, in four statements for any number of them.

    Learnt from this product's receipts of the last two years when there are at least three, else
    from all receipts of the supplier, else as stated on the offer or the supplier, without spread.
    """
    wanted = set(pairs)
    suppliers = {supplier for supplier, _ in wanted}
    rows = _receipts(suppliers)
    exact = _learnt(rows.filter(product__in={product for _, product in wanted}), "product")
    general = _learnt(rows, "supplier")
    stated = _stated(wanted, suppliers)
    found = {}
    for supplier, product in wanted:
        candidates = (exact.get((supplier, product)), general.get((supplier, 0)))
        taught = [one for one in candidates if one and one.receipts >= ENOUGH]
        found[supplier, product] = taught[0] if taught else stated[supplier, product]
    return found


def by_supplier(supplier_ids: Iterable[int]) -> dict[int, LeadTime]:
    """Lead time over all receipts of each supplier that has any."""
    return {pair[0]: row for pair, row in _learnt(_receipts(set(supplier_ids)), "supplier").items()}


def by_product(supplier: Supplier) -> dict[int, LeadTime]:
    """Lead time of each product that this supplier delivered, by product id."""
    return {pair[1]: row for pair, row in _learnt(_receipts({supplier.pk}), "product").items()}


def _receipts(suppliers: set[int]) -> QuerySet[GoodsReceiptLine]:
    return GoodsReceiptLine.objects.filter(
        receipt__supplier__in=suppliers,
        receipt__received_at__gte=timezone.now() - REMEMBERED,
        receipt__undone_at=None,
        lead_days__isnull=False,
    ).order_by()


def _learnt(rows: QuerySet[GoodsReceiptLine], source: str) -> dict[Pair, LeadTime]:
    keys = ["receipt__supplier"] + (["product"] if source == "product" else [])
    days = Cast("lead_days", FloatField())
    found = rows.values(*keys).annotate(
        mean=Avg(days), square=Avg(days * F("lead_days")), count=Count("pk")
    )
    return {
        (row["receipt__supplier"], row.get("product", 0)): LeadTime(
            row["mean"], _spread(row["mean"], row["square"], row["count"]), row["count"], source
        )
        for row in found
    }


def _spread(mean: float, square: float, count: int) -> float:
    """Sample standard deviation from the mean and the mean of squares."""
    if count < 2:  # noqa: PLR2004 (one receipt has no spread)
        return 0.0
    return math.sqrt(max(square - mean * mean, 0.0) * count / (count - 1))


def _stated(wanted: set[Pair], suppliers: set[int]) -> dict[Pair, LeadTime]:
    general = dict(Supplier.objects.filter(pk__in=suppliers).values_list("pk", "lead_time_days"))
    offers = SupplierProduct.objects.filter(
        supplier__in=suppliers,
        product__in={product for _, product in wanted},
        lead_time_days__isnull=False,
    )
    special = {(s, p): days for s, p, days in offers.values_list(*OFFER)}
    return {
        pair: LeadTime(float(special.get(pair, general[pair[0]])), 0.0, 0, "stated")
        for pair in wanted
    }


OFFER = ("supplier_id", "product_id", "lead_time_days")
