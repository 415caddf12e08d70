"""What is in a shipment."""

from collections import defaultdict

from fulfillment.models import ParcelLine, Shipment
from inventory.operations import Units


def units_of(shipment: Shipment) -> list[Units]:
    """The order's units in the shipment's parcels, one entry per order line."""
    quantities: dict[int, int] = defaultdict(int)
    rows = ParcelLine.objects.filter(parcel__shipment=shipment).values_list(
        "line__order_line_id", "quantity"
    )
    for line_id, quantity in rows:
        quantities[line_id] += quantity
    location = shipment.fulfillment_order.location_id
    return [Units(line_id, location, quantity) for line_id, quantity in quantities.items()]
