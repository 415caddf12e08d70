"""From a request and the rules in force to a plan: who may serve, what is best, what if not."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from inventory.enums import OnFailure
from inventory.queries.places import distance_km
from inventory.queries.sourcing import criteria
from inventory.queries.sourcing.asked import (
    Allotment,
    Decision,
    Demand,
    Plan,
    Request,
    Site,
    Supply,
)
from inventory.queries.sourcing.criteria import MONEY, Offer
from inventory.queries.sourcing.fencing import plan_for_taker
from inventory.queries.sourcing.passed_over import Chosen
from inventory.queries.sourcing.rules import BUILT_IN, Rule
from inventory.queries.sourcing.search import Answer, Problem, solve


def source(requests: Sequence[Request], supply: Supply) -> list[Plan]:
    """Plan requests in their order against one supply, by the rule set in force.

    A plan promises nothing; `reserve` does. What a plan leaves out is backordered. The supply, and the
    days' work, are drawn down, so that later requests see what is left.
    """
    return [plan_for_taker(request, supply, _plan) for request in requests]


@dataclass(slots=True)
class Items:
    """What is wanted, per product: units, and weight, worth and class of one."""

    products: list[int]
    wanted: list[int]
    weights: list[int]
    worth: list[int]
    classes: list[str]

    @classmethod
    def of(cls, demands: Iterable[Demand], supply: Supply) -> "Items":
        """Demands for the same product are one item."""
        wanted: dict[int, int] = defaultdict(int)
        value: dict[int, int] = defaultdict(int)
        for demand in demands:
            wanted[demand.product_id] += demand.quantity
            value[demand.product_id] += int(demand.unit_value * MONEY) * demand.quantity
        goods = [supply.goods.get(product, (0, "")) for product in wanted]
        return cls(
            list(wanted),
            list(wanted.values()),
            [weight for weight, _ in goods],
            [value[product] // count for product, count in wanted.items()],
            [goods_class for _, goods_class in goods],
        )


@dataclass(slots=True)
class Attempt:
    """What one rule makes of a request."""

    offers: list[Offer] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: Answer(0))
    removed: dict[int, str] = field(default_factory=dict)
    chosen: Chosen | None = None  # where there was anything to choose from

    def served(self) -> int:
        """Units that the plan serves."""
        return sum(self.answer.units.values())


def _plan(request: Request, supply: Supply) -> Plan:
    rules, items = supply.rules or BUILT_IN, Items.of(request.demands, supply)
    distances = _distances(request, items, supply)
    decision = Decision(rules.pk, distances={pk: _whole(km) for pk, km in distances.items()})
    facts: Mapping[str, Any] = {}
    if rules.pk is not None:
        facts = _facts(request, items)
    for rule in rules.rules:
        if not rule.matches(facts):
            continue
        attempt = _attempt(rule, request, items, supply, distances)
        complete = attempt.served() == sum(items.wanted)
        if not complete and (rule.on_failure == OnFailure.SPLIT or _settled(rule, request)):
            attempt = _attempt(_relaxed(rule), request, items, supply, distances)
            complete = attempt.served() == sum(items.wanted)
        if not complete and rule.on_failure == OnFailure.NEXT:
            decision.tries.append([rule.pk, "next", attempt.removed])
            continue
        return _conclude(rule, attempt, request, items, supply, decision, complete=complete)
    raise AssertionError  # the last rule of every set is the built-in one


def _conclude(
    rule: Rule,
    attempt: Attempt,
    request: Request,
    items: Items,
    supply: Supply,
    decision: Decision,
    *,
    complete: bool,
) -> Plan:
    decision.rule, decision.exact = rule.pk, attempt.answer.exact
    silent = complete or request.settled or rule.on_failure not in _ASKING
    asks = "" if silent else rule.on_failure
    if asks:
        decision.verdict, decision.figures = asks, {"missing": sum(items.wanted)}
        if attempt.chosen:
            decision.why = partial(attempt.chosen.held, without=attempt.removed)
        decision.tries.append([rule.pk, asks, attempt.removed])
        return Plan([], decision, asks_person=asks)
    partly = "partial" if attempt.served() else "none"
    decision.verdict = "complete" if complete else partly
    decision.tries.append([rule.pk, decision.verdict, attempt.removed])
    decision.figures = _figures(attempt, items)
    if attempt.chosen:
        decision.why = partial(attempt.chosen.reasons, without=attempt.removed)
    parts = list(_draw(request.demands, items, attempt, supply))
    return Plan(parts, decision, _slots(attempt, supply))


_ASKING = {OnFailure.HOLD, OnFailure.QUEUE}


def _settled(rule: Rule, request: Request) -> bool:
    return request.settled and rule.on_failure in _ASKING


def _relaxed(rule: Rule) -> Rule:
    """The rule without what forbids splitting."""
    return replace(rule, max_parcels=None, min_parcel_value=Decimal(0))


def _facts(request: Request, items: Items) -> dict[str, Any]:
    """What conditions may ask: the order's own facts and those of what it wants."""
    grams = sum(map(int.__mul__, items.weights, items.wanted))
    return {
        "country": request.destination.country.casefold(),
        "area": request.destination.area.casefold(),
        "destination": "address" if request.pickup is None else "pickup",
        "units": sum(items.wanted),
        "lines": len(request.demands),
        "weight_kg": Decimal(grams) / 1000,
        "classes": sorted({one for one in items.classes if one}),
        **request.facts,
    }


