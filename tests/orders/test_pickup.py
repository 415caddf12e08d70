"""Orders that their buyers collect, before they are placed and when they are changed."""

from decimal import Decimal

import pytest

from customers import operations as customers
from customers.models import Company
from customers.operations import BuyerTerms
from inventory import queries as stock
from inventory.models import LocationService
from oms import keys
from orders import operations as orders
from orders.enums import ChangeStep
from orders.models import DraftOrder, Order
from orders.operations.changing import Step
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def soho(db):
    """A counter in Soho with two mugs; the warehouse has fifty."""
    store = world.warehouse(
        "SOHO", name="Soho", latitude=57.0, line1="1 Dean Street", city="London", postcode="W1D 3RB"
    )
    LocationService.objects.create(location=store, offers_pickup=True, pickup_days=3)
    world.stocked("MUG", store, 2)
    world.stocked("MUG", world.warehouse(), 50)
    return store


@pytest.fixture
def shop(soho):
    return world.shop(duplicate_window_minutes=0, auto_release=False)


@pytest.fixture
def ask(client):
    headers = {"Authorization": f"Api-Key {keys.create('ERP')[1]}"}

    def send(method, path, body=None):
        call = getattr(client, method)
        return call(f"/api/v1/{path}", body, content_type="application/json", headers=headers)

    return send


def route(order):
    rows = stock.open_reservations(order.lines.values_list("pk", flat=True))
    return {row.level.location.code: row.quantity for row in rows}


def change(order, kind, **given):
    drafted = orders.draft_change(order, by=BY, steps=[Step(kind, **given)])
    orders.confirm_change(drafted, by=BY)
    return Order.objects.get(pk=order.pk)


def test_declined_order_comes_back_with_its_pickup_and_the_tax_that_was_stated(shop, soho):
    ada = customers.identify([world.ADA], by=BY)[0]
    firm = Company.objects.create(code="ENGINES", name="Engines")
    customers.classify(ada, by=BY, group="", company=firm, reason="Works there")
    customers.set_buyer(ada, BuyerTerms(order_limit=Decimal(5)), by=BY, reason="Agreed")
    line = orders.PlacedLine("MUG", 1, Decimal(10), tax_amount=Decimal("1.23"))
    wish = world.wish(external_id="E1", pickup_location="SOHO")
    wish = orders.PlacedOrder(**{**vars_of(wish), "lines": (line,)})
    order = orders.place_one(shop, wish, by=BY).order

    document = orders.send_back(order, by=BY, reason="Not now")

    assert (document.pickup_location, document.tax_total) == (soho, Decimal("1.23"))
    customers.set_buyer(ada, BuyerTerms(), by=BY, reason="Agreed")
    again = orders.submit(document, by=BY)

    assert (again.pickup_location, again.tax_total, again.total) == (soho, order.tax_total, 10)
    assert route(again) == {"SOHO": 1}


def vars_of(wish):
    return {name: getattr(wish, name) for name in wish.__dataclass_fields__}


def test_draft_page_keeps_pickup_and_stated_tax_and_changes_them(
    shop, soho, admin_client, settings
):
    settings.OMS_REQUIRE_MFA = False
    line = orders.PlacedLine("MUG", 1, Decimal(10), tax_amount=Decimal("1.23"))
    wish = world.wish(external_id="D1", pickup_location="SOHO")
    wish = orders.PlacedOrder(**{**vars_of(wish), "lines": (line,), "placed_at": None})
    document, _ = orders.draft(shop, wish, by=BY)
    page = f"/admin/orders/draftorder/{document.pk}/change/"
    shown = admin_client.get(page)
    assert "Collected at Soho, kept 3 days" in shown.content.decode()
    fields = {name: value or "" for name, value in shown.context["form"].initial.items()}
    row = {"sku": "MUG", "quantity": "1", "unit_price": "10.00", "discount": ""}
    fields |= {"lines": "1", **{f"line-0-{name}": value for name, value in row.items()}}

    def edit(**more):
        document.refresh_from_db()
        sent = {**fields, "revision": document.revision, **more}
        admin_client.post(page.replace("change/", "edit/"), sent)
        return DraftOrder.objects.get()

    kept = edit(phone="+44 20 7946 0002")
    assert (kept.pickup_location, kept.tax_total) == (soho, Decimal("1.23"))
    kept = edit(purchase_order_number="PO-1")
    assert (kept.revision, kept.pickup_location) == (3, soho)
    sent = edit(pickup_location="")
    assert (sent.pickup_location, sent.lines.get().stated_tax) == (None, None)
    LocationService.objects.update(offers_pickup=False)
    assert "Collected at" not in admin_client.get(page).content.decode()


