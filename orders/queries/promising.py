"""What a buyer can be promised before there is an order, and told of one that is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from inventory import queries as stock
from orders.models import Channel, Order, OrderLine, SkuAlias
from orders.queries.serving import BY_HAND, lines_in_turn


@dataclass(frozen=True, slots=True)
class Quote:
    """A quantity of a SKU, with the parts that it can be made of.

    `waits` is for how many days the channel's rule lets it lie ready.
    """

    sku: str
    quantity: int
    missing: int
    ships_by: datetime | None
    arrives_on: date | None
    parts: tuple[stock.PromisedPart, ...]
    waits: int = 0


def promise(
    channel: Channel,
    lines: Sequence[tuple[str, int]],
    destination: stock.Destination,
    *,
    group: str = "",
) -> list[Quote]:
    """When these (SKU, quantity) could leave and arrive, without breaking any promise given.

    Units in stock are promised by the channel's rule; what must come first, when it has come; a
    pre-order not before its day. SKUs may be the channel's own; unknown ones have nothing in sight.
    Two lines with one SKU get different units. `group` is the customer's, whose fences open as the
    channel's do. Nothing is reserved.
    """
    products = _products(channel, {sku for sku, _ in lines})
    view = stock.outlook(products.values())
    for product, waiters in lines_in_turn(products.values()).items():
        view.commit(product, (one.demand for one in waiters))
    rule = view.now + timedelta(days=channel.promise_days)
    quotes = []
    for sku, quantity in lines:
        if sku not in products:
            quotes.append(Quote(sku, quantity, quantity, None, None, ()))
            continue
        taker = stock.Taker(channel.pk, group)
        one = view.promise(products[sku], quantity, destination, taker).not_before(rule)
        quotes.append(
            Quote(sku, quantity, one.missing, one.ships_by, one.arrives_on, one.parts, one.waits)
        )
    return quotes


def told_day(order: Order, lines: Iterable[OrderLine]) -> datetime | None:
    """The day a buyer may be told their order ships by: `Order.promised_at`, where goods bear it.

    None while units wait that nothing in sight covers. Such an order is worked on by its channel's
    rule all the same, but a rule makes no goods. A day that somebody gave by hand may be told.
    """
    latest = order.promises.order_by("-sequence").first()
    if latest is None or latest.reason in BY_HAND:
        return order.promised_at
    bare = {part["line"] for part in latest.made_of if part["kind"] == "none"}
    waits = any(line.backordered for line in lines if line.position in bare)
    return None if waits else order.promised_at


def _products(channel: Channel, skus: set[str]) -> dict[str, int]:
    found = {sku: product.pk for sku, product in stock.products_by_sku(skus).items()}
    if missing := skus - found.keys():
        aliases = SkuAlias.objects.filter(channel=channel, alias__in=missing)
        found |= dict(aliases.values_list("alias", "product_id"))
    return found
