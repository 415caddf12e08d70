"""Finding products while somebody types."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from inventory.models import Product
from inventory.queries.levels import availability

SHORTEST = 2  # letters before names are searched


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product with its list price and the units that all locations could promise now."""

    sku: str
    name: str
    unit_price: Decimal | None
    available: int


def product_with_code(code: str) -> Product | None:
    """The product that a scanner means by its SKU or barcode."""
    wanted = Q(sku__in={code, code.upper()}) | Q(barcode=code) & ~Q(barcode="")
    return Product.objects.filter(wanted).order_by("pk").first()


def find_products(text: str, *, most: int = 8) -> list[FoundProduct]:
    """Active products whose SKU begins with the text, whose barcode it is, or whose name has it.

    Two statements. A SKU or barcode that is exactly the text comes first, so that a scanner's
    Enter means what was scanned.
    """
    text = text.strip()
    if not text:
        return []
    wanted = Q(sku__istartswith=text) | Q(barcode=text)
    if len(text) >= SHORTEST:
        wanted |= Q(name__icontains=text)
    rows = Product.objects.filter(wanted, is_active=True).order_by("sku")
    found = sorted(rows[: most * 3], key=lambda row: text.upper() not in {row.sku, row.barcode})
    free: dict[str, int] = {}
    for level in availability([row.sku for row in found[:most]]):
        free[level.sku] = free.get(level.sku, 0) + level.available
    return [
        FoundProduct(row.sku, row.name, row.unit_price, free.get(row.sku, 0))
        for row in found[:most]
    ]
