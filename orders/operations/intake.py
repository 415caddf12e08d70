"""Intake: what a channel says in its own way, put right once and remembered for its other orders.

A channel's SKU, name of a country or of a way of shipping, or price of its own is solved on one order by a person. Remembered, it is understood
in every later order, and the channel's other waiting orders go on by an event, a few at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from oms import events
from oms.countries import country_code, is_country
from oms.errors import DomainError
from oms.models import Event
from orders.enums import HoldKind
from orders.models import (
    Channel,
    CountryAlias,
    Hold,
    KnownPrice,
    Order,
    OrderLine,
    ShippingAlias,
    SkuAlias,
)
from orders.operations import corrections, holds, limits, pipeline
from orders.operations.credit_holds import lock_credit_of
from orders.operations.drafts import Draft
from orders.operations.sent import PlacedOrder
from orders.queries.intake import (
    country_word,
    shipping_words,
    waiting_for_country,
    waiting_for_prices,
    waiting_for_shipping,
    waiting_for_sku,
)
from orders.queries.sealing import CONTEXT
from orders.queries.waiting import products_waited_for

if TYPE_CHECKING:
    from inventory.models import Product

PRICES_KNOWN = "These prices of the channel are known now"
AT_ONCE = 100  # orders that go on in one transaction; the last of them calls for the next
BY = "consumer:solve_waiting"


class NothingToName(DomainError):
    """Only an order that waits for it has words to be named."""

    code = "nothing_to_name"
    message = "Order {number} waits for no shipping method to be named, or none was."


class NoPricesToRemember(DomainError):
    """The hold is about something else, such as a total that does not add up."""

    code = "no_prices_to_remember"
    message = "What stops order {number} is not the price of a product."


@transaction.atomic
def remember_sku(line: OrderLine, *, by: str, product: "Product") -> Order:
    """Say which product an unknown SKU stands for, here and in the channel's other orders.

    Later orders are understood while they are placed; those that wait go on within seconds. Raises
    NotUnknown and OrderEnded like `solve_sku`.
    """
    order = corrections.solve_sku(line, by=by, product=product)

    SkuAlias.objects.update_or_create(
        channel=order.channel,
        alias=line.sku,
        defaults={"product": product, "remembered_by": by, "remembered_at": timezone.now()},
    )
    events.record("order.sku_remembered", order, by=by, sku=line.sku, product=product.pk)
    return order


@transaction.atomic
def remember_country(
    order: Order, *, by: str, shipping_address: dict[str, str], reason: str
) -> Order:
    """Correct an address, and remember what the channel calls its country.

    Without a word to remember, it only corrects. Raises what `correct_address` raises.
    """
    said = _address_of(pipeline.lock_order(order)).get("country", "")
    order = corrections.correct_address(
        order, by=by, shipping_address=shipping_address, reason=reason
    )
    if is_country(said) or not (word := country_word(said)):
        return order

    country = shipping_address["country"]
    CountryAlias.objects.update_or_create(
        channel=order.channel,
        alias=word,
        defaults={"country": country, "remembered_by": by, "remembered_at": timezone.now()},
    )
    events.record("order.country_remembered", order, by=by, country=country)
    return order


@transaction.atomic
def remember_shipping(order: Order, *, by: str, method: str) -> Order:
    """Name our method for the channel's words, here and in its other orders, and let this one go on.

    Later orders are routed by it; those that wait go on within seconds. Raises NothingToName where
    no open hold of the order asks for it, and what `lift_hold` raises.
    """
    method = shipping_words(method)[:40].strip()
    rows = order.holds.filter(type__code=HoldKind.UNKNOWN_SHIPPING, lifted_at=None)
    hold = rows.select_related("order__channel", "type").first()
    if hold is None or not method:
        raise NothingToName(number=order.number)

    words = hold.details["words"]
    ShippingAlias.objects.update_or_create(
        channel=order.channel,
        alias=words,
        defaults={"method": method, "remembered_by": by, "remembered_at": timezone.now()},
    )
    order = holds.lift_hold(hold, by=by, reason=f"It is {method}")
    events.record("order.shipping_remembered", order, by=by, words=words, method=method)
    return order


@transaction.atomic
def remember_prices(hold: Hold, *, by: str, reason: str) -> Order:
    """Let an order go on at prices that are not the lists', and know them as the channel's own.

    Each product of the order that the hold names has the price that it has here from now on; later
    orders that state it do not wait, and those that wait go on within seconds when all their prices
    are known. Raises NoPricesToRemember for a hold that names none, and what `lift_hold` raises.
    """
    order = holds.lift_hold(hold, by=by, reason=reason)
    lines = _off_list(hold)
    if not lines:
        raise NoPricesToRemember(number=order.number)

    now = timezone.now()
    for line in lines:
        KnownPrice.objects.update_or_create(
            channel=order.channel,
            product=line.product,
            defaults={"unit_price": line.unit_price, "remembered_by": by, "remembered_at": now},
        )
    products = sorted({line.product_id for line in lines if line.product_id})
    events.record("order.prices_remembered", order, by=by, products=products)
    return order


@transaction.atomic
def solve_waiting(event: Event) -> int:
    """Solve a channel's other waiting orders by what was just remembered; how many were.

    All are locked in key order first, then whose credit they use, then limits and levels of what
    they may get of stock. More than a hundred go on by further events; an order that was put right
    meanwhile is left alone. Called again, it finds nothing.
    """
    order = Order.objects.select_related("channel").get(pk=event.subject_id)
    if event.name == "order.sku_remembered":
        return _solve_skus(order.channel, event.facts["sku"])
    if event.name == "order.shipping_remembered":
        return _solve_shipping(order.channel, event.facts["words"], event.facts["method"])
    if event.name == "order.prices_remembered":
        return _solve_prices(order.channel, event.facts["products"])
    return _solve_countries(order.channel, event.facts["country"])


def understood(channel: Channel, drafts: Iterable[Draft]) -> None:
    """Put a code where orders that are being placed name their country in words.

    What the channel's words stand for is remembered; other names and spellings are the world's.
    """
    unclear = [draft for draft in drafts if _words(draft.placed)]
    if not unclear:
        return
    words = {word for draft in unclear for word in _words(draft.placed)}
    rows = CountryAlias.objects.filter(channel=channel, alias__in=words)
    known = dict(rows.values_list("alias", "country"))
    for draft in unclear:
        draft.placed = replace(
            draft.placed,
            shipping_address=_named(draft.placed.shipping_address, known),
            billing_address=_named(draft.placed.billing_address, known),
        )


def _words(placed: PlacedOrder) -> list[str]:
    """What stands for a country in the addresses of an order and is no code."""
    told = [
        address.get("country", "") for address in (placed.shipping_address, placed.billing_address)
    ]
    return [country_word(word) for word in told if word and not is_country(word)]


def _named(address: dict[str, str], known: Mapping[str, str]) -> dict[str, str]:
    told = address.get("country", "")
    if not told or is_country(told):
        return address
    return {**address, "country": known.get(country_word(told)) or country_code(told)}


def _solve_skus(channel: Channel, sku: str) -> int:
    alias = SkuAlias.objects.select_related("product").filter(channel=channel, alias=sku).first()
    if alias is None:
        return 0  # forgotten meanwhile
    waiting = list(waiting_for_sku(channel.pk, sku)[: AT_ONCE + 1])
    lock_credit_of(Order.objects.select_related("customer").lock(*waiting[:AT_ONCE]))
    limits.hold_stock(products_waited_for(waiting[:AT_ONCE]) | {alias.product_id})
    solved = 0
    for key in waiting[:AT_ONCE]:
        lines = OrderLine.objects.filter(order=key, sku=sku, product=None)
        line = lines.filter(order__status__in=pipeline.OPEN).first()
        if line is not None:
            order = corrections.solve_sku(line, by=BY, product=alias.product)
            solved += 1
    if len(waiting) > AT_ONCE and solved:
        events.record("order.sku_remembered", order, by=BY, sku=sku, product=alias.product_id)
    return solved


def _solve_shipping(channel: Channel, words: str, method: str) -> int:
    """Lift what stops orders that are shipped in these words, a few at a time."""
    found = waiting_for_shipping(channel.pk, words)
    solved = _lift({hold.order_id: hold.pk for hold in found[: AT_ONCE + 1]}, f"It is {method}")
    if len(solved) == AT_ONCE:
        events.record("order.shipping_remembered", solved[0], by=BY, words=words, method=method)
    return len(solved)


def _solve_prices(channel: Channel, products: Sequence[int]) -> int:
    """Lift what stops orders whose prices are all known now, a few orders at a time."""
    rows = KnownPrice.objects.filter(channel=channel)
    known = dict(rows.values_list("product_id", "unit_price"))
    found = {
        hold.order_id: hold.pk for hold in waiting_for_prices(channel.pk) if _all_known(hold, known)
    }
    solved = _lift(found, PRICES_KNOWN)
    if len(found) > AT_ONCE and solved:
        facts = {"products": list(products)}
        events.record("order.prices_remembered", solved[0], by=BY, **facts)
    return len(solved)


def _lift(found: Mapping[int, int], reason: str) -> list[Order]:
    """Lift holds by their orders, the first hundred in key order; those that are open still."""
    some = sorted(found)[:AT_ONCE]
    lock_credit_of(Order.objects.select_related("customer").lock(*some))
    limits.hold_stock(products_waited_for(some))
    open_now = Hold.objects.filter(pk__in=[found[key] for key in some], lifted_at=None)
    return [
        holds.lift_hold(hold, by=BY, reason=reason)
        for hold in open_now.select_related("order", "type").order_by("order")
        if hold.order.status in pipeline.OPEN
    ]


def _off_list(hold: Hold) -> list[OrderLine]:
    """The lines of the order whose prices a hold names; those of unknown products are none."""
    skus = {row["sku"] for row in hold.details.get("lines", ())}
    lines = hold.order.lines.filter(sku__in=skus, product__isnull=False)
    return list(lines.select_related("product").order_by("position"))


def _all_known(hold: Hold, known: Mapping[int, Decimal]) -> bool:
    lines = _off_list(hold)
    return bool(lines) and all(known.get(line.product_id or 0) == line.unit_price for line in lines)


def _solve_countries(channel: Channel, country: str) -> int:
    rows = CountryAlias.objects.filter(channel=channel, country=country)
    words = set(rows.values_list("alias", flat=True))
    found = _with_words(list(waiting_for_country(channel.pk)), words)
    locked = Order.objects.select_related("subject", "customer").lock(*found[:AT_ONCE])
    lock_credit_of(locked)
    limits.hold_stock(products_waited_for(found[:AT_ONCE]))
    solved = [order for order in locked if _names_country(order, words, country)]
    if len(found) > AT_ONCE and solved:
        events.record("order.country_remembered", solved[0], by=BY, country=country)
    return len(solved)


def _names_country(order: Order, words: set[str], country: str) -> bool:
    """Name the country of a locked order, unless somebody put it right, or it went on, meanwhile."""
    if order.status not in pipeline.OPEN or order.ship_country or not _with_words([order], words):
        return False
    try:
        corrections.name_country(order, by=BY, country=country)
    except (corrections.OrderEnded, corrections.AddressInUse):
        return False
    return True


def _with_words(orders: Sequence[Order], words: set[str]) -> list[int]:
    return [
        order.pk for order in orders if country_word(_address_of(order).get("country", "")) in words
    ]


def _address_of(order: Order) -> dict[str, str]:
    values = customers.unseal(order.subject, order.sealed, CONTEXT)
    return values.get("shipping_address") or {}
