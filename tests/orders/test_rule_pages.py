"""Pages of rules: from a template to a trial to being on; the builder says what it means."""

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from oms import jobs
from oms.conditions import leaf
from oms.models import Job, User
from oms.words import names_of
from orders import operations as orders
from orders.models import Channel, Rule, RuleTrial, RuleVersion
from orders.operations.rules.templates import TEMPLATES
from orders.queries import validation
from orders.queries.rules.built_in import BUILT_IN
from orders.queries.rules.wording import version_words
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
BY = world.BY
LIST = "admin:orders_rule_changelist"
TREE = {
    "all": [
        {"field": "total", "op": "gte", "value": "50"},
        {"field": "country", "op": "in", "value": "gb, fr"},
    ]
}
REVIEW = {"do": "hold", "kind": "review", "reason": "Big one"}
SENT = {
    "name": "Big",
    "moment": "placing",
    "conditions": json.dumps(TREE),
    "actions": json.dumps([REVIEW]),
}


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def anything(_right):
    return True


def draft(key):
    template = TEMPLATES[key]
    return orders.draft_rule(template.name, template.wording, by=BY)


@pytest.mark.parametrize("key", list(TEMPLATES))
def test_every_template_can_be_drafted_and_reads_as_a_sentence(key):
    version = draft(key)
    assert version_words(version).endswith(".")
    assert orders.activate_rule(version, by=BY, may=anything).state == "active"


def test_builder_drafts_what_the_form_says_and_tells_mistakes(ben, client):
    url = reverse("admin:orders_rule_new")
    much = {"all": [{"field": "total", "op": "gte", "value": "much"}]}
    bad = client.post(url, {**SENT, "conditions": json.dumps(much)})
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

    orders.activate_rule(rule.versions.get(), by=BY, may=anything)
    shop.refresh_from_db()
    order = world.place(shop, ("MUG", 6))

    assert order.holds.get().reason == "Big one"
    assert names_of(["rule:999", f"rule:{rule.pk}"]) == {
        "rule:999": "rule 999",
        f"rule:{rule.pk}": "rule Big",
    }
    assert (
        order.number
        in client.get(reverse("admin:orders_rule_change", args=[rule.pk])).content.decode()
    )
    assert (
        "Rule Big (version 1): put it on hold (Big one) – it saw order total: 60, "
        "destination country: GB"
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
    assert "What would have happened" in page
    assert "Put it on hold (Big)" in page


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


def drafted(name="Big", **said):
    defaults = {"moment": "placing", "actions": [REVIEW], "conditions": {"all": []}}
    return orders.draft_rule(name, orders.Wording(**{**defaults, **said}), by=BY)


def tried(version):
    """The version, with a trial that has ended."""
    trial = orders.try_rule(version, days=30, by=BY)
    jobs.run.call(Job.objects.filter(kind="rule").latest("pk").pk)
    return trial


def as_the_page_sends_it(client, url):
    """What the hidden fields hold when nobody changes anything."""
    form = client.get(url).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() is not None}


def test_builder_gives_back_nested_groups_and_several_actions_as_they_were(ben, client):
    tree = {
        "all": [
            leaf("total", "gte", "50"),
            {
                "any": [
                    leaf("tags", "has_any", ['a, b "c"', "d"]),
                    {"none": [leaf("pickup", "yes")]},
                ]
            },
        ]
    }
    actions = [REVIEW, {**REVIEW, "kind": "fraud", "due_hours": 4}, REVIEW]
    version = drafted(conditions=tree, actions=actions)
    url = reverse("admin:orders_rule_edit", args=[version.rule_id])

    sent = as_the_page_sends_it(client, url)
    assert client.post(url, {**sent, "name": "Bigger"}).status_code == 302

    newest = RuleVersion.objects.get(number=2)
    assert (newest.rule_id, newest.rule.name) == (version.rule_id, "Bigger")
    assert (newest.conditions, newest.actions) == (tree, actions)


