"""Sourcing: which location serves which demand.

One location if any can serve the whole order, else the fewest locations that together serve all
that can be served; ties go to the lower priority number, then to the nearer location. What nobody
has is left out of the plan: the line is backordered. A plan promises nothing; `reserve` does.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from django.db.models import F, QuerySet

from inventory.models import StockLevel
from inventory.queries.places import Destination, distance_km
from oms.prepared import prepared

EXACT_LOCATIONS = 12  # beyond this many candidates the search adds the most useful one at a time


@dataclass(frozen=True, slots=True)
class Demand:
    """Units of a product that something, named by `key`, wants."""

    key: int
    product_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Request:
    """What one order wants, where it goes, and which locations may not serve it."""

    destination: Destination
    demands: tuple[Demand, ...]
    avoid: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Allotment:
    """Units of a stock level that a plan gives to a demand."""

    key: int
    level_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Site:
    """A location as far as ranking needs it."""

    location_id: int
    priority: int
    latitude: float | None
    longitude: float | None


@dataclass(slots=True)
class Supply:
    """Available units per product and location, drawn down as a batch is planned."""

    levels: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    available: dict[int, int] = field(default_factory=dict)  # by level id
    sites: dict[int, Site] = field(default_factory=dict)


def supply_of(product_ids: Iterable[int], *, locked: bool = False) -> Supply:
    """What active locations can promise of these products, in one statement.

    `locked` holds the levels, in key order, until the transaction ends: for the second attempt
    after somebody else was faster.
    """
    wanted = sorted(set(product_ids))
    rows = list(_levels(wanted).select_for_update(of=("self",))) if locked else _seen(wanted=wanted)
    supply = Supply()
    for level_id, product_id, available, *site in rows:
        place = Site(*site)
        supply.sites[place.location_id] = place
        if available > 0:
            supply.levels[product_id][place.location_id] = level_id
            supply.available[level_id] = available
    return supply


def _levels(wanted: list[int]) -> QuerySet[StockLevel, tuple]:
    rows = StockLevel.objects.filter(product_id__any=wanted, location__is_active=True)
    return rows.order_by("pk").values_list(
        "pk",
        "product_id",
        F("on_hand") - F("reserved") - F("safety_stock"),
        "location_id",
        "location__priority",
        "location__latitude",
        "location__longitude",
    )


_seen = prepared(_levels)


def source(requests: Sequence[Request], supply: Supply) -> list[list[Allotment]]:
    """Plan requests in their order against one supply; one list of allotments per request."""
    return [_plan(request, supply) for request in requests]


def _plan(request: Request, supply: Supply) -> list[Allotment]:
    wanted: dict[int, int] = defaultdict(int)
    for demand in request.demands:
        wanted[demand.product_id] += demand.quantity
    stock = {site: _stock_at(site, wanted, supply) for site in _ranked(request, wanted, supply)}
    target = {
        product: min(quantity, sum(at.get(product, 0) for at in stock.values()))
        for product, quantity in wanted.items()
    }
    return _draw(request.demands, _fewest(target, stock), supply)


def _ranked(request: Request, wanted: dict[int, int], supply: Supply) -> list[int]:
    """Candidate locations, best first."""
    candidates = {
        location
        for product in wanted
        for location, level in supply.levels.get(product, {}).items()
        if supply.available[level] > 0 and location not in request.avoid
    }

    def rank(location: int) -> tuple[int, float, int]:
        site = supply.sites[location]
        distance = distance_km(request.destination, site.latitude, site.longitude)
        return (site.priority, math.inf if distance is None else distance, location)

    return sorted(candidates, key=rank)


def _stock_at(location: int, wanted: dict[int, int], supply: Supply) -> dict[int, int]:
    return {
        product: supply.available[supply.levels[product][location]]
        for product in wanted
        if location in supply.levels.get(product, {})
    }


def _fewest(target: dict[int, int], stock: dict[int, dict[int, int]]) -> tuple[int, ...]:
    """The first, by rank, of the smallest sets of locations that reach the target."""
    ranked = list(stock)
    if len(ranked) > EXACT_LOCATIONS:
        ranked = _narrowed(target, stock)
    for size in range(1, len(ranked) + 1):
        for chosen in combinations(ranked, size):
            if _reaches(target, [stock[location] for location in chosen]):
                return chosen
    return ()


def _reaches(target: dict[int, int], stocks: list[dict[int, int]]) -> bool:
    return all(
        sum(at.get(product, 0) for at in stocks) >= quantity for product, quantity in target.items()
    )


def _narrowed(target: dict[int, int], stock: dict[int, dict[int, int]]) -> list[int]:
    """A set that reaches the target, made by always adding the location that helps most.

    Searched exactly afterwards. Keeps planning fast with hundreds of stores at the price that the
    set is not proven to be the smallest; a single location that serves all is always found.
    """
    missing, chosen = dict(target), []
    while any(missing.values()):
        best = max(
            (location for location in stock if location not in chosen),
            key=lambda location: sum(
                min(quantity, stock[location].get(product, 0))
                for product, quantity in missing.items()
            ),
        )
        chosen.append(best)
        missing = {
            product: max(quantity - stock[best].get(product, 0), 0)
            for product, quantity in missing.items()
        }
    ranked = list(stock)
    return sorted(chosen, key=ranked.index)


def _draw(demands: Sequence[Demand], chosen: Sequence[int], supply: Supply) -> list[Allotment]:
    drawn = []
    for demand in demands:
        drawn += _draw_one(demand, chosen, supply)
    return drawn


def _draw_one(demand: Demand, chosen: Sequence[int], supply: Supply) -> Iterator[Allotment]:
    missing = demand.quantity
    for location in chosen:
        level = supply.levels.get(demand.product_id, {}).get(location)
        if level is None or not missing:
            continue
        quantity = min(missing, supply.available[level])
        if quantity > 0:
            supply.available[level] -= quantity
            missing -= quantity
            yield Allotment(demand.key, level, location, quantity)
