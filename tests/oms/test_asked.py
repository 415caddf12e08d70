"""No parameter of a call is left out without a word."""

import pytest

from oms import keys
from oms.models import User
from tests.oms.test_openapi import COMMITTED, load

pytestmark = pytest.mark.django_db
VALUES = {"integer": "1", "boolean": "true", "number": "1"}


def lists():
    """Every address that is read without naming a thing, with the parameters described for it."""
    for path, calls in load(COMMITTED.read_text())["paths"].items():
        if "get" in calls and "{" not in path:
            yield path, [row for row in calls["get"].get("parameters", []) if row["in"] == "query"]


LISTS = dict(lists())


@pytest.fixture
def call(client):
    User.objects.create_superuser("boss", password="x")
    key = keys.create("ERP", scopes=[f"{scope}:write" for scope in keys.SCOPES])[1]

    def get(path, **asked):
        return client.get(path, asked, headers={"Authorization": f"Api-Key {key}"})

    return get


@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_parameter_is_refused_by_its_name(call, path):
    answer = call(path, stauts="open")

    assert answer.status_code == 400, answer.content
    assert "stauts" in str(answer.json()["errors"])


@pytest.mark.parametrize("path", LISTS)
def test_every_described_parameter_is_known(call, path):
    asked = {row["name"]: VALUES.get(row["schema"].get("type"), "x") for row in LISTS[path]}

    assert "no such parameter" not in call(path, **asked).content.decode()
