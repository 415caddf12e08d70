"""Why a location that could have served does not: the figure that lost, stored with the decision."""

from decimal import Decimal

import pytest

from inventory.enums import OnFailure
from inventory.queries import Demand, Destination, Request, source
from inventory.queries.decisions import explained_plan
from inventory.queries.sourcing import Rule
from inventory.queries.sourcing.passed_over import Chosen
from tests.factories import warehouse
from tests.inventory.sourcing.test_planning import CUP, DE, GB, MUG, plan, served, site, supply

LEEDS = (53.8, -1.5)
HEAVY = {MUG: (2_000, "")}


def rule(*order, **more):
    return Rule(5, order=order, **more)


@pytest.mark.parametrize(
    ("one", "other", "stock", "ranking", "why"),
    [
        ({}, {}, {1: {MUG: 2, CUP: 1}, 2: {CUP: 5}}, rule("parcels"), [1, "parcels", 2, 1]),
        ({}, {"priority": 200}, {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}}, rule("parcels"),
         [3, "priority", 200, 100]),
        ({}, {"place": LEEDS}, {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}}, rule("parcels"),
         [3, "distance", 271, 2]),
        ({}, {"place": LEEDS}, {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}}, rule("distance"),
         [3, "distance", 271, 2]),
        ({"shipping_base": Decimal(2)}, {"shipping_base": Decimal("5.20")},
         {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}}, rule("cost", "parcels"), [3, "cost", 5.2, 2]),
        ({}, {}, {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}}, rule("parcels"), [3, "tie", 0, 0]),
        ({}, {}, {1: {MUG: 2, CUP: 1}, 2: {MUG: 1}}, rule("parcels", max_parcels=1),
         [1, "missing", 2, 0]),
        ({}, {}, {1: {MUG: 2, CUP: 1}, 2: {CUP: 1}},
         rule("parcels", min_parcel_value=Decimal(15)), [1, "missing", 2, 0]),
        ({"handling_per_parcel": Decimal(1)}, {"handling_per_parcel": Decimal(3)},
         {1: {MUG: 2, CUP: 1}, 2: {MUG: 2, CUP: 1}},
         Rule(5, prices=(("parcels", Decimal(2)), ("handling", Decimal(1)))), [3, "price", 5, 3]),
    ],
)  # fmt: skip
def test_location_left_out_lost_by_a_figure(one, other, stock, ranking, why):
    made = supply([site(1, **one), site(2, **other)], stock, ranking)

    found = plan(made, (MUG, 2), (CUP, 1))

    assert {location for _, location, _ in served(found)} == {1}
    assert found.decision.others == {2: why}


def test_third_location_is_weighed_against_the_two_that_serve():
    stock = {1: {MUG: 2}, 2: {CUP: 1}, 3: {CUP: 1}}
    made = supply([site(1), site(2), site(3, place=LEEDS)], stock, rule("parcels", "distance"))

    found = plan(made, (MUG, 2), (CUP, 1))

    assert found.decision.others == {3: [1, "distance", 273, 4]}


def test_nothing_planned_says_only_what_each_has():
    made = supply([site(1)], {1: {MUG: 1}}, rule("parcels", on_failure=OnFailure.HOLD))

    found = plan(made, (MUG, 2))

    decision = found.decision
    assert (decision.verdict, decision.others, decision.figures) == (
        "hold",
        {1: [1]},
        {"missing": 2},
    )


def test_nearest_twenty_of_those_left_out_are_told():
    sites = [site(pk, place=(51 + pk / 10, -0.1)) for pk in range(1, 31)]
    made = supply(sites, {pk: {MUG: 2} for pk in range(1, 31)}, rule("parcels"))

    found = plan(made, (MUG, 2))

    order = sorted(found.decision.distances, key=found.decision.distances.get)
    assert list(found.decision.others) == order[1:21]


def test_reasons_are_worked_out_only_when_they_are_read(monkeypatch):
    read = []
    weigh = Chosen.reasons
    monkeypatch.setattr(Chosen, "reasons", lambda *a, **k: read.append(a) or weigh(*a, **k))
    made = supply([site(1), site(2)], {1: {MUG: 2}, 2: {MUG: 2}}, rule("parcels"))

    found = plan(made, (MUG, 2))

    assert not read
    made.available.clear()
    assert found.decision.others == {2: [2, "tie", 0, 0]}
    assert len(read) == 1


def test_avoided_location_says_so_though_it_is_empty():
    made = supply([site(1), site(2)], {2: {MUG: 2}}, rule("parcels"))

    found = plan(made, (MUG, 2), avoid=frozenset({1}))

    assert found.decision.tries == [[5, "complete", {1: "avoided"}]]


def test_what_is_collected_travels_nowhere_and_costs_no_shipping():
    counter = site(2, shipping_base=Decimal(3), shipping_per_kg=Decimal(1))
    made = supply([site(1), counter], {1: {MUG: 2}, 2: {MUG: 2}}, rule("cost"), goods=HEAVY)

    found = plan(made, (MUG, 2), pickup=2)

    figures = found.decision.figures
    assert [figures[name] for name in ("parcels", "km", "shipping", "co2e_g")] == [1, 0, 0, 0]
    assert found.decision.distances == {1: None, 2: 0}


@pytest.mark.parametrize(
    ("wants", "second", "told"),
    [
        ((2, 1), {CUP: 5}, "has 1 of 3 units; 2 parcels instead of 1"),
        ((2, 1), {MUG: 5, CUP: 5}, "+929 km"),
        ((2, 0), {MUG: 1}, "has 1 of 2 units; 2 parcels instead of 1"),
    ],
)
@pytest.mark.django_db
def test_reason_is_told_in_words(wants, second, told):
    near, far = warehouse("LON"), warehouse("BER", country="DE")
    stock = {near.pk: {MUG: 5, CUP: 5}, far.pk: second}
    made = supply([site(near.pk, GB), site(far.pk, DE, "DE")], stock, rule("parcels", "distance"))
    demands = [
        Demand(at, sku, n) for at, (sku, n) in enumerate(zip((MUG, CUP), wants, strict=True)) if n
    ]

    made_plan = source([Request(Destination("GB", "SW1Y"), tuple(demands))], made)[0]
    told_of = {row.location: row.reason for row in explained_plan(made_plan).candidates}

    assert told_of == {"LON": "", "BER": told}
