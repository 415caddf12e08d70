"""Orders that could leave together: one buyer, one place, nothing of them sent yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from customers import queries as customers
from inventory import queries as stock
from orders.enums import FulfillmentStatus, OrderLinkKind, OrderStatus
from orders.models import Order, OrderLine, OrderLink
from orders.queries.sealing import CONTEXT

MOST = 20
PLACE = ("name", "line1", "line2", "postcode", "city", "region", "country")
WORDS = {  # said of the order that something came from, and of the one that it went to
    OrderLinkKind.SPLIT: ("Split off from", "Part of it is"),
    OrderLinkKind.MERGE: ("With all of", "Merged into"),
    OrderLinkKind.EXCHANGE: ("Replaces goods of", "Exchanged for"),
}
OPEN = (OrderStatus.PLACED, OrderStatus.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Relative:
    """An order that units went to or came from, as its page says it."""

    words: str
    pk: int
    number: str


def could_join(order: Order) -> list[Order]:
    """Open orders of the same buyer and channel to the same place, of which nothing was sent yet.

    The oldest first; none for an order of which something is on its way already.

    They are found by what is known in clear (country, region, area, pickup location) and compared
    by the whole address, as merging does; a buyer who was erased has none.
    """
    sent = order.fulfillment_status != FulfillmentStatus.UNFULFILLED
    if order.customer_id is None or order.status not in OPEN or sent:
        return []
    rows = Order.objects.filter(
        customer=order.customer_id,
        channel=order.channel_id,
        currency=order.currency,
        price_includes_tax=order.price_includes_tax,
        ship_country=order.ship_country,
        ship_region=order.ship_region,
        ship_area=order.ship_area,
        pickup_location=order.pickup_location_id,
        status__in=OPEN,
        fulfillment_status=FulfillmentStatus.UNFULFILLED,
    )
    found = list(rows.exclude(pk=order.pk).select_related("subject").order_by("pk")[:MOST])
    place = place_of(order) if found else []
    return [other for other in found if any(place) and place_of(other) == place]


def place_of(order: Order) -> list[str]:
    """Where an order goes, in a form that two can be compared by; kept to oneself."""
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    address = opened.get("shipping_address", {})
    return [" ".join(str(address.get(part, "")).casefold().split()) for part in PLACE]


def first_cut_off(orders: Iterable[Order]) -> stock.CutOff | None:
    """When the first location that keeps units of these orders closes its day; none without one."""
    lines = OrderLine.objects.filter(order__in=list(orders)).values_list("pk", flat=True)
    places = {held.level.location for held in stock.open_reservations(lines)}
    return min(stock.next_cut_offs(places), key=lambda each: each.at, default=None)


def split_family(order: Order) -> list[Order]:
    """The order and everything that was split off from it or from its parts, the oldest first."""
    return list(Order.objects.filter(pk__in=_parts(order.pk)).order_by("pk"))


def split_relatives(order_id: int) -> set[int]:
    """Ids of all parts of what was one order once, this one included, whichever part it is."""
    return _parts(_root(order_id))


def split_root(order: Order) -> int:
    """Id of the order that this one was split off from in the beginning; its own where it was not."""
    return _root(order.pk)


def _root(order_id: int) -> int:
    root = order_id
    while above := OrderLink.objects.filter(kind=OrderLinkKind.SPLIT, target=root).first():
        root = above.source_id
    return root


def _parts(order_id: int) -> set[int]:
    found, fresh = {order_id}, {order_id}
    while fresh:
        rows = OrderLink.objects.filter(kind=OrderLinkKind.SPLIT, source__in=fresh)
        fresh = set(rows.values_list("target", flat=True)) - found
        found |= fresh
    return found


def is_replacement(root: int) -> bool:
    """Whether an order was placed in the place of goods of another one."""
    return OrderLink.objects.filter(kind=OrderLinkKind.EXCHANGE, target=root).exists()


def relatives(order: Order) -> list[Relative]:
    """Orders that were split off from or merged with this one."""
    links = OrderLink.objects.select_related("source", "target").order_by("pk")
    found = [
        Relative(WORDS[OrderLinkKind(row.kind)][0], row.source_id, str(row.source))
        for row in links.filter(target=order)
    ]
    return found + [
        Relative(WORDS[OrderLinkKind(row.kind)][1], row.target_id, str(row.target))
        for row in links.filter(source=order)
    ]
