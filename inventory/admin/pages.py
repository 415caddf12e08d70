"""What stock pages show beside the row itself: movements, reservations, orders that wait."""

from typing import Any

from django.db.models import F

from inventory.enums import ReservationState
from inventory.models import Product, Reservation, StockLevel, StockMovement
from oms import words

SHOWN = 50


def level_context(level: StockLevel) -> dict[str, Any]:
    """One level with the rows that prove its figures."""
    moves = StockMovement.objects.filter(level=level)
    held = Reservation.objects.filter(level=level, state=ReservationState.OPEN)
    return {
        "level": level,
        "movements": _movements(moves),
        "reservations": held.select_related("order_line__order", "soft").order_by("pk")[:SHOWN],
        "waiting": waiting_lines(level.product),
        "title": f"{level.product.sku} at {level.location.code}",
        "subtitle": None,
    }


def product_context(product: Product) -> dict[str, Any]:
    """A product's stock at every location."""
    levels = list(
        product.levels.select_related("location").order_by("location__priority", "location__code")
    )
    return {
        "levels": levels,
        "totals": {
            "on_hand": sum(level.on_hand for level in levels),
            "reserved": sum(level.reserved for level in levels),
            "available": sum(level.available for level in levels),
        },
        "movements": _movements(StockMovement.objects.filter(level__product=product)),
        "waiting": waiting_lines(product),
    }


def waiting_lines(product: Product) -> list[Any]:
    """Order lines that want this product and have no stock, in the order they will be served."""
    lines = product.order_lines.filter(
        quantity__gt=F("cancelled") + F("allocated"), order__status__in=["placed", "confirmed"]
    )
    ordered = lines.select_related("order__channel").order_by("order__promised_at", "order_id")
    return list(ordered[:SHOWN])


def _movements(rows: Any) -> list[StockMovement]:
    found = list(
        rows.select_related("level__location", "order_line__order").order_by("-pk")[:SHOWN]
    )
    names = words.names_of(row.actor for row in found)
    for row in found:
        row.who = names[row.actor]
    return found
