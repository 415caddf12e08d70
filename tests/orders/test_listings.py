"""How a channel sells single products: on its page, on the product's, and through the API."""

import json

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import Availability, ChannelSafetyStock, SellingLimit, StockLevel
from oms import keys
from oms.models import Event, User
from tests import factories as world

pytestmark = pytest.mark.django_db

BY = world.BY


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse("LON"), 10)
    world.stocked("CUP", world.warehouse("LEE"), 10)
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def call(client, shop):
    return caller(client, keys.create("shop", channel="shop")[1])


def caller(client, key):
    def send(method, path, body=None):
        answer = client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json() if answer.content else None

    return send


@pytest.fixture
def ops(client):
    user = User.objects.create_user("ops", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


def press(client, channel, act, **data):
    url = reverse("admin:orders_channel_act", args=[channel.pk, act])
    return client.post(url, {"act": act, **data}, follow=True).content.decode()


def told():
    inventory.tell_availability()
    return dict(Availability.objects.values_list("product__sku", "quantity"))


# --- API ------------------------------------------------------------------------------------------


def test_listing_is_replaced_and_told_at_once(call):
    sent = {"safety_stock": 4, "backorder_limit": 2, "preorder_limit": None}

    answer = call("PUT", "channels/shop/listings/MUG/", sent)

    assert answer == (200, {"sku": "MUG", **sent})
    assert call("GET", "channels/shop/listings/") == (200, [{"sku": "MUG", **sent}])
    assert told() == {"MUG": 6, "CUP": 10}
    event = Event.objects.get(name="channel_safety_stock.set")
    assert event.actor.startswith("api-key:")


def test_listing_left_empty_is_as_every_other(call):
    call("PUT", "channels/shop/listings/MUG/", {"safety_stock": 4, "backorder_limit": 2})

    answer = call("PUT", "channels/shop/listings/MUG/", {})

    nothing = {"safety_stock": None, "backorder_limit": None, "preorder_limit": None}
    assert answer == (200, {"sku": "MUG", **nothing})
    assert (ChannelSafetyStock.objects.count(), SellingLimit.objects.count()) == (0, 0)
    assert call("GET", "channels/shop/listings/?sku=CUP") == (200, [{"sku": "CUP", **nothing}])


def test_safety_stock_of_every_product(call):
    assert call("PUT", "channels/shop/safety-stock/", {"safety_stock": 3})[0] == 200

    assert call("GET", "channels/shop/safety-stock/") == (200, {"safety_stock": 3})
    assert told() == {"MUG": 7, "CUP": 7}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "channels/market/listings/MUG/", 404),
        ("GET", "channels/market/listings/", 404),
        ("PUT", "channels/market/safety-stock/", 404),
        ("PUT", "channels/shop/listings/NONE/", 404),
        ("GET", "channels/shop/listings/NONE/", 404),
    ],
)
def test_listing_of_another_channel_or_product_is_not_there(call, method, path, status):
    world.shop("market")

    assert call(method, path, {"safety_stock": 1})[0] == status
    assert not ChannelSafetyStock.objects.exists()


def test_listing_with_less_than_nothing_is_invalid(call):
    status, problem = call("PUT", "channels/shop/listings/MUG/", {"safety_stock": -1})

    assert (status, problem["errors"][0]["pointer"]) == (400, "/safety_stock")


def test_product_limits_are_replaced_and_tell_what_is_sold(client, shop):
    call = caller(client, keys.create("ERP")[1])
    world.place(shop, ("MUG", 12))
    call("PUT", "channels/shop/listings/MUG/", {"backorder_limit": 9})

    status, rows = call("PUT", "products/MUG/limits/", {"backorder": 5})

    assert status == 200
    assert rows == call("GET", "products/MUG/limits/")[1]
    assert rows == [
        {"kind": "backorder", "channel": "", "units": 5, "used": 2, "left": 3},
        {"kind": "backorder", "channel": "shop", "units": 9, "used": 2, "left": 7},
    ]


