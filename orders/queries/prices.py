"""What a product costs a buyer now, and why: the lists that count, in turn, and what each says.

The lists of the buyer's company come first (the nearest company's before those above it), then
those of a segment that they are in, those of their group, then those of the channel, then those
for everybody; lists for the same buyers by rank. The first list that knows the product decides, by the highest quantity that is reached.
Without any the product's own list price counts.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from customers import queries as customers
from oms.money import plain
from orders.enums import HoldKind
from orders.models import Channel, Hold, ListPrice, PriceList

if TYPE_CHECKING:
    from customers.models import Company, Customer
    from inventory.models import Product

SHOWN = 5  # orders that are named
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
        self, channel: Channel, lists: Sequence[PriceList], breaks: dict[tuple[int, int], Breaks]
    ) -> None:
        """Of lists in the order in which they are asked."""
        self.channel = channel
        self.passed = [each for each in lists if not _is_stated_alike(each, channel)]
        self.lists = [each for each in lists if _is_stated_alike(each, channel)]
        self.breaks = breaks

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


class PriceBooks:
    """The lists of many buyers in one channel, with prices of some products."""

    def __init__(
        self,
        channel: Channel,
        lines: Iterable[Sequence["Company"]],
        product_ids: Collection[int],
        buyers: "Iterable[Customer]" = (),
    ) -> None:
        """Read lists and prices for buyers of these companies: two statements for any number.

        A third one, for the segments of the buyers, where there is a list for a segment.
        """
        self.channel = channel
        companies = {each.pk for line in lines for each in line}
        rows = PriceList.objects.filter(
            Q(channel=None) | Q(channel=channel),
            Q(company=None) | Q(company__in=companies),
            is_active=True,
            currency__iexact=channel.currency,
        )
        self.rows = list(rows.select_related("company", "channel", "segment"))
        self.breaks = _breaks(self.rows, product_ids)
        asked = any(each.segment_id for each in self.rows)
        self.segments = customers.segment_keys(buyers) if asked else {}

    def book(self, customer: "Customer | None", line: Sequence["Company"], on: date) -> PriceBook:
        """For a buyer of a company with those above it, on one day; no statement."""
        companies = [each.pk for each in line]
        group = customers.root_of(customer).group.casefold() if customer else ""

        theirs = self.segments.get(customer.pk, set()) if customer else set()

        def turn(each: PriceList) -> tuple[int, bool, bool, bool, int, str]:
            near = companies.index(each.company_id) if each.company_id else len(companies)
            near_enough = (near, each.segment_id is None, not each.group)
            return *near_enough, each.channel_id is None, each.rank, each.code

        lists = (
            each
            for each in self.rows
            if each.company_id in {None, *companies}
            and each.group.casefold() in {"", group}
            and each.segment_id in {None, *theirs}
            and (each.valid_from or on) <= on <= (each.valid_to or on)
        )
        return PriceBook(self.channel, sorted(lists, key=turn), self.breaks)


def price_book(
    channel: Channel, customer: "Customer | None", products: "Iterable[Product]", on: date
) -> PriceBook:
    """The lists of one buyer: two statements, and who buys for whom."""
    line = customers.buys_for([customer])[customer.pk].line if customer else ()
    keys, buyers = [product.pk for product in products], [customer] if customer else []
    books = PriceBooks(channel, [line], keys, buyers)
    return books.book(customer, line, on)


def list_price(
    channel: Channel, customer: "Customer | None", product: "Product", quantity: int, on: date
) -> Price:
    """The price of one product; for several, read one `price_book`."""
    return price_book(channel, customer, [product], on).price(product, quantity)


def _breaks(lists: Sequence[PriceList], products: Collection[int]) -> dict[tuple[int, int], Breaks]:
    found: dict[tuple[int, int], Breaks] = {}
    if not lists or not products:
        return found
    rows = ListPrice.objects.filter(price_list__in=lists, product__in=products)
    for each, product, start, amount in rows.values_list(
        "price_list", "product", "from_quantity", "unit_price"
    ):
        found.setdefault((each, product), []).append((start, amount))
    return found


def users_of(price_list: PriceList) -> list[str]:
    """Who needs a list, in words: buyers while it is in force, open holds that compare with it."""
    last = price_list.valid_to
    in_force = price_list.is_active and (last is None or last >= timezone.localdate())
    found = [f"it is in force {_whose(price_list)}"] if in_force else []
    rows = Hold.objects.filter(
        type__code=HoldKind.PRICE_MISMATCH, lifted_at=None, details__has_key="lines"
    ).order_by("pk")
    waiting = [
        number
        for number, details in rows.values_list("order__number", "details").iterator()
        if any(line.get("list") == price_list.code for line in details["lines"])
    ]
    if waiting:
        more = f" and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else ""
        found.append(f"a hold of {', '.join(waiting[:SHOWN])}{more} compares with it")
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
    if each.segment:
        return f"for the segment {each.segment}"
    if each.group:
        return f"for {each.group}"
    return f"for {each.channel.name}" if each.channel else "for everybody"
