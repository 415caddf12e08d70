"""What is on its way: each document says the whole of what it still brings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from inventory.models import ExpectedSupply


@dataclass(frozen=True, slots=True)
class Expected:
    """Units of a product that will arrive at a location on a day."""

    product_id: int
    location_id: int
    quantity: int
    due_on: date


@transaction.atomic
def expect(kind: str, reference: str, rows: Iterable[Expected]) -> None:
    """State all that a document still brings, in place of what it said before; nothing ends it.

    The caller holds the document's lock and records its own event. Rows of one product, place and
    day are added up; rows of nothing are left out.
    """
    totals: dict[tuple[int, int, date], int] = defaultdict(int)
    for row in rows:
        totals[row.product_id, row.location_id, row.due_on] += row.quantity

    ExpectedSupply.objects.filter(kind=kind, reference=reference).delete()
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