def test_key_of_one_channel_sees_its_own_limits_and_sets_none_of_all(shop, call):
    market = world.shop("market")
    mug = StockLevel.objects.get(product__sku="MUG").product
    for channel in (None, shop.pk, market.pk):
        inventory.set_selling_limit(mug, "backorder", 5, by=BY, channel_id=channel)

    assert call("PUT", "products/MUG/limits/", {"backorder": 9})[0] == 403
    status, rows = call("GET", "products/MUG/limits/")

    assert (status, [row["channel"] for row in rows]) == (200, ["shop"])
    assert set(SellingLimit.objects.values_list("units", flat=True)) == {5}


def test_order_beyond_a_limit_is_told_so(client, shop, call):
    call("PUT", "channels/shop/listings/MUG/", {"backorder_limit": 0})
    address = {**world.LONDON}
    sent = {
        "external_id": "E-1",
        "currency": "GBP",
        "customer": {"name": "Ada", "email": "ada@example.com"},
        "shipping_address": address,
        "lines": [{"sku": "MUG", "quantity": 11, "unit_price": "1.00"}],
    }

    status, problem = call("POST", "orders/", sent)

    assert (status, problem["code"]) == (409, "limit_reached")
    assert problem["detail"].startswith("MUG: 1 more on backorder would pass the limit of 0")


def test_product_keeps_its_day_when_a_message_leaves_it_out(client, shop):
    call = caller(client, keys.create("ERP")[1])
    call("POST", "products/", {"sku": "NEW", "name": "New", "preorder_on": "2099-03-01"})

    status, product = call("POST", "products/", {"sku": "NEW", "name": "Newer"})

    assert (status, product["name"], product["preorder_on"]) == (200, "Newer", "2099-03-01")
    assert call("POST", "products/", {"sku": "NEW", "name": "Newer", "preorder_on": None})[1][
        "preorder_on"
    ] is None  # fmt: skip


# --- Pages ----------------------------------------------------------------------------------------


def test_channel_page_sets_safety_stock_of_one_and_of_every_product(ops, shop):
    press(ops, shop, "safety-stock", sku="MUG", quantity=4)
    page = press(ops, shop, "safety-stock", sku="", quantity=1)

    assert told() == {"MUG": 6, "CUP": 9}
    assert "Every other product" in page
    assert "leaves 1 unit of every product without a figure of its own" in page


def test_channel_page_limits_and_lists(ops, shop):
    page = press(ops, shop, "limit", sku="MUG", kind="preorder", units=50)

    limit = SellingLimit.objects.get()
    assert (limit.kind, limit.units, limit.channel_id) == ("preorder", 50, shop.pk)
    assert "Products sold in a way of their own" in page
    press(ops, shop, "limit", sku="MUG", kind="preorder", units="")
    assert not SellingLimit.objects.exists()


def test_channel_page_refuses_a_product_that_is_not_sold(ops, shop):
    assert "There is no product NONE that is sold." in press(
        ops, shop, "safety-stock", sku="NONE", quantity=4
    )
    assert not ChannelSafetyStock.objects.exists()


def test_product_page_limits_and_shows_what_is_left(ops, shop):
    world.place(shop, ("MUG", 12))
    mug = shop.orders.get().lines.get().product
    url = reverse("admin:inventory_product_act", args=[mug.pk, "limit"])

    page = ops.post(
        url, {"act": "limit", "kind": "backorder", "channel": "", "units": 5}, follow=True
    )

    (row,) = page.context["limits"]
    assert (row["limit"].used, row["limit"].left, row["is_all"]) == (2, 3, True)
    assert "Sold before it is there" in page.content.decode()


def test_warehouse_may_not_set_what_channels_sell(client, shop):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    url = reverse("admin:orders_channel_act", args=[shop.pk, "safety-stock"])

    assert client.post(url, {"act": "safety-stock", "quantity": 4}).status_code == 403
    assert not ChannelSafetyStock.objects.exists()
