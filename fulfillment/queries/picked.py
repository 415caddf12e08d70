"""What locations have taken from their shelves and not handed over."""

from collections.abc import Iterable

from django.db.models import F, Sum

from fulfillment.models import FulfillmentOrderLine, PickedLot


def picked_units(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units in trolleys and parcels of a location, by product id."""
    rows = FulfillmentOrderLine.objects.filter(
        fulfillment_order__location=location_id,
        order_line__product__in=list(product_ids),
        picked__gt=F("shipped"),
    )
    totals = rows.order_by().values_list("order_line__product")
    return dict(totals.annotate(units=Sum(F("picked") - F("shipped"))))


def picked_lots(location_id: int, product_ids: Iterable[int]) -> dict[int, int]:
    """Units in trolleys and parcels of a location, by lot id."""
    rows = PickedLot.objects.filter(
        line__fulfillment_order__location=location_id,
        lot__product__in=list(product_ids),
        quantity__gt=F("shipped"),
    )
    totals = rows.order_by().values_list("lot")
    return dict(totals.annotate(units=Sum(F("quantity") - F("shipped"))))
