"""What is on its way: each document says the whole of what it still brings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from inventory.models import ExpectedSupply, Product
from oms import events


@dataclass(frozen=True, slots=True)
class Expected:
    """Units of a product that will arrive at a location on a day."""

    product_id: int
    location_id: int
    quantity: int
    due_on: date


@transaction.atomic
def expect(kind: str, reference: str, rows: Iterable[Expected], *, by: str = "system") -> None:
    """State all that a document still brings, in place of what it said before; nothing ends it.

    The caller holds the document's lock and records its own event. Rows of one product, place and
    day are added up; rows of nothing are left out. Records `product.supply_changed` for every
    product of which the document now says something else, so that promises are looked at again.
    """
    totals: dict[tuple[int, int, date], int] = defaultdict(int)
    for row in rows:
        totals[row.product_id, row.location_id, row.due_on] += row.quantity

    said = ExpectedSupply.objects.filter(kind=kind, reference=reference)
    before = {
        (product, location, due_on): quantity
        for product, location, due_on, quantity in said.values_list(
            "product_id", "location_id", "due_on", "quantity"
        )
    }
    said.delete()
    ExpectedSupply.objects.bulk_create(
        ExpectedSupply(
            kind=kind,
            reference=reference,
            product_id=product,
            location_id=location,
            quantity=quantity,
            due_on=due_on,
        )
        for (product, location, due_on), quantity in sorted(totals.items())
        if quantity > 0
    )
    now = {key: quantity for key, quantity in totals.items() if quantity > 0}
    changed = {key[0] for key in before.keys() | now if before.get(key) != now.get(key)}
    _tell(changed, kind, reference, by=by)


@transaction.atomic
def look_again(product_ids: Iterable[int], *, by: str) -> None:
    """Tell once more that supply of these products changed, for promises not yet looked at."""
    _tell(set(product_ids), "", "", by=by)


def _tell(product_ids: set[int], kind: str, reference: str, *, by: str) -> None:
    """Record the change on each product, whose row is locked to keep its events in order."""
    if not product_ids:
        return
    events.record_all(
        [
            events.Fact("product.supply_changed", product, {"kind": kind, "reference": reference})
            for product in Product.objects.lock(*product_ids)
        ],
        by=by,
    )
