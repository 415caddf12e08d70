"""Validation of new orders: gathers for a whole batch what the rules look at, and places holds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.db.models import QuerySet

from customers import queries as customers
from oms.prepared import prepared
from orders.enums import HoldKind, OrderStatus, PaymentMethod
from orders.models import Channel, Hold, KnownPrice, Order, OrderLine
from orders.operations import businesses, hold_rows
from orders.operations.drafts import Draft
from orders.operations.pipeline import Work
from orders.operations.rules.at_placing import apply_rules, marks_of
from orders.queries.exposure import exposures_of
from orders.queries.prices import Price, PriceBooks
from orders.queries.terms import business_of
from orders.queries.totals import totals_of
from orders.queries.validation import (
    Candidate,
    Finding,
    buyer_limit,
    credit_limit,
    findings,
    review_limit,
)

Basket = tuple[tuple[str, int], ...]  # SKU and units of every line, in order


def place_holds(channel: Channel, drafts: Sequence[Draft], *, by: str) -> None:
    """Add up each draft and give it a hold for everything that speaks against it."""
    twins, books = _twins(channel, drafts), businesses.Books.of(drafts)
    lists = _lists(channel, drafts)
    known = _known_prices(channel, drafts) if lists else {}
    marks = marks_of(channel, drafts)
    for draft in drafts:
        totals = totals_of(draft.order, draft.lines, draft.charges)
        order = draft.order
        order.goods_total, order.charges_total = totals.goods, totals.charges
        order.tax_total, order.total = totals.tax, totals.total
        off_list = _off_list(lists, draft, known) if lists else ()
        candidate = _candidate(draft, twins, books, off_list)
        found = findings(candidate)
        _keep_books(draft, candidate, {finding.kind for finding in found}, books)
        draft.holds += [
            Hold(
                type_id=finding.kind,
                reason=finding.reason[:300],
                details=finding.details,
                placed_by=by,
                placed_at=order.created_at,
            )
            for finding in found
        ]
        apply_rules(draft, marks)


def recheck(work: Work) -> list[Hold]:
    """Give a changed order that its caller has locked the holds that its new total asks for.

    What somebody lifted once is not held again for the same figures.
    """
    order, buyer = work.order, work.order.customer
    total = totals_of(order, work.lines, order.charges.all()).total
    if buyer is None or total <= order.total:
        return []
    row = business_of(order)
    on_account = order.payments.filter(method=PaymentMethod.ON_ACCOUNT).exists()
    grown = total - order.total
    accounts = customers.credit_accounts(buyer) if on_account else []
    candidate = Candidate(
        channel=order.channel,
        address={},
        email="",
        shipping="",
        unknown_skus=(),
        total=total,
        stated_total=None,
        twin="",
        on_account=on_account,
        exposures=tuple(
            each.more(grown - total)
            for each in exposures_of(accounts, order.currency, waiting=order.pk)
        ),
        business=row,
        spending=businesses.spending_without(order, row),
    )
    rules = (credit_limit, buyer_limit, review_limit)
    found = [each for rule in rules if (each := rule(candidate))]
    return [_hold(work, each) for each in found if not _known(order, each)]


def _known(order: Order, finding: Finding) -> bool:
    """Whether such a hold is open, or was lifted when the figures were the same."""
    same = order.holds.filter(type__code=finding.kind)
    return any(row.lifted_at is None or row.details == finding.details for row in same)


def _hold(work: Work, finding: Finding) -> Hold:
    hold = Hold(type_id=finding.kind, reason=finding.reason[:300], details=finding.details)
    return hold_rows.begin(work, hold)


def _candidate(
    draft: Draft,
    twins: dict[int, str],
    books: businesses.Books,
    off_list: tuple[tuple[str, Decimal, Price], ...],
) -> Candidate:
    order, row = draft.order, draft.business
    on_account = businesses.is_on_account(draft)
    return Candidate(
        channel=order.channel,
        address=draft.placed.shipping_address,
        email=draft.placed.customer.email,
        shipping=draft.unnamed,
        unknown_skus=tuple(
            dict.fromkeys(line.sku for line in draft.lines if line.product_id is None)
        ),
        total=order.total,
        stated_total=draft.placed.total,
        twin=twins.get(id(draft), ""),
        on_account=on_account,
        exposures=books.standing(draft),
        business=row,
        number_needed=businesses.needs_number(draft.buys_for),
        repeats=books.repeats(draft),
        spending=books.limits(draft),
        tax_id=draft.placed.customer.tax_id,
        off_list=off_list,
    )


def _lists(channel: Channel, drafts: Sequence[Draft]) -> PriceBooks | None:
    """The price lists of the batch, where the channel compares prices with them."""
    if not channel.checks_prices:
        return None
    return PriceBooks(
        channel,
        (draft.buys_for.line for draft in drafts),
        {line.product.pk for draft in drafts for line in draft.lines if line.product},
        [draft.order.customer for draft in drafts if draft.order.customer],
    )


def _known_prices(channel: Channel, drafts: Sequence[Draft]) -> dict[int, Decimal]:
    """What people accepted as this channel's own price, by product id."""
    products = {line.product_id for draft in drafts for line in draft.lines if line.product_id}
    rows = KnownPrice.objects.filter(channel=channel, product__in=products)
    return dict(rows.values_list("product_id", "unit_price"))