def test_builder_makes_no_second_rule_of_a_name_by_accident(ben, client):
    drafted("Big")
    page = client.post(reverse("admin:orders_rule_new"), SENT)
    assert "There is a rule of this name" in page.content.decode()
    assert RuleVersion.objects.count() == 1


def test_builder_refuses_a_group_without_comparisons(ben, client):
    for tree in ({"any": []}, {"all": [leaf("pickup", "yes"), {"all": []}]}):
        page = client.post(
            reverse("admin:orders_rule_new"), {**SENT, "conditions": json.dumps(tree)}
        )
        assert "a group without comparisons says nothing" in page.content.decode()
    assert Rule.objects.count() == 0


def test_a_template_taken_twice_makes_two_rules(ben, client):
    for _ in range(2):
        client.post(
            reverse("admin:orders_rule_list_act", args=["begin"]), {"act": "1", "template": "gift"}
        )
    assert list(Rule.objects.order_by("pk").values_list("name", flat=True)) == ["Gift", "Gift 2"]


def test_switching_on_acts_on_the_version_that_the_person_saw(ben, client):
    version = drafted()
    tried(version)
    url = reverse("admin:orders_rule_act", args=[version.rule_id, "activate"])
    form = client.get(url).context["form"]
    sent = {"act": "1", "version": "1", "newest": form["newest"].value()}
    drafted(actions=[{**REVIEW, "reason": "Nobody has read this"}])

    refused = client.post(url, sent)
    assert "Big v2 was drafted since you looked" in refused.content.decode()
    assert not RuleVersion.objects.filter(state="active").exists()

    client.post(url, {"act": "1", "version": "1", "newest": "2"})
    assert RuleVersion.objects.get(state="active") == version


def buttons(client, rule):
    """What the rule's page offers, the one that is coloured first."""
    page = client.get(reverse("admin:orders_rule_change", args=[rule.pk]))
    rows = sorted(page.context["acts"], key=lambda row: row["variant"] != "primary")
    return [row["name"] for row in rows]


def test_a_version_is_switched_on_once_it_was_tried(ben, client):
    version = drafted()
    url = reverse("admin:orders_rule_act", args=[version.rule_id, "activate"])
    assert buttons(client, version.rule) == ["try_on"]
    client.post(url, {"act": "1", "version": "1", "newest": "1"})
    assert not RuleVersion.objects.filter(state="active").exists()

    trial = tried(version)
    assert buttons(client, version.rule) == ["activate", "try_on"]
    page = client.get(reverse("admin:orders_rule_trial", args=[trial.pk])).content.decode()
    assert f'href="{url}">Switch on</a>' in page
    drafted(actions=[{**REVIEW, "reason": "Nobody has tried this"}])
    assert [key for key, _ in client.get(url).context["form"]["version"].field.choices] == [1]

    client.post(url, {"act": "1", "version": "1", "newest": "2"})
    assert RuleVersion.objects.get(state="active") == version
    page = client.get(reverse("admin:orders_rule_trial", args=[trial.pk])).content.decode()
    assert "Switch on</a>" not in page


def test_who_may_not_cancel_orders_switches_no_rule_on_that_does(client):
    dan = User.objects.create_user("dan", is_staff=True)
    rights = ("view_rule", "view_ruleversion", "activate_rule")
    dan.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(dan)
    version = drafted(
        moment="schedule", every_minutes=5, actions=[{"do": "cancel", "reason": "expired"}]
    )
    tried(version)
    url = reverse("admin:orders_rule_act", args=[version.rule_id, "activate"])

    page = client.post(url, {"act": "1", "version": "1", "newest": "1"}).content.decode()

    assert "would cancel orders, which you may not do by hand" in page
    assert not RuleVersion.objects.filter(state="active").exists()


