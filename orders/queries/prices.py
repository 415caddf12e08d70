"""What a product costs a buyer now, and why: the lists that count, in turn, and what each says.

The lists of the buyer's company come first (the nearest company's before those above it), then
those of their group, then those of the channel, then those for everybody; lists for the same buyers
by rank. The first list that knows the product decides, by the highest quantity that is reached.
Without any the product's own list price counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q

from customers import queries as customers
from oms.money import plain
from orders.models import Channel, ListPrice, PriceList

if TYPE_CHECKING:
    from customers.models import Customer
    from inventory.models import Product

Breaks = list[tuple[int, Decimal]]  # from how many units, at which price


@dataclass(frozen=True, slots=True)
class Price:
    """A price and where it comes from; `unit_price` is None where nobody set one.

    `why` are sentences, each list that was asked and what it said, the deciding one last.
    """

    sku: str
    quantity: int
    unit_price: Decimal | None
    price_list: str = ""  # its code; empty for the product's own price
    from_quantity: int = 1
    why: tuple[str, ...] = ()


class PriceBook:
    """The lists that count for one buyer in one channel on one day, with prices of some products."""

    def __init__(
        self,
        channel: Channel,
        customer: "Customer | None",
        products: "Iterable[Product]",
        on: date,
    ) -> None:
        """Read lists and prices: two statements, and the buyer's company."""
        self.channel = channel
        self.lists = lists_for(channel, customer, on)
        self.passed = [each for each in self.lists if not _is_stated_alike(each, channel)]
        self.lists = [each for each in self.lists if _is_stated_alike(each, channel)]
        self.breaks = _breaks(self.lists, [product.pk for product in products])

    def price(self, product: "Product", quantity: int) -> Price:
        """What a unit costs when so many are bought."""
        why = [_passed_over(each, self.channel) for each in self.passed]
        for each in self.lists:
            breaks = self.breaks.get((each.pk, product.pk), [])
            reached = [row for row in breaks if row[0] <= quantity]
            if reached:
                start, amount = max(reached)
                why.append(self._words(each, start, amount, breaks))
                return Price(product.sku, quantity, amount, each.code, start, tuple(why))
            why.append(
                f"{each} begins at {min(breaks)[0]} units" if breaks else f"{each} has no price"
            )
        bare = product.unit_price
        own = "The product has no price of its own" if bare is None else "The product's own price"
        return Price(product.sku, quantity, bare, why=(*why, own))

    def _words(self, chosen: PriceList, start: int, amount: Decimal, breaks: Breaks) -> str:
        said = f"{chosen} ({_whose(chosen)}): {plain(amount, self.channel.currency)}"
        said += f" from {start} units" if start > 1 else ""
        later = [row for row in breaks if row[0] > start]
        if later:
            more, less = min(later)
            said += f"; {plain(less, self.channel.currency)} from {more} units"
        return said


def lists_for(channel: Channel, customer: "Customer | None", on: date) -> list[PriceList]:
    """The lists in force for a buyer, the one that decides first at the beginning."""
    root = customers.root_of(customer) if customer else None
    company = customers.company_of(root) if root else None
    companies = [each.pk for each in customers.line_of(company)]
    group = root.group if root else ""
    rows = PriceList.objects.filter(
        Q(channel=None) | Q(channel=channel),
        Q(company=None) | Q(company__in=companies),
        Q(group="") | Q(group__iexact=group),
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_to=None) | Q(valid_to__gte=on),
        is_active=True,
        currency__iexact=channel.currency,
    ).select_related("company", "channel")

    def turn(each: PriceList) -> tuple[int, int, int, int]:
        near = companies.index(each.company_id) if each.company_id else len(companies)
        return near, not each.group, each.channel_id is None, each.rank

    return sorted(rows, key=lambda each: (*turn(each), each.code))


def list_price(
    channel: Channel, customer: "Customer | None", product: "Product", quantity: int, on: date
) -> Price:
    """The price of one product; for several, read one `PriceBook`."""
    return PriceBook(channel, customer, [product], on).price(product, quantity)


def _breaks(lists: Sequence[PriceList], products: list[int]) -> dict[tuple[int, int], Breaks]:
    found: dict[tuple[int, int], Breaks] = {}
    if not lists or not products:
        return found
    rows = ListPrice.objects.filter(price_list__in=lists, product__in=products)
    for each, product, start, amount in rows.values_list(
        "price_list", "product", "from_quantity", "unit_price"
    ):
        found.setdefault((each, product), []).append((start, amount))
    return found


def _is_stated_alike(each: PriceList, channel: Channel) -> bool:
    """A price with tax says nothing of one without until it is known where the goods go."""
    return each.includes_tax == channel.price_includes_tax


def _passed_over(each: PriceList, channel: Channel) -> str:
    theirs = "with" if each.includes_tax else "without"
    ours = "with" if channel.price_includes_tax else "without"
    return f"{each} is passed over: its prices are {theirs} tax, {channel.name} sells {ours}"


def _whose(each: PriceList) -> str:
    if each.company:
        return f"for {each.company}"
    if each.group:
        return f"for {each.group}"
    return f"for {each.channel.name}" if each.channel else "for everybody"
