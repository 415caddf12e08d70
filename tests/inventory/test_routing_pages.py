"""The pages of routing rules: versions in words, one rule as a form, who may write them."""

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations
from inventory.models import RoutingRule, RoutingSimulation
from oms.conditions import leaf
from oms.models import User
from tests import factories as world

pytestmark = pytest.mark.django_db
EVERY = {"all": []}
BERLIN = {"country": "DE", "latitude": 52.5, "longitude": 13.4}


def rule(**values):
    return {"name": "Rule", "conditions": EVERY, "ranking": {"order": ["parcels"]}, **values}


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


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="secret", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def test_pages_of_rules_answer_in_words(network, shop, ben, client):
    order = world.place(shop, ("MUG", 2))
    drafted = operations.draft_from_template("stores_last", by=world.BY)
    page = reverse("admin:inventory_routingruleset_change", args=[drafted.pk])

    shown = client.get(page, {"try": order.number}).content.decode()

    assert "from warehouses and third parties, where the day is not full" in shown
    assert "2 from LON" in shown
    assert "There is no order SO1." in client.get(page, {"try": "SO1"}).content.decode()
    assert (
        "Why this warehouse"
        in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    )


def test_rules_list_costs_the_same_for_one_and_three(ben, client, django_assert_num_queries):
    url = reverse("admin:inventory_routingruleset_changelist")
    operations.draft_from_template("nearest", by=world.BY)
    client.get(url)

    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(2):
        operations.draft_from_template("nearest", by=world.BY)
    with django_assert_num_queries(len(one)):
        client.get(url)


def test_builder_saves_what_the_form_says_and_tells_mistakes(ben, client):
    drafted = operations.draft_rules("Draft", by=world.BY)
    url = reverse("admin:inventory_routing_rule_new", args=[drafted.pk])
    typed = [
        {"field": "value", "op": "gte", "value": "1,000"},
        {"field": "channel", "op": "in", "value": "shop, phone"},
    ]
    sent = {
        "name": "Big orders", "conditions": json.dumps({"all": typed}),
        "groups": ["kind:warehouse"], "weighed": "order",
        "rank_1": "distance", "rank_2": "parcels", "keeps_back": "0", "apart": "hazardous, food\nhazardous, bulky\n",
        "on_failure": "split", "max_km": "300", "min_accuracy": "97.5",
    }  # fmt: skip

    much = json.dumps({"all": [{**typed[0], "value": "much"}]})
    bad = client.post(url, {**sent, "conditions": much})
    none = RoutingRule.objects.count()
    good = client.post(url, sent)

    assert "Order value needs a number." in bad.content.decode()
    assert (none, good.status_code) == (0, 302)
    row = RoutingRule.objects.get()
    assert row.conditions == {
        "all": [leaf("value", "gte", "1000"), leaf("channel", "in", ["shop", "phone"])]
    }
    assert (row.ranking, row.apart) == (
        {"order": ["distance", "parcels"]},
        [["hazardous", "food"], ["hazardous", "bulky"]],
    )
    assert row.min_accuracy == Decimal("0.975")
    told = client.get(reverse("admin:inventory_routingruleset_change", args=[drafted.pk]))
    assert "with a stock accuracy of at least 97.5 %" in told.content.decode()


@pytest.mark.parametrize("pair", ["hazardous", "food, food", "hazardous, food, bulky"])
def test_builder_refuses_what_is_no_pair_of_classes(ben, client, pair):
    drafted = operations.draft_rules("Draft", by=world.BY)
    world.product("LIGHTER", goods_class="hazardous")
    sent = {"name": "X", "conditions": json.dumps({"all": []}), "weighed": "order",
            "rank_1": "distance", "keeps_back": "0", "on_failure": "split", "apart": pair}  # fmt: skip

    page = client.post(reverse("admin:inventory_routing_rule_new", args=[drafted.pk]), sent)

    assert "Name two different classes a line" in page.content.decode()
    assert "Classes of products: hazardous." in page.content.decode()
    assert not RoutingRule.objects.exists()


def test_builder_keeps_every_pair_and_the_accuracy_of_a_rule_that_is_saved_again(ben, client):
    pairs = [["hazardous", "food"], ["hazardous", "bulky"]]
    drafted = operations.draft_rules(
        "Draft", by=world.BY, rules=[rule(apart=pairs, min_accuracy=Decimal("0.975"))]
    )
    row = drafted.rules.get()
    url = reverse("admin:inventory_routing_rule", args=[drafted.pk, row.pk])

    form = client.get(url).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value is not None and value is not False}
    assert client.post(url, sent).status_code == 302

    row.refresh_from_db()
    assert (row.apart, row.min_accuracy) == (pairs, Decimal("0.975"))


def test_builder_keeps_groups_within_groups(ben, client):
    nested = {"all": [leaf("value", "gte", "10"), {"any": [leaf("channel", "in", ["shop"])]}]}
    drafted = operations.draft_rules("Draft", by=world.BY, rules=[rule(conditions=nested)])
    row = drafted.rules.get()
    url = reverse("admin:inventory_routing_rule", args=[drafted.pk, row.pk])

    form = client.get(url).context["form"]
    held = form["conditions"].value()
    sent = {
        "name": "X", "conditions": held, "weighed": "order", "rank_1": "distance",
        "keeps_back": "0", "on_failure": "split",
    }  # fmt: skip
    assert client.post(url, sent).status_code == 302

    row.refresh_from_db()
    assert (row.name, row.conditions) == ("X", nested)


def test_builder_is_closed_to_those_who_may_only_look(client):
    cora = User.objects.create_user("cora", password="secret", is_staff=True)
    cora.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(cora)
    drafted = operations.draft_rules("Draft", by=world.BY)

    assert (
        client.get(reverse("admin:inventory_routing_rule_new", args=[drafted.pk])).status_code
        == 403
    )
    assert not RoutingSimulation.objects.exists()
