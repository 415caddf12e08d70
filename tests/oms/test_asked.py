"""No parameter of a call is left out without a word, and no value of one."""

import re

import pytest

from inventory import operations as inventory
from oms import keys
from oms.models import Job, User, WebhookEndpoint
from tests import factories as world
from tests.factories.supply import supplier
from tests.oms.test_openapi import COMMITTED, load

pytestmark = pytest.mark.django_db
VALUES = {"integer": "1", "boolean": "true", "number": "1"}
PLACES = {"uuid": "6f1c1d0e-6c5e-4c43-9df5-55c1a3a5f1a4", None: "1"}
CODES = {
    "channel": "web",
    "location": "LON",
    "source": "LON",
    "destination": "LON",
    "seller": "none",
    "supplier": "1",
    "account": "none",
    "carrier": "none",
    "segment": "none",
    "kind": "address",  # of exceptions: a type of hold
}


def addresses():
    """Every address that is read, with the parameters described for it."""
    for path, calls in load(COMMITTED.read_text())["paths"].items():
        if "get" in calls:
            rows = calls["get"].get("parameters", [])
            of_path = {row["name"]: row["schema"] for row in rows if row["in"] == "path"}
            for name, schema in of_path.items():
                path = path.replace(f"{{{name}}}", PLACES.get(schema.get("format"), "1"))  # noqa: PLW2901
            yield path, [row for row in rows if row["in"] == "query"]


ADDRESSES = dict(addresses())
ASKED = [(path, row["name"], row["schema"]) for path, rows in ADDRESSES.items() for row in rows]
WORDS = [
    (path, name, schema["enum"])
    for path, name, schema in ASKED
    if "enum" in schema and name != "format"
]
CODED = [
    (path, name, CODES[name])
    for path, name, schema in ASKED
    if name in CODES and "enum" not in schema and path != "/api/v1/reservations/1/"
]
FORMS = [
    (path, name, schema.get("format") or schema["type"])
    for path, name, schema in ASKED
    if schema["type"] in {"boolean", "integer"} or schema.get("format") in {"date", "date-time"}
]
SAID = {
    "boolean": "known: true, false",
    "date": "YYYY-MM-DD",
    "date-time": r"\d{4}-\d\d-\d\dT|YYYY-MM-DDTHH:MM:SSZ",
    "integer": r"[01] to [\d,]+|whole number|integer",
}


@pytest.fixture
def call(client):
    """A shop, a place with stock, a supplier, an endpoint and a run, and somebody who asks for them."""
    world.shop("web")
    inventory.receive(world.product("MUG"), world.warehouse("LON"), 1, by=world.BY)
    supplier("1")
    WebhookEndpoint.objects.create(public_id=PLACES["uuid"], url="https://erp.example", secret=b"")
    User.objects.create_superuser("boss", password="x")
    row, key = keys.create("ERP", scopes=[f"{scope}:write" for scope in keys.SCOPES])
    mine = f"api-key:{row.prefix}"
    Job.objects.create(public_id=PLACES["uuid"], kind="act", created_by=mine)

    def get(path, **asked):
        return client.get(path, asked, headers={"Authorization": f"Api-Key {key}"})

    return get


def told(answer, name):
    """What a refusal says of the parameter."""
    assert answer.status_code == 400, answer.content
    (error,) = answer.json()["errors"]
    assert error["pointer"] == f"/{name}"
    return error["detail"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_an_unknown_parameter_is_refused_by_its_name(call, path):
    answer = call(path, stauts="open")

    assert answer.status_code == 400, answer.content
    assert "stauts" in str(answer.json()["errors"])


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_described_parameter_is_known(call, path):
    asked = {row["name"]: VALUES.get(row["schema"].get("type"), "x") for row in ADDRESSES[path]}

    assert "no such parameter" not in call(path, **asked).content.decode()


@pytest.mark.parametrize(("path", "name", "words"), WORDS)
def test_a_word_that_means_nothing_is_refused_with_those_that_do(call, path, name, words):
    said = told(call(path, **{name: "nope"}), name)

    assert "nope" in said
    assert all(word in said for word in words)


@pytest.mark.parametrize(("path", "name", "known"), CODED)
def test_a_code_that_nothing_has_is_refused_with_those_that_are_there(call, path, name, known):
    said = told(
        call(path, **{"sku": "MUG", name: "nope"} if needs_sku(path) else {name: "nope"}), name
    )

    assert "nope" in said or "?channel=CODE" in said
    assert known in said


def needs_sku(path):
    return path.endswith(("/availability/", "/promise/", "/stock/at/"))


@pytest.mark.parametrize(("path", "name", "form"), FORMS)
def test_a_value_of_another_form_is_refused_with_how_it_is_written(call, path, name, form):
    answer = call(path, **{"sku": "MUG", name: "nope"} if needs_sku(path) else {name: "nope"})

    assert re.search(SAID[form], told(answer, name))


def test_a_page_is_as_long_as_was_asked_for_or_refused(call):
    for limit in ("0", "-1", "501", "1e2", "٣"):
        assert told(call("/api/v1/orders/", limit=limit), "limit") == (
            "A limit is a number from 1 to 500."
        )
    assert call("/api/v1/orders/", limit="500").status_code == 200


def test_a_key_of_one_channel_is_told_of_no_other(client):
    world.shop("web")
    world.shop("other")
    key = keys.create("Web", channel="web", scopes=["orders:read"])[1]

    answer = client.get(
        "/api/v1/orders/?channel=other", headers={"Authorization": f"Api-Key {key}"}
    )

    assert told(answer, "channel") == "There is no other here; known: web."
