"""Rules applied to small networks: who is removed and why, what is best, what if it fails."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from inventory.enums import OnFailure
from inventory.queries import Demand, Destination, Request, Supply, source
from inventory.queries.sourcing import Rule, Rules, Service, Site
from inventory.queries.sourcing.asked import Day
from inventory.queries.sourcing.days import day_of
from oms.conditions import leaf

LONDON = Destination("GB", "SW1Y")
GB, DE = (51.5, -0.1), (52.5, 13.4)
MUG, CUP = 7, 8


def site(pk, place=GB, country="GB", kind="warehouse", priority=100, **service):
    groups = frozenset({f"kind:{kind}", *service.pop("groups", ())})
    return Site(pk, priority, *place, country, kind, service=Service(groups=groups, **service))


def supply(sites, stock, *rules, goods=None):
    made = Supply(rules=Rules(1, (*rules, Rule())), goods=goods or {})
    level = 0
    for place in sites:
        made.sites[place.location_id] = place
        made.days[place.location_id] = Day(date(2026, 11, 26), 0)
        for product, units in stock.get(place.location_id, {}).items():
            level += 1
            made.levels[product][place.location_id] = level
            made.available[level] = units
    return made


def plan(made, *wants, price=10, **more):
    demands = tuple(
        Demand(key, product, units, Decimal(price)) for key, (product, units) in enumerate(wants)
    )
    return source([Request(LONDON, demands, **more)], made)[0]


def served(found):
    return sorted((part.key, part.location_id, part.quantity) for part in found.parts)


def test_no_rule_matches_built_in_rule_decides():
    from inventory.queries.sourcing.vocabulary import NAMED
    from oms.conditions import compiled

    rule = Rule(5, matches=compiled(leaf("tags", "has_any", ["vip"]), NAMED), max_km=1)
    made = supply([site(1)], {1: {MUG: 5}}, rule)

    found = plan(made, (MUG, 2), facts={"tags": []})

    assert served(found) == [(0, 1, 2)]
    assert (found.decision.rule, found.decision.verdict) == (0, "complete")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (Rule(5, groups=frozenset({"kind:warehouse"})), "group"),
        (Rule(5, without=frozenset({"shops"})), "group"),
        (Rule(5, max_km=100), "distance"),
        (Rule(5, min_accuracy=Decimal("0.95")), "accuracy"),
        (Rule(5, leaves_within=0), "leaves"),
        (Rule(5), "capacity"),
        (Rule(5, minds_capacity=False, keeps_back=9), "kept"),
    ],
)
def test_filter_removes_location_and_says_why(rule, reason):
    shop = site(2, DE, "DE", "store", groups=["shops"], accuracy=Decimal("0.9"), capacity=3)
    made = supply([site(1), shop], {1: {MUG: 19}, 2: {MUG: 9}}, rule)
    made.days[2] = Day(date(2026, 11, 27), 1, orders=3)

    found = plan(made, (MUG, 2))

    assert served(found) == [(0, 1, 2)]
    assert found.decision.tries[0][2] == {2: reason}


def test_leaves_within_keeps_who_leaves_in_time():
    made = supply([site(1)], {1: {MUG: 9}}, Rule(5, leaves_within=1))
    made.days[1] = Day(date(2026, 11, 27), 1)

    assert served(plan(made, (MUG, 2))) == [(0, 1, 2)]


def test_ranking_by_price_weighs_parcels_against_distance():
    near, far = site(1), site(2, DE, "DE")
    stock = {1: {MUG: 1}, 2: {MUG: 1, CUP: 1}}
    dear_km = Rule(5, prices=(("parcels", Decimal(1)), ("distance", Decimal("0.01"))))
    by_parcels = Rule(6, order=("parcels", "distance"))

    assert served(plan(supply([near, far], stock, dear_km), (MUG, 1), (CUP, 1))) == [
        (0, 2, 1),
        (1, 2, 1),
    ]
    assert served(plan(supply([near, far], stock, by_parcels), (MUG, 1))) == [(0, 1, 1)]


def test_ranking_by_cost_takes_the_cheaper_though_farther():
    near = site(1, shipping_base=Decimal(9), handling_per_unit=Decimal(1))
    far = site(2, DE, "DE", shipping_base=Decimal(3), shipping_per_100km=Decimal("0.10"))
    made = supply([near, far], {1: {MUG: 5}, 2: {MUG: 5}}, Rule(5, order=("cost", "parcels")))

    found = plan(made, (MUG, 2))

    assert served(found) == [(0, 2, 2)]
    assert found.decision.figures["shipping"] == pytest.approx(3.93, abs=0.1)


def test_greenest_takes_the_shorter_way_for_weight():
    made = supply(
        [site(1), site(2, DE, "DE", priority=1)],
        {1: {MUG: 5}, 2: {MUG: 5}},
        Rule(5, order=("co2e", "parcels")),
        goods={MUG: (10_000, "")},
    )

    assert served(plan(made, (MUG, 1))) == [(0, 1, 1)]


def test_balance_takes_from_the_fuller_shelf():
    made = supply(
        [site(1), site(2)], {1: {MUG: 5}, 2: {MUG: 50}}, Rule(5, order=("balance", "parcels"))
    )

    assert served(plan(made, (MUG, 1))) == [(0, 2, 1)]


def test_one_country_serves_the_best_country_alone():
    rule = Rule(5, one_country=True, order=("parcels",))
    made = supply([site(1), site(2, DE, "DE"), site(3)], {1: {MUG: 1}, 2: {CUP: 1}, 3: {}}, rule)

    found = plan(made, (MUG, 1), (CUP, 1))

    assert served(found) == [(0, 1, 1)]
    assert found.decision.verdict == "partial"
    assert found.decision.tries[0][2] == {2: "country"}


def test_apart_hazard_and_food_are_two_parcels_from_one_place():
    rule = Rule(5, apart=(("hazardous", "food"),), order=("parcels",))
    made = supply(
        [site(1)], {1: {MUG: 5, CUP: 5}}, rule, goods={MUG: (1, "food"), CUP: (1, "hazardous")}
    )

    found = plan(made, (MUG, 1), (CUP, 1))

    assert served(found) == [(0, 1, 1), (1, 1, 1)]
    assert found.decision.figures["parcels"] == 2


def test_min_parcel_value_forbids_the_small_second_parcel():
    rule = Rule(5, min_parcel_value=Decimal(30), order=("parcels",))
    made = supply([site(1), site(2)], {1: {MUG: 5}, 2: {CUP: 1}}, rule)

    found = plan(made, (MUG, 5), (CUP, 1))

    assert served(found) == [(0, 1, 5)]
    assert found.decision.figures["missing"] == 1


def test_min_parcel_value_moves_units_to_fill_the_second_parcel():
    """Three mugs could come from the first; two of them go with the cup, which makes it worth it."""
    rule = Rule(5, min_parcel_value=Decimal(30), order=("parcels", "priority"))
    made = supply([site(1, priority=1), site(2)], {1: {MUG: 9}, 2: {MUG: 9, CUP: 1}}, rule)

    assert served(plan(made, (MUG, 6), (CUP, 1))) == [(0, 2, 6), (1, 2, 1)]
    made = supply([site(1, priority=1), site(2)], {1: {MUG: 5}, 2: {MUG: 4, CUP: 1}}, rule)
    assert served(plan(made, (MUG, 6), (CUP, 1))) == [(0, 1, 4), (0, 2, 2), (1, 2, 1)]


FAILS = {1: {MUG: 1}, 2: {MUG: 1}}


@pytest.mark.parametrize(
    ("action", "units", "verdict", "asks"),
    [
        (OnFailure.BACKORDER, [(0, 1, 1)], "partial", ""),
        (OnFailure.SPLIT, [(0, 1, 1), (0, 2, 1)], "complete", ""),
        (OnFailure.NEXT, [(0, 1, 1), (0, 2, 1)], "complete", ""),
        (OnFailure.HOLD, [], "hold", "hold"),
        (OnFailure.QUEUE, [], "queue", "queue"),
    ],
)
def test_failure_does_what_the_rule_says(action, units, verdict, asks):
    made = supply([site(1), site(2)], FAILS, Rule(5, max_parcels=1, on_failure=action))

    found = plan(made, (MUG, 2))

    assert (served(found), found.decision.verdict, found.asks_person) == (units, verdict, asks)


def test_failure_once_let_go_by_a_person_serves_what_it_can():
    rule = Rule(5, max_parcels=1, on_failure=OnFailure.HOLD)

    found = plan(supply([site(1), site(2)], FAILS, rule), (MUG, 2), settled=True)

    assert (len(found.parts), found.asks_person) == (2, "")


def test_pickup_is_served_by_its_store_alone():
    made = supply([site(1, priority=1), site(2, kind="store")], {1: {MUG: 5}, 2: {MUG: 1}})

    found = plan(made, (MUG, 2), pickup=2)

    assert served(found) == [(0, 2, 1)]
    assert found.decision.tries[0][2] == {1: "pickup"}


def test_batch_fills_the_day_and_then_goes_elsewhere():
    made = supply([site(1, priority=1, capacity=2), site(2)], {1: {MUG: 9}, 2: {MUG: 9}}, Rule(5))

    places = [plan(made, (MUG, 1)).parts[0].location_id for _ in range(3)]

    assert places == [1, 1, 2]


BERLIN = {"time_zone": "Europe/Berlin", "cutoff": time(15)}


@pytest.mark.parametrize(
    ("now", "service", "leaves"),
    [
        (datetime(2026, 11, 26, 13, 59, tzinfo=UTC), {}, date(2026, 11, 26)),
        (datetime(2026, 11, 26, 14, 1, tzinfo=UTC), {}, date(2026, 11, 27)),
        (datetime(2026, 11, 27, 14, 1, tzinfo=UTC), {"weekdays": "12345"}, date(2026, 11, 30)),
        (
            datetime(2026, 12, 24, 15, 0, tzinfo=UTC),
            {"holidays": frozenset({date(2026, 12, 25), date(2026, 12, 26)})},
            date(2026, 12, 27),
        ),
        (
            datetime(2026, 11, 27, 10, 0, tzinfo=UTC),
            {"lead_days": 1, "weekdays": "12345"},
            date(2026, 11, 30),
        ),
    ],
)
def test_day_of_knows_cutoff_weekends_holidays_and_lead_time(now, service, leaves):
    place = Site(1, 100, None, None, "DE", "store", **BERLIN, service=Service(**service))

    assert day_of(place, now).leaves_on == leaves