def test_api_of_drafts_takes_and_shows_where_it_is_collected(shop, ask):
    sent = {
        "currency": "GBP",
        "customer": {"name": "Ada Byron", "email": "ada@example.com"},
        "lines": [{"sku": "MUG", "quantity": 1, "unit_price": "10", "tax_amount": "1.23"}],
        "pickup_location": "SOHO",
    }

    begun = ask("post", "drafts/?channel=shop", sent).json()

    assert (begun["pickup_location"], begun["pickup_days"], begun["tax_total"]) == (
        "SOHO", 3, "1.23",
    )  # fmt: skip
    path = f"drafts/{begun['number']}/"
    refused = ask("put", path, {**sent, "pickup_location": "LON"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
        422,
        "/pickup_location",
    )
    assert ask("get", path).json()["pickup_location"] == "SOHO"
    order = ask("post", f"{path}submission/", {}).json()
    assert (order["pickup_location"], order["tax_total"]) == ("SOHO", "1.23")
    assert ask("put", path, {**sent, "pickup_location": ""}).status_code == 409


def test_change_has_an_order_collected_or_sent_instead(shop, soho):
    order = world.place(shop, ("MUG", 2))
    assert route(order) == {"LON": 2}

    order = change(order, ChangeStep.SET_PICKUP, values={"location": "SOHO"})

    assert (order.pickup_location, route(order)) == (soho, {"SOHO": 2})
    first, second = orders_versions(order)
    assert (first["pickup"], second["pickup"]) == ("", "Soho")
    order = change(order, ChangeStep.SET_ADDRESS, address=world.LONDON)
    assert (order.pickup_location, order.ship_country) == (None, "GB")
    assert_ledgers_hold()


def orders_versions(order):
    return [row.content for row in order.versions.order_by("number")]


def test_change_to_a_place_that_has_not_got_it_is_refused_and_changes_nothing(shop):
    order = world.place(shop, ("MUG", 3))

    with pytest.raises(orders.StepImpossible, match="3 at LON"):
        change(order, ChangeStep.SET_PICKUP, values={"location": "SOHO"})
    with pytest.raises(orders.StepImpossible, match="cannot collect orders at LON"):
        change(order, ChangeStep.SET_PICKUP, values={"location": "LON"})

    order.refresh_from_db()
    assert (order.pickup_location, route(order)) == (None, {"LON": 3})
    assert_ledgers_hold()


def test_change_page_and_api_choose_where_it_is_collected(shop, soho, ask, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    order = world.place(shop, ("MUG", 1))
    page = f"/admin/orders/order/{order.pk}/change-order/"
    url = f"orders/{order.number}/changes/"
    steps = [{"kind": "set_pickup", "location": "SOHO"}]

    drafted = ask("post", url, {"steps": steps}).json()

    assert drafted["preview"]["after"]["route"] == {"SOHO": 1}
    assert ask("post", url, {"steps": [{"kind": "set_pickup"}]}).status_code == 400
    assert "Collected at Soho, kept 3 days" in admin_client.get(page).content.decode()
    shown = admin_client.post(f"{page}preview/", {"pickup": "SOHO"}).content.decode()
    assert "collected at Soho" in shown
    base = admin_client.post(f"{page}preview/", {"pickup": "SOHO"}).context["base"]
    admin_client.post(f"{page}decide/", {"pickup": "SOHO", "act": "confirm", "base": base})
    order.refresh_from_db()
    assert order.pickup_location == soho
    told = admin_client.post(f"{page}preview/", {"pickup": ""}).content.decode()
    assert "Say where it is to be sent" in told
