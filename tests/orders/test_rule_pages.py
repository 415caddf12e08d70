"""Pages of rules: from a template to a trial to being on; the builder says what it means."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from oms import jobs
from oms.conditions import leaf
from oms.models import Job, User
from orders import operations as orders
from orders.models import Rule, RuleTrial, RuleVersion
from orders.operations.rules.templates import TEMPLATES
from orders.queries.rules.wording import version_words
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
BY = world.BY
LIST = "admin:orders_rule_changelist"
SENT = {
    "name": "Big",
    "moment": "placing",
    "match": "all",
    "field": ["total", "country"],
    "op": ["gte", "in"],
    "value": ["50", "gb, fr"],
    "hold_kind": "review",
    "hold_reason": "Big one",
}


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def draft(key):
    template = TEMPLATES[key]
    return orders.draft_rule(template.name, template.wording, by=BY)


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_every_template_can_be_drafted_and_reads_as_a_sentence(key):
    version = draft(key)
    assert version_words(version).endswith(".")
    assert orders.activate_rule(version, by=BY).state == "active"


def test_builder_drafts_what_the_form_says_and_tells_mistakes(ben, client):
    url = reverse("admin:orders_rule_new")
    bad = client.post(url, {**SENT, "value": ["much", "gb"]})
    assert "needs a number" in bad.content.decode()
    assert Rule.objects.count() == 0

    good = client.post(url, SENT)
    version = RuleVersion.objects.get()
    assert good.status_code == 302
    assert version.conditions == {
        "all": [leaf("total", "gte", "50"), leaf("country", "in", ["gb", "fr"])]
    }
    assert version.actions == [{"do": "hold", "kind": "review", "reason": "Big one"}]
    said = client.post(reverse("admin:orders_rule_words"), SENT).content.decode()
    assert said == (
        "While an order is placed, if order total is at least 50 and destination country is one of "
        "gb or fr: put it on hold (Big one)."
    )


def test_from_the_builder_to_a_hold_on_a_new_order(ben, client):
    shop = world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 50)
    client.post(reverse("admin:orders_rule_new"), SENT)
    rule = Rule.objects.get()
    page = client.get(reverse("admin:orders_rule_change", args=[rule.pk])).content.decode()
    assert "Big one" in page

    orders.activate_rule(rule.versions.get(), by=BY)
    shop.refresh_from_db()
    order = world.place(shop, ("MUG", 6))

    assert order.holds.get().reason == "Big one"
    assert (
        order.number
        in client.get(reverse("admin:orders_rule_change", args=[rule.pk])).content.decode()
    )
    assert (
        "Rule Big (version 1): put it on hold (Big one)"
        in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    )


def test_a_trial_counts_past_orders_and_does_nothing(ben, client):
    shop = world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 50)
    big, small = world.place(shop, ("MUG", 6)), world.place(shop, ("MUG", 1))
    version = orders.draft_rule(
        "Big",
        orders.Wording(
            "placing",
            [{"do": "hold", "kind": "review", "reason": "Big"}],
            {"all": [leaf("total", "gte", "50")]},
        ),
        by=BY,
    )
    trial = orders.try_rule(version, days=3650, by=BY)
    jobs.run.call(Job.objects.get(kind="rule").pk)

    result = RuleTrial.objects.get(pk=trial.pk).result
    assert (result["orders"], result["matched"]) == (2, 1)
    assert [row["number"] for row in result["matches"]] == [big.number]
    assert big.holds.count() == small.holds.count() == 0
    page = client.get(reverse("admin:orders_rule_trial", args=[trial.pk])).content.decode()
    assert big.number in page
    assert small.number not in page


def test_list_costs_the_same_for_one_and_three(ben, client, django_assert_max_num_queries):
    draft("gift")
    quiet_sidebar()
    client.get(reverse(LIST))
    quiet_sidebar()
    with django_assert_max_num_queries(30) as one:
        client.get(reverse(LIST))
    draft("vip")
    draft("stuck")
    quiet_sidebar()
    with django_assert_max_num_queries(len(one)):
        assert "Stuck in picking" in client.get(reverse(LIST)).content.decode()


def test_builder_is_closed_to_those_who_may_only_look(client):
    cora = User.objects.create_user("cora", is_staff=True)
    cora.groups.add(Group.objects.get(name="Support"))
    client.force_login(cora)
    assert client.get(reverse(LIST)).status_code == 200
    assert client.get(reverse("admin:orders_rule_new")).status_code == 403
    assert client.post(reverse("admin:orders_rule_words"), SENT).status_code == 403
