"""Stock as callers ask for it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from inventory.enums import ReservationState
from inventory.models import ChannelSafetyStock, FencedStock, Reservation, StockLevel
from inventory.queries.fences import takeable


@dataclass(frozen=True, slots=True)
class Availability:
    """Stock of one SKU at one location, in units; `fenced` of them are kept for somebody."""

    sku: str
    location: str
    on_hand: int
    reserved: int
    available: int
    fenced: int = 0


def availability(
    skus: Iterable[str], locations: Iterable[str] = (), *, channel: str = ""
) -> list[Availability]:
    """Stock of these SKUs at these locations (all active ones when none is named).

    What is available is so to any buyer of the channel, its fences and safety stock considered; to
    everybody when no channel is named. At most three statements, for any number.
    """
    rows = StockLevel.objects.filter(product__sku__in=list(skus), location__is_active=True)
    if codes := list(locations):
        rows = rows.filter(location__code__in=codes)
    found = list(
        rows.order_by("product__sku", "location__code").values_list(
            "pk", "product_id", "product__sku", "location__code",
            "on_hand", "reserved", "safety_stock", "fenced",
        )
    )  # fmt: skip
    own, spares = _terms({row[1] for row in found}, channel)
    return [
        Availability(
            sku,
            location,
            on_hand,
            reserved,
            takeable(
                own.get(pk, 0),
                on_hand - reserved - safety - fenced,
                spares.get(product, spares.get(None, 0)),
            ),
            fenced,
        )
        for pk, product, sku, location, on_hand, reserved, safety, fenced in found
    ]


def _terms(product_ids: set[int], channel: str) -> tuple[dict[int, int], dict[int | None, int]]:
    """What is kept for a channel, by level, and what it leaves, by product."""
    if not channel:
        return {}, {}
    kept = FencedStock.objects.filter(
        level__product__in=product_ids,
        fence__channel__code=channel,
        fence__group="",
        quantity__gt=0,
    )
    own: dict[int, int] = defaultdict(int)
    for level, units in kept.values_list("level_id", "quantity"):
        own[level] += units
    spares = ChannelSafetyStock.objects.filter(channel__code=channel).filter(
        Q(product__in=product_ids) | Q(product=None)
    )
    return own, dict(spares.values_list("product_id", "quantity"))


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