def _distances(request: Request, items: Items, supply: Supply) -> dict[int, float | None]:
    """Kilometres to every location that has any of what is wanted; what is collected goes nowhere."""
    candidates = {
        location
        for product in items.products
        for location, level in supply.levels.get(product, {}).items()
        if supply.available[level] > 0
    }
    if request.pickup is not None:
        return {location: 0 if location == request.pickup else None for location in candidates}
    sites = (supply.sites[location] for location in candidates)
    return {
        site.location_id: distance_km(request.destination, site.latitude, site.longitude)
        for site in sites
    }


def _whole(km: float | None) -> int | None:
    return None if km is None else round(km)


# --- One rule --------------------------------------------------------------------------------------


def _attempt(
    rule: Rule,
    request: Request,
    items: Items,
    supply: Supply,
    distances: Mapping[int, float | None],
) -> Attempt:
    attempt = Attempt(removed=dict.fromkeys(sorted(request.avoid), "avoided"))
    for location, km in distances.items():
        site = supply.sites[location]
        if reason := _removed(rule, request, site, km, supply):
            attempt.removed[location] = reason
            continue
        offer = _offer(rule, request, items, site, km, supply)
        if any(offer.stock):
            attempt.offers.append(offer)
        else:
            attempt.removed[location] = "kept"
    attempt.offers.sort(key=_rank)
    _solve(rule, items, attempt)
    return attempt


def _rank(offer: Offer) -> tuple[int, float, int]:
    """Among equals: priority, then distance."""
    km = math.inf if offer.km is None else offer.km
    return (offer.site.priority, km, offer.site.location_id)


def _removed(rule: Rule, request: Request, site: Site, km: float | None, supply: Supply) -> str:
    """Why the rule does not let this location serve the request, if it does not."""
    if site.location_id in request.avoid:
        return "avoided"
    if request.pickup is not None:
        return "" if site.location_id == request.pickup else "pickup"
    groups = site.service.groups or frozenset({f"kind:{site.kind}"})
    if (rule.groups and not rule.groups & groups) or rule.without & groups:
        return "group"
    if rule.max_km is not None and (km is None or km > rule.max_km):
        return "distance"
    if rule.min_accuracy is not None and site.service.accuracy < rule.min_accuracy:
        return "accuracy"
    return _not_in_time(rule, site, supply)


def _not_in_time(rule: Rule, site: Site, supply: Supply) -> str:
    day = supply.days.get(site.location_id)
    if day is None:
        return ""
    if rule.leaves_within is not None and day.in_days > rule.leaves_within:
        return "leaves"
    capacity = site.service.capacity
    if rule.minds_capacity and capacity is not None and day.orders >= capacity:
        return "capacity"
    return ""


def _offer(
    rule: Rule, request: Request, items: Items, site: Site, km: float | None, supply: Supply
) -> Offer:
    levels = [supply.levels.get(product, {}).get(site.location_id) for product in items.products]
    stock = [
        0 if level is None else max(supply.available[level] - rule.keeps_back, 0)
        for level in levels
    ]
    day, capacity = supply.days.get(site.location_id), site.service.capacity
    return Offer(
        site,
        km,
        days=day.in_days if day else 0,
        load=1_000 * day.orders // capacity if day and capacity else 0,
        stock=stock,
        ages=[supply.ages.get(level or 0, 0) for level in levels],
        same_country=site.country == request.destination.country,
        collected=request.pickup is not None,
    )


def _solve(rule: Rule, items: Items, attempt: Attempt) -> None:
    """The best parcels of all locations, or of the best single country."""
    if not attempt.offers:
        return
    countries: Sequence[frozenset[str]] = [frozenset(o.site.country for o in attempt.offers)]
    if rule.one_country:
        countries = [frozenset({one}) for one in sorted(countries[0])]
    parcels = list(_parcels(rule, items, attempt.offers))
    costs = criteria.costs(rule, [offer for offer, _ in parcels], items.wanted, items.weights)
    best = None
    for allowed in countries:
        within = [at for at, (offer, _) in enumerate(parcels) if offer.site.country in allowed]
        answer = solve(_problem(rule, items, parcels, costs, within))
        answer.units = {(within[at], item): n for (at, item), n in answer.units.items()}
        if best is None or answer.cost < best[0].cost:
            best = (answer, allowed)
    attempt.answer, allowed = best  # type: ignore[misc]  # there is at least one country
    for offer in attempt.offers:
        if offer.site.country not in allowed:
            attempt.removed[offer.site.location_id] = "country"
    attempt.offers = [offer for offer, _ in parcels]
    problem = _problem(rule, items, parcels, costs, range(len(parcels)))
    attempt.chosen = Chosen(rule, problem, attempt.answer, attempt.offers, items.weights)


