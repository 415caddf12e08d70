"""What a buyer may have instead of what they send back: its price, and the units there are.

Offered are the product itself and the active products of its family, as far as the channel can sell
them now. A variant costs what was paid and the difference of today's prices for this buyer, so that
whoever paid less keeps that.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import timezone

from inventory import queries as stock
from oms.money import ZERO
from orders.queries.prices import PriceBook, price_book
from orders.queries.totals import value_of

if TYPE_CHECKING:
    from inventory.models import Product
    from orders.models import Order, OrderLine

FEW = 10  # units; beyond, nobody needs the figure


@dataclass(frozen=True, slots=True)
class Offer:
    """A product in place of a line's: units that can be had now, and its price.

    `unit_price` is none where nothing is due or owed; `difference` is of one unit, in the order's
    currency and price basis, and negative where it costs less.
    """

    sku: str
    name: str
    units: int
    unit_price: Decimal | None
    difference: Decimal

    @property
    def few(self) -> bool:
        """Whether there are so few that it is said how many."""
        return self.units <= FEW


def offers(order: "Order", lines: Iterable["OrderLine"]) -> dict[int, list[Offer]]:
    """What can be had instead, by line id; lines want their product selected.

    A fixed number of statements, however many lines there are.
    """
    lines = [line for line in lines if line.product is not None]
    families = stock.families_of(line.product for line in lines)  # type: ignore[misc]  # filtered
    products = {row.pk: row for rows in families.values() for row in rows}
    if not products:
        return {}
    left: dict[str, int] = defaultdict(int)
    for row in stock.availability(
        [row.sku for row in products.values()], channel=order.channel.code
    ):
        left[row.sku] += max(row.available, 0)
    book = price_book(order.channel, order.customer, products.values(), timezone.localdate())
    return {
        line.pk: [
            _offer(order, line, product, left[product.sku], book)
            for product in families[line.product_id]  # type: ignore[index]  # it has a product
            if left[product.sku] > 0 and _is_known(line, product, book)
        ]
        for line in lines
    }


def difference_of(order: "Order", line: "OrderLine", offer: Offer, units: int) -> Decimal:
    """What the buyer pays on top for so many units of an offer; negative: gets back."""
    if offer.unit_price is None:
        return ZERO
    return offer.unit_price * units - _paid(order, line, units)


def _paid(order: "Order", line: "OrderLine", units: int) -> Decimal:
    """What these units are credited with, in the price basis of the order."""
    gross, tax = value_of(line, units, order.currency)
    return gross if order.price_includes_tax else gross - tax


def _is_known(line: "OrderLine", product: "Product", book: PriceBook) -> bool:
    """Whether today's prices of both are known; the same product needs none."""
    if product.pk == line.product_id:
        return True
    prices = (book.price(product, 1), book.price(line.product, 1))  # type: ignore[arg-type]
    return all(price.unit_price is not None for price in prices)


def _offer(
    order: "Order", line: "OrderLine", product: "Product", units: int, book: PriceBook
) -> Offer:
    difference = ZERO
    if product.pk != line.product_id:
        new, old = book.price(product, 1), book.price(line.product, 1)  # type: ignore[arg-type]
        difference = (new.unit_price or ZERO) - (old.unit_price or ZERO)
    if not difference:
        return Offer(product.sku, product.name, units, None, ZERO)
    paid = _paid(order, line, 1)
    price = max(paid + difference, ZERO)
    return Offer(product.sku, product.name, units, price, price - paid)