def _off_list(
    lists: PriceBooks, draft: Draft, known: Mapping[int, Decimal]
) -> tuple[tuple[str, Decimal, Price], ...]:
    """Lines at another price than the lists of the day it was placed, and not known for that.

    Unlisted products pass.
    """
    order = draft.order
    book = lists.book(order.customer, draft.buys_for.line, order.placed_at.date())
    units: dict[int, int] = defaultdict(int)
    for line in draft.lines:
        units[line.product_id or 0] += line.quantity
    found = []
    for line in draft.lines:
        if line.product is None or known.get(line.product.pk) == line.unit_price:
            continue
        listed = book.price(line.product, units[line.product.pk])
        if listed.unit_price is not None and listed.unit_price != line.unit_price:
            found.append((line.sku, line.unit_price, listed))
    return tuple(found)


def _keep_books(
    draft: Draft, candidate: Candidate, kinds: set[str], books: businesses.Books
) -> None:
    """Let later orders of the batch see what this one uses up, and tag a number used before."""
    order = draft.order
    if HoldKind.CREDIT_LIMIT not in kinds:
        books.owe(draft)
    if HoldKind.APPROVAL not in kinds:
        books.spend(draft)
    if candidate.repeats and businesses.REPEATED not in order.tags:
        order.tags = [*order.tags, businesses.REPEATED]


def _basket(lines: Iterable[OrderLine]) -> Basket:
    return tuple(sorted((line.sku, line.quantity) for line in lines))


def _twins(channel: Channel, drafts: Sequence[Draft]) -> dict[int, str]:
    """Numbers of recent orders with the same buyer and basket, by draft.

    A replacement has no twin: it is the same basket once more on purpose.
    """
    if not channel.duplicate_window_minutes:
        return {}
    window = timedelta(minutes=channel.duplicate_window_minutes)
    seen: dict[tuple, list[tuple[datetime, str]]] = defaultdict(list)
    for buyer, at, number, basket in _recent_baskets(drafts, window):
        seen[buyer, basket].append((at, number))
    twins = {}
    for draft in _with_buyer(drafts):
        order, key = draft.order, (draft.order.customer.pk, _basket(draft.lines))
        near = [number for at, number in seen[key] if abs(order.placed_at - at) <= window]
        if near and not draft.placed.replaces:
            twins[id(draft)] = near[0]
        seen[key].append((order.placed_at, order.number))
    return twins


def _with_buyer(drafts: Sequence[Draft]) -> list[Draft]:
    """All but those being put together of which it is not yet known who buys."""
    return [draft for draft in drafts if draft.order.customer is not None]


def _recent_baskets(
    drafts: Sequence[Draft], window: timedelta
) -> Iterator[tuple[int, datetime, str, Basket]]:
    """Buyer, time, number and basket of the orders that these buyers placed around then."""
    orders = [draft.order for draft in _with_buyer(drafts)]
    known = [order for order in orders if order.customer.created_at < order.created_at]
    if not known:
        return
    rows = _lines_of(
        buyers=sorted({order.customer.pk for order in known}),
        first=min(order.placed_at for order in known) - window,
        last=max(order.placed_at for order in known) + window,
    )
    for (_, *order), lines in groupby(rows, key=itemgetter(0, 1, 2, 3)):
        buyer, at, number = order
        yield buyer, at, number, tuple(sorted((sku, quantity) for *_, sku, quantity in lines))


@prepared
def _lines_of(buyers: list[int], first: datetime, last: datetime) -> QuerySet[OrderLine, tuple]:
    rows = OrderLine.objects.filter(
        order__customer__any=buyers, order__placed_at__gte=first, order__placed_at__lte=last
    )
    rows = rows.exclude(order__status=OrderStatus.CANCELLED).order_by("order", "position")
    return rows.values_list(
        "order", "order__customer", "order__placed_at", "order__number", "sku", "quantity"
    )
