"""No plan does what its rule says may not happen, whatever the network, the stock and the order."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.queries import Demand, Destination, Request, Supply, source
from inventory.queries.places import distance_km
from inventory.queries.sourcing import Rule, Rules, Service, Site
from inventory.queries.sourcing.asked import Day

LONDON = Destination("GB", "SW1Y")
TOWNS = [("GB", 51.5, -0.1), ("GB", 53.8, -1.5), ("DE", 52.5, 13.4), ("FR", 48.9, 2.3)]
PRODUCTS = [1, 2, 3]
TODAY = date(2026, 11, 26)
some = st.booleans

services = st.builds(
    Service,
    groups=st.frozensets(st.sampled_from(["kind:warehouse", "kind:store", "north"]), min_size=1),
    capacity=st.sampled_from([None, None, 1, 5]),
    accuracy=st.sampled_from([Decimal("0.5"), Decimal("0.9"), Decimal(1)]),
    shipping_base=st.sampled_from([Decimal(0), Decimal(5)]),
)
rules = st.builds(
    Rule,
    pk=st.just(5),
    groups=st.sampled_from([frozenset(), frozenset(), frozenset({"kind:warehouse"})]),
    without=st.sampled_from([frozenset(), frozenset(), frozenset({"north"})]),
    max_km=st.sampled_from([None, None, 300, 1_000]),
    leaves_within=st.sampled_from([None, None, 0, 1]),
    keeps_back=st.integers(0, 2),
    min_accuracy=st.sampled_from([None, None, Decimal("0.9")]),
    minds_capacity=some(),
    order=st.sampled_from([("parcels",), ("distance", "parcels"), ("cost",), ("balance",)]),
    max_parcels=st.sampled_from([None, None, 1, 2]),
    min_parcel_value=st.sampled_from([Decimal(0), Decimal(0), Decimal(15)]),
    one_country=some(),
    apart=st.sampled_from([(), (), (("food", "hazardous"),)]),
)


@st.composite
def networks(draw):
    """Up to six locations with stock, days and services."""
    made, level = Supply(goods={1: (500, "food"), 2: (500, "hazardous"), 3: (500, "")}), 0
    for pk in range(1, draw(st.integers(1, 6)) + 1):
        country, latitude, longitude = draw(st.sampled_from(TOWNS))
        site = Site(pk, 100, latitude, longitude, country, service=draw(services))
        ahead = draw(st.integers(0, 2))
        made.sites[pk] = site
        made.days[pk] = Day(TODAY + timedelta(days=ahead), ahead, draw(st.integers(0, 6)))
        for product in PRODUCTS:
            level += 1
            made.levels[product][pk] = level
            made.available[level] = draw(st.integers(0, 4))
    return made


wants = st.lists(
    st.tuples(st.sampled_from(PRODUCTS), st.integers(1, 4), st.sampled_from([1, 10])),
    min_size=1,
    max_size=3,
    unique_by=lambda want: want[0],
)


@settings(max_examples=400, deadline=None)
@given(networks(), rules, wants, st.frozensets(st.integers(1, 6), max_size=1))
def test_plan_never_does_what_the_rule_forbids(supply, rule, wanted, avoid):
    supply.rules = Rules(1, (rule, Rule()))
    before = dict(supply.available)
    orders = {pk: day.orders for pk, day in supply.days.items()}
    demands = tuple(
        Demand(key, product, units, Decimal(price))
        for key, (product, units, price) in enumerate(wanted)
    )

    plan = source([Request(LONDON, demands, avoid)], supply)[0]

    _keeps_to_stock(plan, demands, before, rule)
    for place in {part.location_id for part in plan.parts}:
        assert place not in avoid
        _may_serve(rule, supply.sites[place], supply.days[place].in_days, orders[place])
    _keeps_together(plan, demands, supply, rule)


@settings(max_examples=400, deadline=None)
@given(networks(), rules, wants)
def test_every_location_left_out_has_a_reason_and_every_figure_is_worse(supply, rule, wanted):
    supply.rules = Rules(1, (rule, Rule()))
    demands = tuple(
        Demand(key, product, units, Decimal(price))
        for key, (product, units, price) in enumerate(wanted)
    )

    decision = (plan := source([Request(LONDON, demands)], supply)[0]).decision

    used = {part.location_id for part in plan.parts}
    out = decision.tries[-1][2]
    assert used | decision.others.keys() | out.keys() == decision.distances.keys()
    assert not used & (decision.others.keys() | out.keys())
    assert not decision.others.keys() & out.keys()
    for held, *why in decision.others.values():
        assert 0 < held <= sum(demand.quantity for demand in demands)
        if why and why[0] not in {"tie", "limits"}:
            _, would, chosen = why
            assert would > chosen


def _keeps_to_stock(plan, demands, before, rule):
    """No more than is wanted, and no more than is there beyond what the rule keeps back."""
    per_level, per_demand = Counter(), Counter()
    for part in plan.parts:
        per_level[part.level_id] += part.quantity
        per_demand[part.key] += part.quantity
    assert all(units <= before[level] - rule.keeps_back for level, units in per_level.items())
    assert all(per_demand[demand.key] <= demand.quantity for demand in demands)


def _may_serve(rule, site, in_days, orders):
    service = site.service
    assert not rule.groups or rule.groups & service.groups
    assert not rule.without & service.groups
    km = distance_km(LONDON, site.latitude, site.longitude)
    assert rule.max_km is None or km <= rule.max_km
    assert rule.min_accuracy is None or service.accuracy >= rule.min_accuracy
    assert rule.leaves_within is None or in_days <= rule.leaves_within
    assert not rule.minds_capacity or service.capacity is None or orders < service.capacity


def _keeps_together(plan, demands, supply, rule):
    """What may not be split is not, what may not share a parcel does not."""
    if not plan.parts:
        return
    value, classes = defaultdict(Decimal), defaultdict(set)
    for part in plan.parts:
        demand = demands[part.key]
        value[part.location_id] += demand.unit_value * part.quantity
        classes[part.location_id].add(supply.goods[demand.product_id][1])
    parcels = plan.decision.figures["parcels"]
    needed = sum(
        2 if {"food", "hazardous"} <= one and rule.apart else 1 for one in classes.values()
    )
    assert parcels >= needed
    assert rule.max_parcels is None or parcels <= rule.max_parcels
    assert not rule.one_country or len({supply.sites[place].country for place in value}) == 1
    if parcels > 1 and parcels == len(value):
        assert all(worth >= rule.min_parcel_value for worth in value.values())
