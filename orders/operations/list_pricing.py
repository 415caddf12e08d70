"""Drafts by the price lists: what they say of its lines, and taking it over."""

from collections.abc import Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from orders.models import DraftOrder, OrderLine
from orders.operations import composing
from orders.operations.working_out import content_of, work_out
from orders.queries.prices import Price, price_book


def priced(document: DraftOrder, lines: Sequence[OrderLine]) -> list[Price | None]:
    """The list price of each worked out line today, with why; none for an unknown SKU.

    Units of all lines of a product count together for its quantity breaks.
    """
    known = {line.product.pk: line.product for line in lines if line.product}
    book = price_book(document.channel, document.customer, known.values(), timezone.localdate())
    units: dict[int, int] = {}
    for line in lines:
        if line.product_id:
            units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return [
        book.price(line.product, units[line.product.pk]) if line.product else None for line in lines
    ]


@transaction.atomic
def price_by_lists(document: DraftOrder, *, by: str) -> DraftOrder:
    """Give every line of a draft the price of the lists today; lines they do not know keep theirs.

    Ends a quote like every change, unless nothing changes. Raises what `revise` raises.
    """
    content = content_of(document)
    worked = work_out(document, content, by=by)
    listed = priced(document, worked.lines)
    lines = tuple(
        replace(line, unit_price=price.unit_price, tax_amount=None)
        if price and price.unit_price not in {None, line.unit_price}
        else line
        for line, price in zip(content.lines, listed, strict=True)
    )
    return composing.revise(document, replace(content, lines=lines), by=by)
