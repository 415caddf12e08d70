"""Stock as callers ask for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from inventory.enums import ReservationState
from inventory.models import Reservation, StockLevel


@dataclass(frozen=True, slots=True)
class Availability:
    """Stock of one SKU at one location, in units."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int


def availability(skus: Iterable[str], locations: Iterable[str] = ()) -> list[Availability]:
    """Stock of these SKUs at these locations (all active ones when none is named), one statement."""
    rows = StockLevel.objects.filter(product__sku__in=list(skus), location__is_active=True)
    if codes := list(locations):
        rows = rows.filter(location__code__in=codes)
    return [
        Availability(sku, location, on_hand, reserved, max(on_hand - reserved - safety, 0))
        for sku, location, on_hand, reserved, safety in rows.order_by(
            "product__sku", "location__code"
        ).values_list("product__sku", "location__code", "on_hand", "reserved", "safety_stock")
    ]


def open_reservations(line_ids: Iterable[int]) -> QuerySet[Reservation]:
    """Open reservations of these order lines with their levels, oldest first."""
    return (
        Reservation.objects.filter(order_line_id__in=list(line_ids), state=ReservationState.OPEN)
        .select_related("level__location", "level__product")
        .order_by("pk")
    )


def unreserved(product_ids: Iterable[int], location_id: int) -> dict[int, int]:
    """Units on hand at a location that no order has reserved, by product id; zeros left out."""
    rows = StockLevel.objects.filter(product__in=list(product_ids), location=location_id)
    found = rows.values_list("product_id", "on_hand", "reserved")
    return {
        product: on_hand - reserved for product, on_hand, reserved in found if on_hand > reserved
    }
