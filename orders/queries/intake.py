"""What waits for the same word to be understood, and how often a word was."""

from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from orders.enums import ChargeKind, HoldKind, OrderStatus
from orders.models import Channel, Hold, Order, OrderCharge, OrderLine, ShippingAlias, SkuAlias

OPEN = (OrderStatus.PLACED, OrderStatus.CONFIRMED)
MOST_LOOKED_AT = 1_000  # orders with an incomplete address whose envelopes are opened


def country_word(told: str) -> str:
    """A channel's word for a country, as it is remembered and looked up."""
    return " ".join(told.split()).casefold()[:60]


def shipping_words(told: str) -> str:
    """A channel's words for a way of shipping, as they are remembered and looked up."""
    return " ".join(told.split()).casefold()[:200]


def shipping_methods(channel: Channel, told: Iterable[str]) -> dict[str, str]:
    """Our methods by the channel's words, as far as they are known; empty where it wants no check.

    Both what it calls them and our own names are known.
    """
    asked = {shipping_words(each): each for each in told if each.strip()}
    if not channel.checks_shipping or not asked:
        return {}
    rows = ShippingAlias.objects.filter(channel=channel)
    found = rows.filter(Q(alias__in=asked) | Q(method__in=asked)).values_list("alias", "method")
    known = {**{method: method for _, method in found}, **dict(found)}
    return {each: known[words] for words, each in asked.items() if words in known}


def shipping_said(charges: Iterable[OrderCharge]) -> str:
    """How an order is to be shipped, as the channel called it; empty where it said nothing."""
    return next((row.description for row in charges if row.kind == ChargeKind.SHIPPING), "")


def waiting_for_shipping(channel_id: int, words: str) -> QuerySet[Hold]:
    """Open holds of the channel's orders for these words of a way of shipping, oldest first."""
    return Hold.objects.filter(
        order__channel=channel_id,
        order__status__in=OPEN,
        type__code=HoldKind.UNKNOWN_SHIPPING,
        lifted_at=None,
        details__words=words,
    ).order_by("order")


def waiting_for_sku(channel_id: int, sku: str) -> QuerySet[OrderLine, int]:
    """Ids of the channel's open orders that wait for this SKU to be understood, in key order."""
    lines = OrderLine.objects.filter(
        product=None, sku=sku, order__channel=channel_id, order__status__in=OPEN
    )
    return lines.order_by("order").values_list("order", flat=True).distinct()


def waiting_for_country(channel_id: int) -> QuerySet[Order]:
    """The channel's orders on hold for an address whose country is no code, in key order."""
    return (
        Order.objects.filter(
            channel=channel_id,
            status__in=OPEN,
            ship_country="",
            holds__type__code=HoldKind.INCOMPLETE_ADDRESS,
            holds__lifted_at=None,
        )
        .select_related("subject")
        .order_by("pk")[:MOST_LOOKED_AT]
    )


def waiting_for_prices(channel_id: int) -> QuerySet[Hold]:
    """Open holds of the channel's orders for prices that are not those of the lists, oldest first."""
    rows = Hold.objects.filter(
        order__channel=channel_id,
        order__status__in=OPEN,
        type__code=HoldKind.PRICE_MISMATCH,
        lifted_at=None,
        details__has_key="lines",
    )
    return rows.select_related("order").order_by("pk")[:MOST_LOOKED_AT]


def times_used(aliases: Iterable[SkuAlias]) -> dict[tuple[int, str], int]:
    """Order lines that each of these aliases was used on, by channel and alias; one statement."""
    aliases = list(aliases)
    rows = OrderLine.objects.filter(
        product__in={row.product_id for row in aliases}, sku__in={row.alias for row in aliases}
    )
    counted = rows.values_list("order__channel", "sku").annotate(count=Count("pk")).order_by()
    return {(channel, sku): count for channel, sku, count in counted}
