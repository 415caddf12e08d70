"""Finding products while somebody types."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from inventory.models import Product
from inventory.queries.levels import availability

SHORTEST = 2  # letters before names are searched


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product with its list price and the units that could be promised now."""

    sku: str
    name: str
    unit_price: Decimal | None
    available: int


def product_with_code(code: str) -> Product | None:
    """The product that a scanner means by its SKU or barcode."""
    wanted = Q(sku__in={code, code.upper()}) | Q(barcode=code) & ~Q(barcode="")
    return Product.objects.filter(wanted).order_by("pk").first()


def find_products(text: str, *, most: int = 8, at: str = "") -> list[FoundProduct]:
    """Active products whose SKU begins with the text, whose barcode it is, or whose name has it.

    Their units are those of all locations, or of one by its code. Two statements. A SKU or barcode that is exactly the text comes first, so that a scanner's
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
    for level in availability([row.sku for row in found[:most]], [at] if at else ()):
        free[level.sku] = free.get(level.sku, 0) + level.available
    return [
        FoundProduct(row.sku, row.name, row.unit_price, free.get(row.sku, 0))
        for row in found[:most]
    ]


def products_by_code(codes: Iterable[str]) -> dict[str, int]:
    """Ids of products by SKU and by barcode, in two statements; what is unknown is missing."""
    asked = {code for code in codes if code}
    wide = asked | {code.upper() for code in asked}
    by_barcode = Product.objects.filter(barcode__in=asked).values_list("barcode", "pk")
    by_sku = Product.objects.filter(sku__in=wide).values_list("sku", "pk")
    found = dict(by_barcode) | dict(by_sku)
    return {code: found.get(code) or found[code.upper()]
            for code in asked if code in found or code.upper() in found}  # fmt: skip
