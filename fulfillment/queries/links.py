"""The signed link by which a buyer returns goods of one order without an account."""

from datetime import timedelta
from typing import TYPE_CHECKING

from oms import links

if TYPE_CHECKING:
    from orders.models import Order

LINK = "return"  # purpose that the link is signed for, and name of its page
VALID = timedelta(days=120)


def return_link(order: "Order") -> str:
    """The whole address; it holds the order's number and ends 120 days from now."""
    return links.link("return", LINK, order.number)
