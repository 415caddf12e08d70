"""What is on its way to a place, of all documents together."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Sum

from inventory.enums import SupplyKind
from inventory.models import ExpectedSupply

Place = tuple[int, int]  # product id, location id


def coming(places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
    """Units in transit (transfers) and incoming (purchase orders, returns) by place; one statement."""
    wanted = set(places)
    rows = ExpectedSupply.objects.filter(
        product__in={product for product, _ in wanted},
        location__in={location for _, location in wanted},
    )
    found: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
    sums = (
        rows.order_by().values_list("product_id", "location_id", "kind").annotate(Sum("quantity"))
    )
    for product, location, kind, units in sums:
        found[product, location][kind != SupplyKind.TRANSFER] += units
    return {place: (units[0], units[1]) for place, units in found.items() if place in wanted}
