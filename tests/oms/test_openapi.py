import re
from functools import partial
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"
load = partial(yaml.load, Loader=yaml.CSafeLoader)  # written in C: a tenth of the time
dump = partial(yaml.dump, Dumper=yaml.CSafeDumper)


@pytest.mark.django_db  # asks for no row, but the ranges of numbers are the database's own
def test_openapi_committed_schema_is_the_one_that_is_served():
    """After a change: `manage.py spectacular --file docs/openapi.yaml`, and read the difference."""
    served = SchemaGenerator().get_schema(request=None, public=True)

    assert load(COMMITTED.read_text()) == load(dump(served))


def test_openapi_every_reference_names_a_schema_that_is_there():
    schema = load(COMMITTED.read_text())
    named = set(re.findall(r"#/components/schemas/([\w.]+)", COMMITTED.read_text()))

    assert named - set(schema["components"]["schemas"]) == set()
    assert [name for name in schema["components"]["schemas"] if "." in name] == []  # said twice


@pytest.mark.django_db
def test_portal_guides_with_codes_of_this_installation(client):
    from tests import factories as world

    world.shop("uk-shop")
    world.product("85123A")

    page = client.get("/api/docs/").content.decode()

    assert "--channel uk-shop" in page
    assert '"sku": "85123A"' in page.replace("&quot;", '"')
    assert "order.placed" in page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/docs/try/", "/api/docs/reference/", "/api/schema/"])
def test_portal_pages_open(client, path):
    assert client.get(path).status_code == 200


def test_every_call_that_changes_something_takes_an_idempotency_key():
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    schema = load(COMMITTED.read_text())

    lacking = [
        f"{method} {path}"
        for path, calls in schema["paths"].items()
        for method, call in calls.items()
        if (key in call.get("parameters", [])) != (method != "get")
    ]
    assert lacking == []


@pytest.mark.django_db
def test_portal_explains_the_code_that_a_problem_leads_to(client):
    answer = client.get("/api/v1/orders/")
    kind = answer.json()["type"]
    address, _, code = kind.partition("#")

    page = client.get(address).content.decode()

    assert f'id="{code}"' in page
    assert 'id="external_id_reused"' in page
    assert "is already here as {number}" in page


@pytest.mark.django_db
def test_every_list_says_how_many_rows_may_be_asked_for():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    limits = [
        row["schema"]
        for calls in schema["paths"].values()
        for row in calls.get("get", {}).get("parameters", [])
        if row.get("name") == "limit"
    ]

    assert len(limits) > 20
    assert [
        limit for limit in limits if (limit.get("minimum"), "maximum" in limit) != (1, True)
    ] == []
