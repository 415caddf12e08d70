"""Small questions that pages of other apps ask."""

from collections.abc import Iterable

from inventory.models import Location, Product


def location_codes(ids: Iterable[int]) -> dict[int, str]:
    """Codes of locations by id, for telling people where."""
    return dict(Location.objects.filter(pk__in=set(ids)).values_list("pk", "code"))


def location_ids(codes: Iterable[str]) -> dict[str, int]:
    """Active locations by code."""
    rows = Location.objects.filter(code__in=set(codes), is_active=True)
    return dict(rows.values_list("code", "pk"))


def product_ids(skus: Iterable[str]) -> list[int]:
    """Products with these SKUs, sold or not."""
    return list(Product.objects.filter(sku__in=set(skus)).values_list("pk", flat=True))
