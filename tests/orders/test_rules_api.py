"""Rules through the API."""

import pytest

from oms import keys
from oms.dispatch import drain
from orders.models import Rule, RuleVersion
from tests import factories as world

pytestmark = pytest.mark.django_db
RULE = {
    "name": "Big",
    "moment": "placing",
    "conditions": {"all": [{"field": "total", "op": "gte", "value": "50"}]},
    "actions": [{"do": "hold", "kind": "review", "reason": "Big one"}],
}
BOTH = ("rules:write", "orders:write")


@pytest.fixture
def call(client):
    world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 50)

    def send(method, path, data=None, *, scopes=("rules:write",), channel=""):
        key = keys.create("Key", scopes=scopes, channel=channel)[1]
        answer = getattr(client, method)(
            f"/api/v1/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return send


def test_a_rule_is_drafted_put_in_force_and_switched_off(call):
    status, drafted = call("post", "rules/", RULE)
    assert (status, drafted["state"], drafted["version"]) == (201, "draft", 1)
    assert drafted["says"] == (
        "While an order is placed, if order total is at least 50: put it on hold (Big one)."
    )

    activation = f"rules/{drafted['rule']}/versions/1/activation/"
    both = ("rules:write", "orders:write")
    assert call("post", activation)[1]["code"] == "right_missing"
    assert RuleVersion.objects.get().state == "draft"
    assert call("post", activation, scopes=both)[1]["state"] == "active"
    order = world.place(world.Channel.objects.get(), ("MUG", 6))
    status, runs = call("get", f"rules/{drafted['rule']}/runs/")
    assert [(run["order"], run["outcome"], run["saw"]) for run in runs] == [
        (order.number, "done", {"total": "60"})
    ]

    assert call("post", activation, scopes=both)[0] == 409
    call("post", "rules/", RULE)
    other = f"rules/{drafted['rule']}/versions/2/activation/"
    assert call("delete", other)[1]["detail"] == "Big v2 is not in force; version 1 of it is."
    assert call("delete", activation)[1]["state"] == "retired"
    assert [row["state"] for row in call("get", "rules/")[1]] == ["draft", "retired"]


def test_a_bad_rule_is_refused_with_its_mistake(call):
    status, said = call("post", "rules/", {**RULE, "actions": [{"do": "explode"}]})
    assert (status, said["code"]) == (409, "bad_rule")
    status, said = call(
        "post", "rules/", {**RULE, "conditions": {"all": [{"field": "name", "op": "eq"}]}}
    )
    assert said["code"] == "bad_condition"
    assert Rule.objects.count() == 0


def test_keys_without_the_scope_or_of_one_channel_are_refused(call):
    assert call("post", "rules/", RULE, scopes=("rules:read",))[0] == 403
    assert call("get", "rules/", scopes=("orders:read",))[0] == 403
    assert call("post", "rules/", RULE, channel="shop")[0] == 403
    assert call("get", "rules/", channel="shop")[0] == 403
    assert RuleVersion.objects.count() == 0


def test_a_rule_is_renamed_and_put_in_order(call):
    first = call("post", "rules/", RULE)[1]["rule"]
    second = call("post", "rules/", {**RULE, "name": "Other"})[1]["rule"]

    status, said = call("put", f"rules/{first}/", {**RULE, "name": "Bigger"})
    assert (status, said["rule"], said["version"], said["name"]) == (201, first, 2, "Bigger")
    taken = call("put", f"rules/{first}/", {**RULE, "name": "Other"})
    assert (taken[0], taken[1]["code"]) == (409, "rule_name_taken")

    rows = call("put", "rules/order/", {"rules": [second, first]})[1]
    assert [row["rule"] for row in rows] == [second, first, first]


def test_a_back_test_is_begun_watched_and_read(call):
    drafted = call("post", "rules/", RULE)[1]
    order = world.place(world.Channel.objects.get(), ("MUG", 6))
    world.place(world.Channel.objects.get(), ("MUG", 1))

    begun = call("post", f"rules/{drafted['rule']}/versions/1/trials/", {"days": 3650})
    assert (begun[0], begun[1]["state"], begun[1]["result"]) == (202, "waiting", {})
    drain()

    status, read = call("get", f"rules/{drafted['rule']}/trials/{begun[1]['trial']}/")
    assert (status, read["state"], read["done"], read["total"]) == (200, "done", 2, 2)
    assert (read["result"]["orders"], read["result"]["matched"]) == (2, 1)
    assert [row["number"] for row in read["result"]["matches"]] == [order.number]
    assert call("post", f"rules/{drafted['rule']}/versions/1/trials/", {"days": 0})[0] == 400
    assert read["result"]["effects"] == [
        {"says": "put it on hold (Big one)", "done": 1, "nothing": 0, "refused": 0}
    ]


def test_versions_and_runs_are_listed_by_filters(call):
    drafted = call("post", "rules/", RULE)[1]
    call("post", "rules/", {**RULE, "name": "Other"})
    call("post", f"rules/{drafted['rule']}/versions/1/activation/", scopes=BOTH)
    order = world.place(world.Channel.objects.get(), ("MUG", 6))

    assert [row["name"] for row in call("get", "rules/?state=active")[1]] == ["Big"]
    assert [row["name"] for row in call("get", "rules/?name=Other&moment=placing")[1]] == ["Other"]
    assert call("get", "rules/?subject=product")[1] == []
    assert call("get", "rules/?state=on")[0] == 400
    runs = f"rules/{drafted['rule']}/runs/"
    assert [row["order"] for row in call("get", f"{runs}?order={order.number}")[1]] == [
        order.number
    ]
    assert call("get", f"{runs}?outcome=stopped")[1] == []
    assert call("get", f"{runs}?order=SO9")[1] == []
