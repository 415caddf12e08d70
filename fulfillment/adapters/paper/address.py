"""The opened address, for the papers that need one."""

from customers import operations as customers
from customers.queries import wishes_in_words
from fulfillment.models import FulfillmentOrder
from oms import words
from orders.queries.sealing import CONTEXT


def address(document: FulfillmentOrder, *, by: str) -> list[str]:
    """The lines of the shipping address; the reading is recorded, an erased one is empty."""
    return address_and_wishes(document, by=by)[0]


def address_and_wishes(document: FulfillmentOrder, *, by: str) -> tuple[list[str], list[str]]:
    """The address, and how the buyer wants it delivered, as lines; one recorded reading."""
    order = document.order
    opened = customers.disclose(
        order.subject, order.sealed, CONTEXT, by=by, what=f"orders.order {order.number}"
    )
    parts = opened.get("shipping_address", {})
    town = f"{parts.get('postcode', '')} {parts.get('city', '')}".strip()
    wishes = wishes_in_words(opened.get("delivery", {}))
    lines = [parts.get("name"), parts.get("line1"), parts.get("line2"), town]
    place = (*lines, parts.get("region"), words.country(parts.get("country") or ""))
    return [line for line in place if line], wishes