def test_order_page_lists_built_in_checks_and_moves_rules(ben, client):
    first, second = drafted("First").rule, drafted("Second").rule
    url = reverse("admin:orders_rule_order")
    page = client.get(url).content.decode()
    assert page.index("Unknown SKU") < page.index("Review limit") < page.index("First")

    client.post(url, {"move": f"up:{second.pk}"})

    assert list(Rule.objects.order_by("position")) == [second, first]
    client.post(url, {"move": "up:999"})
    assert list(Rule.objects.order_by("position")) == [second, first]


def test_built_in_checks_are_listed_as_they_are_made():
    assert [row.check for row in BUILT_IN] == list(validation.RULES)


def test_order_of_rules_is_closed_to_those_who_may_only_look(client):
    cora = User.objects.create_user("cora", is_staff=True)
    cora.groups.add(Group.objects.get(name="Support"))
    client.force_login(cora)
    rule = drafted("First").rule
    url = reverse("admin:orders_rule_order")
    assert client.get(url).status_code == 200
    assert client.post(url, {"move": f"up:{rule.pk}"}).status_code == 403


def test_page_tells_of_a_turn_over_products_in_one_row(ben, client, django_assert_max_num_queries):
    for number in range(12):
        world.product(f"POT{number:02}")
    version = draft("low_stock")
    orders.activate_rule(version, by=BY, may=anything)
    orders.run_scheduled()
    url = reverse("admin:orders_rule_change", args=[version.rule_id])

    with django_assert_max_num_queries(40):
        answer = client.get(url)

    page = " ".join(answer.content.decode().split())
    assert answer.context["counts"] == {"every": 1, "stopped": 0, "failed": 1}
    assert "POT09</a>" in page
    assert "and 2 more" in page
    assert "Nobody who works here would read it." in page
    listed = client.get(reverse(LIST)).content.decode()
    assert ">1<" in "".join(listed.split())


def test_limits_of_the_built_in_checks_are_set_by_channel(ben, client):
    web, desk = world.shop("web", name="Web"), world.shop("desk", name="Desk", review_limit=50)
    world.shop("old", is_active=False)
    page = client.get(reverse("admin:orders_rule_order"))
    assert [form.channel for form in page.context["limits"]] == [desk, web]
    sent = {
        f"channel-{web.pk}-review_limit": "99.50",
        f"channel-{web.pk}-duplicate_window_minutes": "0",
        f"channel-{web.pk}-checks_prices": "on",
        f"channel-{desk.pk}-review_limit": "50",
        f"channel-{desk.pk}-duplicate_window_minutes": "-1",
    }
    url = reverse("admin:orders_rule_limits")

    refused = client.post(url, sent)
    assert "Duplicates within: Ensure this value is greater" in refused.content.decode()
    assert not Channel.objects.filter(review_limit="99.50").exists()

    done = client.post(
        url, {**sent, f"channel-{desk.pk}-duplicate_window_minutes": "10"}, follow=True
    )
    assert "The limits of web count from the next order." in done.content.decode()
    web.refresh_from_db()
    assert (float(web.review_limit), web.duplicate_window_minutes, web.checks_prices) == (
        99.5,
        0,
        True,
    )
    assert (web.history.first().history_user, desk.history.count()) == (ben, 1)
    world.product("MUG", unit_price=10)
    assert [hold.kind for hold in world.place(web, ("MUG", 10)).holds.all()] == ["review"]


def test_limits_are_shown_and_closed_to_those_who_may_not_change_channels(client):
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(user)
    world.shop("web", review_limit=50)

    assert "Save limits" not in client.get(reverse("admin:orders_rule_order")).content.decode()
    assert client.post(reverse("admin:orders_rule_limits")).status_code == 403


def test_limit_below_zero_is_refused_and_changes_nothing(ben):
    web = world.shop("web")
    said = {"duplicate_window_minutes": 10, "checks_prices": False}
    with pytest.raises(orders.LimitBelowZero):
        orders.set_check_limits(web, by=BY, review_limit=Decimal(-1), **said)
    assert not orders.set_check_limits(web, by=BY, review_limit=None, **said)
    assert web.history.count() == 1
