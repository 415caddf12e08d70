"""Products and purchase orders as rules look at them: plain facts, a page of them at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce

from inventory.enums import ProposalState, PurchaseOrderStatus
from inventory.models import Product, PurchaseOrder

AT_ONCE = 500
EXPECTED = (PurchaseOrderStatus.SENT, PurchaseOrderStatus.PARTIALLY_RECEIVED)


@dataclass(frozen=True, slots=True)
class Watched:
    """A product or purchase order: its key, its public name, and its facts by their names."""

    id: int
    label: str
    facts: dict[str, Any]


def watched_products() -> Iterator[Watched]:
    """Active products with their stock over all locations, in key order.

    `proposed` units are those that replenishment says to order because the position is at or below
    the reorder point (`inventory.queries.replenishment`).
    """
    stock = {
        name: Coalesce(Sum(f"levels__{name}"), 0)
        for name in ("on_hand", "reserved", "safety_stock", "fenced", "quarantined")
    }
    rows = Product.objects.filter(is_active=True).annotate(**stock).order_by("pk")
    last = 0
    while some := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        proposed = _proposed([row.pk for row in some])
        yield from (_product(row, proposed.get(row.pk, 0)) for row in some)
        last = some[-1].pk


def watched_purchases(today: date) -> Iterator[Watched]:
    """Purchase orders that a supplier has and that have not come in full, in key order."""
    rows = PurchaseOrder.objects.filter(status__in=EXPECTED).select_related("supplier", "location")
    missing = Coalesce(Sum(F("lines__quantity") - F("lines__received")), 0)
    for row in rows.annotate(missing=missing).order_by("pk").iterator(AT_ONCE):
        late = (today - row.expected_on).days if row.expected_on else None
        facts = {
            "supplier": row.supplier.code,
            "deliver_to": row.location.code,
            "late_days": late,
            "missing": row.missing,
            "currency": row.currency,
        }
        yield Watched(row.pk, row.number, facts)


def _product(row: Any, proposed: int) -> Watched:
    facts = {
        "sku": row.sku,
        "goods_class": row.goods_class,
        "on_hand": row.on_hand,
        "available": row.on_hand - row.reserved - row.safety_stock - row.fenced,
        "quarantined": row.quarantined,
        "proposed": proposed,
        "preorder": row.is_preorder,
    }
    return Watched(row.pk, row.sku, facts)


def _proposed(keys: list[int]) -> dict[int, int]:
    rows = Product.objects.filter(pk__in=keys, proposals__state=ProposalState.OPEN)
    units = Sum("proposals__quantity", filter=Q(proposals__state=ProposalState.OPEN))
    return dict(rows.annotate(units=units).values_list("pk", "units"))
