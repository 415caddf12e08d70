"""What replenishment looks at: positions, offers, policies, for a set of products."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.db.models import F, Q, Sum

from inventory.models import (
    ExpectedSupply,
    Location,
    Product,
    ReplenishmentPolicy,
    StockLevel,
    SupplierProduct,
)
from inventory.queries.demand import Demand, demand_of
from inventory.queries.leadtimes import LeadTime, lead_times
from inventory.queries.replenishment import Position

Pair = tuple[int, int]  # product id, location id
ORDERED = ("placed", "confirmed")  # orders whose lines still want stock
UNKNOWN_LEAD = LeadTime(14.0, 0.0, 0, "assumed")  # no supplier is known


@dataclass(slots=True)
class Scene:
    """Everything that is known of some products, by product and location id."""

    positions: dict[Pair, Position] = field(default_factory=dict)
    demand: dict[Pair, Demand] = field(default_factory=dict)
    offers: dict[int, SupplierProduct] = field(default_factory=dict)
    leads: dict[int, LeadTime] = field(default_factory=dict)  # of the offer
    policies: list[ReplenishmentPolicy] = field(default_factory=list)
    places: dict[int, Location] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)

    def policy(self, pair: Pair) -> ReplenishmentPolicy:
        """The most special policy that fits: product and place, product, place, everybody's."""
        product, location = pair
        fitting = [
            row
            for row in self.policies
            if row.product_id in {product, None} and row.location_id in {location, None}
        ]
        rank = lambda row: (row.product_id is not None, row.location_id is not None)  # noqa: E731
        return max(fitting, key=rank, default=ReplenishmentPolicy())


def scene(product_ids: Iterable[int]) -> Scene:
    """Look at these products at all active locations, in a fixed number of statements."""
    ids = set(product_ids)
    found = Scene(
        places={row.pk: row for row in Location.objects.filter(is_active=True)},
        products=Product.objects.in_bulk(ids),
    )
    found.policies = list(ReplenishmentPolicy.objects.filter(Q(product__in=ids) | Q(product=None)))
    found.positions = _positions(ids, set(found.places))
    found.demand = demand_of(found.positions)
    _add_waiting(found, ids)
    found.offers = _offers(ids)
    learnt = lead_times((offer.supplier_id, pk) for pk, offer in found.offers.items())
    found.leads = {pk: learnt[offer.supplier_id, pk] for pk, offer in found.offers.items()}
    return found


def _positions(ids: set[int], places: set[int]) -> dict[Pair, Position]:
    levels = StockLevel.objects.filter(product__in=ids, location__in=places)
    rows = levels.values_list("product_id", "location_id", "on_hand", "reserved")
    found = {(p, place): Position(on_hand, held) for p, place, on_hand, held in rows}
    coming = (
        ExpectedSupply.objects.filter(product__in=ids, location__in=places)
        .order_by()
        .values_list("product_id", "location_id")
        .annotate(units=Sum("quantity"))
    )
    for product, place, units in coming:
        before = found.get((product, place), Position())
        found[product, place] = replace(before, incoming=units)
    return found


def _add_waiting(found: Scene, ids: set[int]) -> None:
    """What customers wait for counts where the product sells most."""
    rows = (
        Product.objects.filter(
            pk__in=ids,
            order_lines__order__status__in=ORDERED,
            order_lines__quantity__gt=F("order_lines__cancelled") + F("order_lines__allocated"),
        )
        .order_by()
        .values_list("pk")
        .annotate(
            units=Sum(
                F("order_lines__quantity")
                - F("order_lines__cancelled")
                - F("order_lines__allocated")
            )
        )
    )
    places: dict[int, list[Pair]] = defaultdict(list)
    for pair in found.positions:
        places[pair[0]].append(pair)
    for product, units in rows:
        if own := places.get(product):
            pair = max(own, key=lambda one: (_rate(found, one), -found.places[one[1]].priority))
            found.positions[pair] = replace(found.positions[pair], waiting=units)


def _rate(found: Scene, pair: Pair) -> float:
    return found.demand[pair].mean if pair in found.demand else 0.0


def _offers(ids: set[int]) -> dict[int, SupplierProduct]:
    """The preferred offer of each product, else the cheapest of an active supplier."""
    rows = SupplierProduct.objects.filter(product__in=ids, supplier__is_active=True)
    found: dict[int, SupplierProduct] = {}
    for offer in rows.select_related("supplier").order_by("product", "-is_preferred", "price"):
        found.setdefault(offer.product_id, offer)
    return found
