"""A buyer's tax ID that cannot be one: taxed as without, held, and corrected by a change."""

from dataclasses import replace
from decimal import Decimal

import pytest

from compliance.models import EntityLocation, LegalEntity
from customers import queries as customers
from oms import keys
from oms.dispatch import drain
from orders import operations as orders
from orders.operations import Step
from orders.queries.sealing import CONTEXT
from orders.queries.tax_ids import is_tax_id
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
PARIS = {**world.LONDON, "city": "Paris", "postcode": "75001", "country": "FR"}
GOOD, BAD = "FR40303265045", "FR40303265046"


@pytest.fixture
def shop():
    berlin = world.warehouse("BER", country="DE")
    world.stocked("MUG", berlin, 9)
    seller = LegalEntity.objects.create(
        code="de", name="Becher GmbH", country="DE", currency="EUR", tax_id="DE136695976"
    )
    EntityLocation.objects.create(location=berlin, entity=seller)
    return world.shop("de", currency="EUR", price_includes_tax=False, duplicate_window_minutes=0)


def placed(shop, tax_id, **more):
    buyer = replace(world.ADA, tax_id=tax_id)
    more = {"currency": "EUR", "shipping_address": PARIS, **more}
    return world.place(shop, ("MUG", 1, "100.00"), customer=buyer, **more)


def with_id(tax_id):
    return Step("set_tax_id", address={"tax_id": tax_id})


@pytest.mark.parametrize(
    ("told", "country", "possible"),
    [
        (GOOD, "FR", True),
        ("fr 40 303 265 045", "FR", True),
        ("40303265045", "FR", True),
        (BAD, "FR", False),
        ("DE136695976", "FR", True),
        ("GB980780684", "GB", True),
        ("980780684", "GB", True),
        ("GB123", "GB", False),
        ("27AAPFU0939F1ZV", "IN", True),
        ("27AAPFU0939F1ZX", "IN", False),
        ("12-3456789", "US", True),
        ("ESCA850101AB1", "MX", True),
        ("CHE-107.787.577 IVA", "CH", True),
        ("DE136695976", "IN", True),
        ("DE136695976", "US", True),
        ("12-3456789", "DE", False),
        ("none", "DE", False),
        ("", "DE", False),
    ],
)
def test_tax_id_is_judged_by_its_country(told, country, possible):
    assert is_tax_id(told, country) is possible


def test_impossible_tax_id_is_taxed_as_none_and_held(shop):
    good, bad, none = (placed(shop, told) for told in (GOOD, BAD, ""))

    assert (good.tax_total, good.buyer_tax_id) == (0, True)
    assert bad.tax_total == none.tax_total > 0
    hold = bad.holds.get()
    assert (hold.kind, hold.owner) == ("tax_id", "Finance")
    assert hold.reason == "The buyer's tax ID cannot be one of FR; taxed as without one"
    assert (good.holds.count(), none.holds.count()) == (0, 0)


def test_corrected_tax_id_taxes_anew_and_ends_the_hold(shop):
    order = placed(shop, BAD)

    seen = orders.preview_steps(order, by=BY, steps=[with_id(GOOD)])
    orders.confirm_change(orders.draft_change(order, by=BY, steps=[with_id(GOOD)]), by=BY)

    order.refresh_from_db()
    assert (seen.after.total, seen.after.holds) == (Decimal(100), ())
    assert (order.total, order.tax_total, order.holds.filter(lifted_at=None).count()) == (100, 0, 0)
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    assert opened["contact"]["tax_id"] == GOOD
    assert opened["contact"]["name"] == world.ADA.name
    assert_ledgers_hold()


def test_change_to_an_impossible_tax_id_is_refused_and_to_none_is_not(shop):
    order = placed(shop, GOOD)

    refused = orders.preview_steps(order, by=BY, steps=[with_id(BAD)]).refusal
    seen = orders.preview_steps(order, by=BY, steps=[with_id("")])

    assert "leave it empty" in refused.detail
    assert seen.refusal is None
    assert seen.after.total > 100


def test_tax_id_is_changed_by_the_api_and_never_shown(shop, client):
    order = placed(shop, BAD)
    drain(webhooks=False)
    headers = {"Authorization": f"Api-Key {keys.create('Shop', channel='de')[1]}"}
    at = f"/api/v1/orders/{order.number}/changes/"

    def call(method, path, data=None):
        answer = getattr(client, method)(
            path, data, content_type="application/json", headers=headers
        )
        return answer.json()

    body = call("post", at, {"steps": [{"kind": "set_tax_id", "tax_id": GOOD}]})
    again = call("put", f"{at}{body['number']}/", {"steps": body["steps"]})
    done = call("post", f"{at}{body['number']}/confirmation/")

    assert body["steps"] == [{"kind": "set_tax_id"}]
    assert again["preview"]["after"]["total"] == "100.00"
    assert done["status"] == "confirmed"
    assert GOOD not in str([body, again, done])


def test_page_of_a_change_corrects_the_tax_id(shop, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    order = placed(shop, BAD)
    at = f"/admin/orders/order/{order.pk}/change-order/"

    page = admin_client.get(at).content.decode()
    answer = admin_client.post(f"{at}preview/", {"tax_id": GOOD}, headers={"HX-Request": "true"})

    assert f'name="tax_id" maxlength="40" value="{BAD}"' in page
    assert answer.context["total_row"].after == "€100.00"
