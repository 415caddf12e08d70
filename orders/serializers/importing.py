"""Orders of a JSON file."""

from oms.wire import decode_filled
from orders.operations import PlacedOrder
from orders.serializers.orders import OrderIn, placed_order


def understood(raw: bytes) -> PlacedOrder:
    """An order of a file, in the words of the operation. Raises Invalid."""
    return placed_order(decode_filled(raw, OrderIn))
