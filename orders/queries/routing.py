"""What sourcing is told of an order."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from inventory import queries as stock
from oms.money import ZERO
from orders.enums import ChargeKind, HoldKind
from orders.models import Order, OrderLine
from orders.queries.intake import shipping_methods

ASKED = {  # what a routing rule asks for -> kind of hold, and what it tells the person
    "hold": (HoldKind.OUT_OF_STOCK, "The routing rules found no way to serve the whole order."),
    "queue": (HoldKind.ROUTING, "The routing rules leave it to a person from where to serve this."),
}


def request_of(
    order: Order,
    lines: Sequence[OrderLine],
    *,
    method: str = "",
    keys: Sequence[int] | None = None,
    avoid: Iterable[int] = (),
) -> stock.Request:
    """The order's lines that want stock, and the facts that routing rules may ask about.

    Demands are named by the line's id, or by `keys`, one a line, before lines have ids; `method` is
    how it is to be shipped, see `method_of`.
    """
    names = keys if keys is not None else [line.pk for line in lines]
    demands = tuple(
        stock.Demand(name, line.product_id, line.backordered, line.total / line.quantity)
        for name, line in zip(names, lines, strict=True)
        if line.backordered and line.product_id
    )
    return stock.Request(
        stock.Destination(order.ship_country, order.ship_area),
        demands,
        frozenset(avoid),
        {
            "channel": order.channel.code.casefold(),
            "region": order.ship_region.casefold(),
            "value": _value(lines),
            "currency": order.currency.casefold(),
            "priority": order.priority,
            "tags": order.tags,
            "shipping_method": method.casefold(),
            "business": order.buyer_tax_id,
        },
        pickup=order.pickup_location_id,
        taker=taker_of(order),
    )


def method_of(order: Order, told: str) -> str:
    """Our way of shipping where the channel's words are known, else its words."""
    return shipping_methods(order.channel, [told]).get(told, told)


def taker_of(order: Order) -> stock.Taker:
    """Whose fences open for an order: its channel's, and those of its customer's group."""
    return stock.Taker(order.channel_id, order.customer.group if order.customer else "")


def request_by_number(number: str) -> stock.Request | None:
    """The whole order as it would be asked for now, nothing allocated; none where there is none."""
    order = Order.objects.select_related("channel").filter(number=number).first()
    if order is None:
        return None
    lines = list(order.lines.order_by("position"))
    for line in lines:
        line.allocated = 0
    shipping = order.charges.filter(kind=ChargeKind.SHIPPING).values_list("description", flat=True)
    return request_of(order, lines, method=method_of(order, shipping.first() or ""))


def _value(lines: Sequence[OrderLine]) -> Decimal:
    """Goods as priced, before taxes that come on top are known."""
    return sum((line.total for line in lines), ZERO)