def _parcels(
    rule: Rule, items: Items, offers: Sequence[Offer]
) -> Iterator[tuple[Offer, frozenset[str]]]:
    """A parcel per location, or one per set of classes that may travel together."""
    present = frozenset(items.classes)
    together = list(_together(rule, present))
    for offer in offers:
        for classes in together:
            yield offer, classes


def _together(rule: Rule, present: frozenset[str]) -> Iterator[frozenset[str]]:
    """The largest sets of classes without two that must stay apart."""
    foes = [frozenset(pair) for pair in rule.apart if frozenset(pair) <= present]
    sets = {present}
    for pair in foes:
        split = {one - {foe} for one in sets if pair <= one for foe in pair}
        sets = {one for one in sets if not pair <= one} | split
    yield from sorted((s for s in sets if not any(s < other for other in sets)), key=sorted)


def _problem(
    rule: Rule,
    items: Items,
    parcels: Sequence[tuple[Offer, frozenset[str]]],
    costs: criteria.Costs,
    chosen: Sequence[int],
) -> Problem:
    least = int(rule.min_parcel_value * MONEY)
    most = rule.max_parcels or len(chosen)
    if least:
        most = min(most, max(sum(map(int.__mul__, items.worth, items.wanted)) // least, 1))
    return Problem(
        wanted=items.wanted,
        stock=[_allowed(parcels[at], items) for at in chosen],
        unit=[costs.unit[at] for at in chosen],
        fixed=[costs.fixed[at] for at in chosen],
        place=[parcels[at][0].site.location_id for at in chosen],
        missing=costs.missing,
        most=most,
        worth=items.worth,
        least=least,
        step=costs.step,
        slack=costs.slack,
    )


def _allowed(parcel: tuple[Offer, frozenset[str]], items: Items) -> list[int]:
    offer, classes = parcel
    return [
        units if one in classes else 0
        for units, one in zip(offer.stock, items.classes, strict=True)
    ]


# --- What comes of it ------------------------------------------------------------------------------


def _figures(attempt: Attempt, items: Items) -> dict[str, Any]:
    """The plan in figures: parcels, kilometres, cost, CO2e, days until the last part leaves."""
    units, offers = attempt.answer.units, attempt.offers
    sums = dict.fromkeys(("shipping", "handling", "co2e"), 0)
    for name in sums:
        for at in attempt.answer.parcels:
            opening, each = criteria.amounts(name, offers[at], items.weights)
            sums[name] += opening
            sums[name] += (
                sum(each[item] * count for (parcel, item), count in units.items() if parcel == at)
                if each
                else 0
            )
    used = [offers[at] for at in attempt.answer.parcels]
    return {
        "parcels": len(used),
        "km": sum(round(offer.km) for offer in used if offer.km is not None),
        "shipping": sums["shipping"] / MONEY,
        "handling": sums["handling"] / MONEY,
        "co2e_g": sums["co2e"] // 1_000,
        "days": max((offer.days for offer in used), default=0),
        "units": sum(units.values()),
        "missing": sum(items.wanted) - sum(units.values()),
    }


def _slots(attempt: Attempt, supply: Supply) -> list[tuple[int, date]]:
    """The days' work that the plan gives to locations whose days are limited; drawn down."""
    sites = {attempt.offers[at].site for at in attempt.answer.parcels}
    limited = [site.location_id for site in sites if site.service.capacity is not None]
    for location in limited:
        supply.days[location].orders += 1
    return [(location, supply.days[location].leaves_on) for location in sorted(limited)]


def _draw(
    demands: Sequence[Demand], items: Items, attempt: Attempt, supply: Supply
) -> Iterator[Allotment]:
    """Give the planned units to the demands, in their order, best location first."""
    left: dict[int, list[list[int]]] = defaultdict(list)  # product -> [location, units]
    for (parcel, item), units in sorted(attempt.answer.units.items()):
        left[items.products[item]].append([attempt.offers[parcel].site.location_id, units])
    for demand in demands:
        missing = demand.quantity
        for pile in left[demand.product_id]:
            taken = min(missing, pile[1])
            if taken:
                pile[1] -= taken
                missing -= taken
                level = supply.levels[demand.product_id][pile[0]]
                supply.available[level] -= taken
                yield Allotment(demand.key, level, pile[0], taken)
