"""The opened address, for the papers that need one."""

from customers import operations as customers
from fulfillment.models import FulfillmentOrder
from orders.queries.sealing import CONTEXT


def address(document: FulfillmentOrder, *, by: str) -> list[str]:
    """The lines of the shipping address; the reading is recorded, an erased one is empty."""
    order = document.order
    opened = customers.disclose(
        order.subject, order.sealed, CONTEXT, by=by, what=f"orders.order {order.number}"
    )
    parts = opened.get("shipping_address", {})
    town = f"{parts.get('postcode', '')} {parts.get('city', '')}".strip()
    lines = [parts.get("name"), parts.get("line1"), parts.get("line2"), town]
    return [line for line in (*lines, parts.get("region"), parts.get("country")) if line]
