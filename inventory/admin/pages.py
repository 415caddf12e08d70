"""What stock pages show beside the row itself: movements, reservations, orders that wait."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case, F, Max, When

from inventory import queries
from inventory.admin.limits import limit_rows
from inventory.enums import ReservationState
from inventory.models import Product, Reservation, StockLevel, StockMovement
from inventory.queries import reasons_of, selling_channels
from oms import navigation, words

SHOWN = 50


def level_context(level: StockLevel) -> dict[str, Any]:
    """One level with the rows that prove its figures."""
    add_coming([level])
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
    add_coming(levels)
    return {
        "levels": levels,
        "totals": {
            name: sum(getattr(level, name) for level in levels)
            for name in ("on_hand", "reserved", "available", "quarantined", "damaged")
        },
        "movements": _movements(StockMovement.objects.filter(level__product=product)),
        "selling": reasons_of(product.pk, selling_channels()) if levels else [],
        "waiting": waiting_lines(product),
        "limits": limit_rows(product),
    }


def add_coming(levels: Sequence[StockLevel]) -> None:
    """Say on each level what comes: `coming` is units in transit and units incoming."""
    found = queries.coming({(level.product_id, level.location_id) for level in levels})
    for level in levels:
        level.coming = found.get((level.product_id, level.location_id), (0, 0))  # type: ignore[attr-defined]


def waiting_lines(product: Product) -> list[Any]:
    """Order lines that want this product and have no stock, in the order they will be served.

    `is_held`: a hold keeps the order out of the line.
    """
    lines = product.order_lines.filter(
        quantity__gt=F("cancelled") + F("allocated"), order__status__in=["placed", "confirmed"]
    )
    lines = lines.annotate(
        is_held=Max(
            Case(
                When(
                    order__holds__lifted_at=None,
                    order__holds__type__stops_allocation=True,
                    then=1,
                ),
                default=0,
            )
        )
    )
    ordered = lines.select_related("order__channel").order_by("order__promised_at", "order_id")
    return list(ordered[:SHOWN])


def _movements(rows: Any) -> list[StockMovement]:
    found = list(
        rows.select_related("level__location", "order_line__order", "reason_code").order_by("-pk")[
            :SHOWN
        ]
    )
    names = words.names_of(row.actor for row in found)
    links = navigation.links({row.reference for row in found if row.reference})
    undone = queries.corrected_among(row.pk for row in found)
    for row in found:
        row.who, row.link = names[row.actor], links.get(row.reference, "")
        row.undoable = row.kind in queries.CORRECTABLE and row.pk not in undone
    return found
