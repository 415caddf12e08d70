"""Routing rules from draft to decision: kept, explained, simulated, counted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from inventory import operations, queries
from inventory.admin.routing.service import said_days
from inventory.enums import OnFailure, RuleSetState
from inventory.models import (
    Holiday,
    HolidayCalendar,
    LocationDay,
    LocationService,
    RoutingRule,
    RoutingRuleSet,
    SourcingDecision,
)
from inventory.queries.decisions import explained
from oms.conditions import BadCondition, leaf
from oms.models import AppendOnlyError, Event, User
from orders import operations as orders
from orders.models import Hold
from tests import factories as world

pytestmark = pytest.mark.django_db
EVERY = {"all": []}
BERLIN = {"country": "DE", "latitude": 52.5, "longitude": 13.4}


def rule(**values):
    return {"name": "Rule", "conditions": EVERY, "ranking": {"order": ["parcels"]}, **values}


def in_force(*rules):
    drafted = operations.draft_rules("Ours", by=world.BY, rules=rules)
    return operations.activate_rules(drafted, by=world.BY)


@pytest.fixture
def network():
    """London and Berlin; only Berlin has pots."""
    london, berlin = world.warehouse("LON"), world.warehouse("BER", **BERLIN)
    world.stocked("MUG", london, 50)
    world.stocked("MUG", berlin, 50)
    world.stocked("POT", berlin, 5)
    return london, berlin


@pytest.fixture
def shop():
    return world.shop(duplicate_window_minutes=0)


def places(order):
    rows = queries.open_reservations(line.pk for line in order.lines.all())
    return sorted({row.level.location.code for row in rows})


def test_place_without_rules_keeps_a_decision_of_the_built_in_rule(network, shop):
    order = world.place(shop, ("MUG", 2))

    row = SourcingDecision.objects.get()
    assert (row.order, row.rule_set, row.rule, row.verdict) == (order, None, 0, "complete")
    told = explained(order.pk)[0]
    assert told.sentence == "Everything is served: 2 from LON."
    assert [(c.location, c.units, c.reason) for c in told.candidates] == [
        ("LON", 2, ""),
        ("BER", 0, "+929 km"),
    ]


def test_rules_in_force_decide_from_the_next_order_on(network, shop):
    before = world.place(shop, ("MUG", 1))
    in_force(
        rule(name="VIP", conditions=leaf("tags", "has_any", ["vip"]), max_km=1),
        rule(name="Far", max_km=5_000, without=["kind:store"], ranking={"order": ["accuracy"]}),
    )
    LocationService.objects.create(location=network[0], accuracy=Decimal("0.5"))
    operations.network_changed()

    after = world.place(shop, ("MUG", 1))

    assert (places(before), places(after)) == (["LON"], ["BER"])
    assert explained(after.pk)[0].rule == "Far"


def test_rule_that_fails_asks_a_person_and_once_let_go_serves_what_it_can(network, shop):
    in_force(rule(name="Whole", max_parcels=1, on_failure=OnFailure.QUEUE))

    order = world.place(shop, ("MUG", 60))

    hold = Hold.objects.get()
    assert (hold.kind, order.lines.get().allocated) == ("routing", 0)
    orders.lift_hold(hold, by=world.BY, reason="Send two parcels")
    assert order.lines.get().allocated == 60
    assert SourcingDecision.objects.count() == 2


def test_activate_retires_the_version_in_force(network):
    first, second = in_force(rule()), in_force(rule(max_km=5))

    first.refresh_from_db()
    assert (first.state, second.state) == (RuleSetState.RETIRED, RuleSetState.ACTIVE)
    named = Event.objects.filter(name__startswith="routing.").values_list("name", "actor")
    assert ("routing.retired", world.BY) in list(named)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoutingRuleSet.objects.filter(pk=first.pk).update(state=RuleSetState.ACTIVE)


def test_activate_without_rules_is_refused():
    empty = operations.draft_rules("Empty", by=world.BY)

    with pytest.raises(operations.NoRules):
        operations.activate_rules(empty, by=world.BY)

    assert not RoutingRuleSet.objects.filter(state=RuleSetState.ACTIVE).exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda rules: operations.save_rule(rules, rule(name="New"), by=world.BY),
        lambda rules: operations.order_rules(rules, [], by=world.BY),
    ],
)
def test_version_that_was_in_force_never_changes(act):
    rules = in_force(rule())

    with pytest.raises(operations.RulesInForce):
        act(rules)

    assert [row.name for row in rules.rules.all()] == ["Rule"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"conditions": leaf("moon", "eq", "full")}, BadCondition),
        ({"ranking": {"order": ["beauty"]}}, operations.BadRule),
        ({"ranking": {}}, operations.BadRule),
    ],
)
def test_save_rule_that_means_nothing_is_refused(values, error):
    drafted = operations.draft_rules("Draft", by=world.BY)

    with pytest.raises(error):
        operations.save_rule(drafted, rule(**values), by=world.BY)

    assert not RoutingRule.objects.exists()


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"ranking": {"order": ["km"]}}, operations.BadRule),
        ({"ranking": {}}, operations.BadRule),
        ({"conditions": {"field": "nonsense", "op": "is", "value": 1}}, BadCondition),
    ],
)
def test_draft_of_rules_that_mean_nothing_is_refused(values, error):
    with pytest.raises(error):
        operations.draft_rules("Draft", by=world.BY, rules=[rule(), rule(**values)])

    assert not RoutingRuleSet.objects.exists()


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("12345", "Mon–Fri"),
        ("1234567", "every day"),
        ("67", "Sat, Sun"),
        ("1236", "Mon–Wed, Sat"),
    ],
)
def test_working_days_are_said_in_words(days, said):
    assert said_days(days) == said


def test_list_of_calendars_says_which_day_is_next_and_who_keeps_them(admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    calendar = HolidayCalendar.objects.create(name="England")
    for ahead in (-3, 4, 9):
        day = timezone.localdate() + timedelta(days=ahead)
        Holiday.objects.create(calendar=calendar, day=day, name=f"Day {ahead}")
    LocationService.objects.create(location=world.warehouse("YORK"), calendar=calendar)

    page = admin_client.get(reverse("admin:inventory_holidaycalendar_changelist")).content.decode()

    assert "Day 4" in page
    assert "Day 9" not in page
    assert "YORK" in page
    services = reverse("admin:inventory_locationservice_changelist")
    assert "every day" in admin_client.get(services).content.decode()


def test_order_rules_moves_and_removes():
    drafted = operations.draft_rules(
        "Draft", by=world.BY, rules=[rule(name="A"), rule(name="B"), rule(name="C")]
    )
    a, _, c = drafted.rules.order_by("position")

    operations.order_rules(drafted, [c.pk, a.pk], by=world.BY)

    names = drafted.rules.order_by("position").values_list("name", "position")
    assert list(names) == [("C", 1), ("A", 2)]


@pytest.mark.parametrize("key", ["nearest", "cheapest", "parcels", "stores_last", "greenest"])
def test_template_routes_an_order(network, shop, key):
    operations.activate_rules(operations.draft_from_template(key, by=world.BY), by=world.BY)

    order = world.place(shop, ("MUG", 1), ("POT", 1))

    assert {line.allocated for line in order.lines.all()} == {1}
    assert SourcingDecision.objects.get().verdict == "complete"


def test_day_takes_no_more_orders_than_its_capacity(network, shop):
    LocationService.objects.create(location=network[0], capacity=2)
    in_force(rule())

    taken = [places(world.place(shop, ("MUG", 1))) for _ in range(3)]

    assert taken == [["LON"], ["LON"], ["BER"]]
    assert LocationDay.objects.get().orders == 2
    with pytest.raises(operations.StockTaken):
        operations.take_slots([(network[0].pk, LocationDay.objects.get().day)])
    assert LocationDay.objects.get().orders == 2


def test_record_missed_lowers_accuracy_and_rules_see_it(network, shop):
    in_force(rule(min_accuracy=Decimal("0.9")))
    operations.record_found(network[0].pk, 40)

    score = operations.record_missed(network[0].pk, 30)

    assert score == Decimal("0.7500")
    assert places(world.place(shop, ("MUG", 1))) == ["BER"]


def test_a_miss_among_many_units_shows(network, ben, client):
    operations.record_found(network[0].pk, 219_849)

    score = operations.record_missed(network[0].pk, 8)

    assert score == Decimal("0.999964")
    page = client.get(reverse("admin:inventory_locationservice_changelist")).content.decode()
    assert "99.996 %" in page


def test_accuracy_rises_again_when_misses_are_older_than_the_window(network):
    operations.record_found(network[0].pk, 40)
    operations.record_missed(network[0].pk, 30)
    assert operations.refresh_accuracy() == 0

    LocationDay.objects.update(day=timezone.now().date() - timedelta(days=91))

    assert operations.refresh_accuracy() == 1
    service = LocationService.objects.get(location=network[0])
    assert service.accuracy == 1
    reasons = service.history.values_list("history_change_reason", flat=True)
    assert list(reasons) == ["consumer:look_into_misses: Units were not found"]


def test_working_days_are_ticked(network, ben, client):
    service = LocationService.objects.create(location=network[0])
    url = reverse("admin:inventory_locationservice_change", args=[service.pk])
    form = client.get(url).context["adminform"].form
    ticked = form["weekdays"].value()
    sent = {name: form[name].value() for name in form.fields} | {"weekdays": ["5", "1"]}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False}

    assert client.post(url, sent).status_code == 302
    nothing = client.post(url, {**sent, "weekdays": []})

    service.refresh_from_db()
    assert (ticked, service.weekdays) == (list("1234567"), "15")
    assert "A location works at least one day a week." in nothing.content.decode()


def test_page_of_a_location_says_how_it_serves_and_leads_there(network, admin_client):
    calendar = HolidayCalendar.objects.create(name="England and Wales")
    service = LocationService.objects.create(
        location=network[0], weekdays="12345", capacity=40, offers_pickup=True, calendar=calendar
    )

    stated, not_stated = (
        admin_client.get(reverse("admin:inventory_location_change", args=[place.pk]))
        for place in network
    )

    told = stated.content.decode()
    assert "Mon–Fri, but for England and Wales, 40 orders a day, buyers may collect." in told
    assert reverse("admin:inventory_locationservice_change", args=[service.pk]) in told
    add = reverse("admin:inventory_locationservice_add")
    assert f"{add}?location={network[1].pk}" in not_stated.content.decode()


def test_decision_is_never_changed(network, shop):
    world.place(shop, ("MUG", 1))
    row = SourcingDecision.objects.get()

    with pytest.raises(AppendOnlyError):
        row.save()


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user
