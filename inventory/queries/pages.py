"""Small questions that pages of other apps ask."""

from collections.abc import Iterable

from inventory.models import GoodsReceipt, Location, Product


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


def usual_place(by: str) -> int | None:
    """The active location at which somebody received goods last, or the only one there is."""
    rows = GoodsReceipt.objects.filter(received_by=by, location__is_active=True)
    if (last := rows.order_by("-pk").values_list("location", flat=True).first()) is not None:
        return last
    places = Location.objects.filter(is_active=True).values_list("pk", flat=True)[:2]
    return places[0] if len(places) == 1 else None
