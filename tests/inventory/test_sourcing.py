from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.queries import Demand, Destination, Request, Supply, source
from inventory.queries.places import distance_km
from inventory.queries.sourcing import Site
from tests import factories as world

LONDON = Destination("GB", "SW1Y")
BERLIN = Destination("DE", "101")


def supply(stock, sites=None):
    """{location: {product: units}} as a supply; level ids are made up."""
    made, level = Supply(), 0
    for location, products in stock.items():
        made.sites[location] = (sites or {}).get(location, Site(location, 100, None, None))
        for product, units in products.items():
            level += 1
            made.levels[product][location] = level
            made.available[level] = units
    return made


def plan(demands, made, destination=LONDON, avoid=()):
    wanted = tuple(Demand(key, product, units) for key, (product, units) in enumerate(demands))
    parts = source([Request(destination, wanted, frozenset(avoid))], made)[0].parts
    return sorted((part.key, part.location_id, part.quantity) for part in parts)


def test_source_one_location_has_all_uses_it_alone():
    made = supply({1: {7: 5}, 2: {7: 9, 8: 9}})

    assert plan([(7, 3), (8, 2)], made) == [(0, 2, 3), (1, 2, 2)]


def test_source_no_location_has_all_uses_the_fewest():
    made = supply({1: {7: 5}, 2: {8: 5}, 3: {7: 5, 8: 1}, 4: {8: 4, 9: 5}})

    assert plan([(7, 5), (8, 5), (9, 5)], made) == [
        (0, 3, 5),
        (1, 3, 1),
        (1, 4, 4),
        (2, 4, 5),
    ]


def test_source_shortage_takes_what_there_is():
    made = supply({1: {7: 2}, 2: {7: 1}})

    assert plan([(7, 5)], made) == [(0, 1, 2), (0, 2, 1)]


def test_source_tie_goes_to_priority_before_distance():
    sites = {1: Site(1, 100, 51.5, -0.1), 2: Site(2, 10, 52.5, 13.4)}
    made = supply({1: {7: 5}, 2: {7: 5}}, sites)

    assert plan([(7, 1)], made, LONDON) == [(0, 2, 1)]


def test_source_equal_priority_goes_to_the_nearer():
    sites = {1: Site(1, 100, 51.5, -0.1), 2: Site(2, 100, 52.5, 13.4)}

    assert plan([(7, 1)], supply({1: {7: 5}, 2: {7: 5}}, sites), LONDON) == [(0, 1, 1)]
    assert plan([(7, 1)], supply({1: {7: 5}, 2: {7: 5}}, sites), BERLIN) == [(0, 2, 1)]


def test_source_avoided_location_gets_nothing():
    assert plan([(7, 3)], supply({1: {7: 5}, 2: {7: 2}}), avoid=[1]) == [(0, 2, 2)]


def test_source_batch_draws_one_supply():
    made = supply({1: {7: 5}})
    wants = [Request(LONDON, (Demand(0, 7, 3),)), Request(LONDON, (Demand(0, 7, 3),))]

    parts = source(wants, made)

    assert [[part.quantity for part in row.parts] for row in parts] == [[3], [2]]


stocks = st.dictionaries(
    st.integers(1, 6),
    st.dictionaries(st.integers(1, 3), st.integers(0, 6), max_size=3),
    max_size=6,
)
wishes = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 8)), min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(stocks, wishes)
def test_source_any_stock_is_complete_and_minimal(stock, demands):
    stock = {
        place: {product: units for product, units in at.items() if units}
        for place, at in stock.items()
    }
    wanted = {}
    for product, units in demands:
        wanted[product] = wanted.get(product, 0) + units
    target = {
        product: min(units, sum(at.get(product, 0) for at in stock.values()))
        for product, units in wanted.items()
    }

    parts = plan(demands, supply(stock))

    served = {}
    for key, _, units in parts:
        served[demands[key][0]] = served.get(demands[key][0], 0) + units
    assert served == {product: units for product, units in target.items() if units}
    assert len({place for _, place, _ in parts}) == fewest(stock, target)


def fewest(stock, target):
    """Brute force: the size of the smallest set of locations that serves the target."""
    for size in range(len(stock) + 1):
        for chosen in combinations(stock.values(), size):
            if all(sum(at.get(p, 0) for at in chosen) >= units for p, units in target.items()):
                return size
    raise AssertionError


def test_distance_known_places_is_plausible():
    assert distance_km(BERLIN, 51.5, -0.1) == pytest.approx(930, abs=60)
    assert distance_km(Destination("ZZ", ""), 51.5, -0.1) is None


@pytest.mark.django_db
def test_supply_of_inactive_location_is_left_out(django_assert_num_queries):
    from inventory.queries import supply_of

    open_, closed = world.warehouse("LON"), world.warehouse("OLD")
    mug = world.stocked("MUG", open_, 5)
    world.stocked("MUG", closed, 7)
    closed.is_active = False
    closed.save()

    with django_assert_num_queries(1):
        made = supply_of([mug.pk])

    assert list(made.available.values()) == [5]
