"""Small questions that pages of other apps ask."""

from collections.abc import Iterable

from inventory.models import Location, Product


def location_codes(ids: Iterable[int]) -> dict[int, str]:
    """Codes of locations by id, for telling people where."""
    return dict(Location.objects.filter(pk__in=set(ids)).values_list("pk", "code"))


def list_prices(skus: Iterable[str]) -> dict[str, object]:
    """List prices by SKU, none where a product has no price."""
    return dict(Product.objects.filter(sku__in=set(skus)).values_list("sku", "unit_price"))
