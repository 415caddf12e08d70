"""A basket becomes an order: its units are the order's, once, however often it is sent."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from inventory import operations as inventory
from inventory.models import FenceUse, Location, SoftReservation, StockLevel
from oms import keys
from oms.models import Event
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY


@pytest.fixture
def shop():
    world.stocked("MUG", world.warehouse("LON"), 5)
    return world.shop(allows_backorder=False, soft_units=20, duplicate_window_minutes=0)


def keep(shop, quantity, token="cart-0001", **more):
    wish = orders.SoftWish(lines=[("MUG", quantity)], token=token, **more)
    return orders.set_aside(shop, wish, by=BY)


def level():
    return StockLevel.objects.values_list("on_hand", "reserved").get()


def allocated(order):
    return order.lines.get().allocated


def test_order_takes_what_its_basket_kept(shop):
    soft, _ = keep(shop, 5)

    order = world.place(shop, ("MUG", 5), reservation="cart-0001")

    soft.refresh_from_db()
    assert (soft.state, soft.reference) == ("consumed", order.number)
    assert (allocated(order), level()) == (5, (5, 5))
    event = Event.objects.get(name="soft_reservation.consumed")
    assert (event.actor, event.facts["order"]) == (BY, order.number)
    assert_ledgers_hold()


def test_order_without_the_token_cannot_have_them(shop):
    keep(shop, 5)

    with pytest.raises(orders.OutOfStock):
        world.place(shop, ("MUG", 1))

    assert (Order.objects.count(), level()) == (0, (5, 5))


def test_order_of_less_gives_the_rest_back(shop):
    keep(shop, 5)

    world.place(shop, ("MUG", 2), reservation="cart-0001")

    assert level() == (5, 2)
    assert Event.objects.filter(name="stock.increased", facts__cause="released").exists()
    assert_ledgers_hold()


def test_order_of_more_takes_the_rest_from_everybody(shop):
    keep(shop, 3)

    order = world.place(shop, ("MUG", 5), reservation="cart-0001")

    assert (allocated(order), level()) == (5, (5, 5))
    assert_ledgers_hold()


def test_order_sent_twice_consumes_once(shop):
    keep(shop, 2)
    first = world.place(shop, ("MUG", 2), reservation="cart-0001", external_id="W-1")

    again = world.place(shop, ("MUG", 2), reservation="cart-0001", external_id="W-1")

    assert (again.number, level()) == (first.number, (5, 2))
    assert Event.objects.filter(name="soft_reservation.consumed").count() == 1
    assert_ledgers_hold()


def test_second_order_with_a_used_token_is_served_like_anybody(shop):
    keep(shop, 2)
    world.place(shop, ("MUG", 2), reservation="cart-0001", external_id="W-1")

    order = world.place(shop, ("MUG", 3), reservation="cart-0001", external_id="W-2")

    assert (allocated(order), level()) == (3, (5, 5))
    assert_ledgers_hold()


def test_refused_order_leaves_its_basket_as_it_was(shop):
    soft, _ = keep(shop, 5)

    with pytest.raises(orders.OutOfStock):
        world.place(shop, ("MUG", 6), reservation="cart-0001")

    soft.refresh_from_db()
    assert (soft.state, level()) == ("open", (5, 5))
    assert_ledgers_hold()


def test_refused_order_of_a_batch_lends_its_basket_to_no_other(shop):
    keep(shop, 5)
    wishes = [
        world.wish(("MUG", 6), external_id="W-1", reservation="cart-0001"),
        world.wish(("MUG", 5), external_id="W-2", customer=world.CORA),
    ]

    told = orders.place(shop, wishes, by=BY)

    assert [row.error.code for row in told] == ["out_of_stock", "out_of_stock"]
    assert level() == (5, 5)
    assert_ledgers_hold()


def test_order_that_is_held_gives_its_basket_back(shop):
    keep(shop, 5)

    order = world.place(
        shop, ("MUG", 5), reservation="cart-0001", shipping_address={**world.LONDON, "line1": ""}
    )

    assert (order.stage, allocated(order), level()) == ("validation", 0, (5, 0))
    assert_ledgers_hold()


def test_basket_of_another_channel_is_not_touched(shop):
    other = world.shop("other")
    keep(other, 2)

    world.place(shop, ("MUG", 3), reservation="cart-0001")

    assert SoftReservation.objects.get().state == "open"
    assert level() == (5, 5)


def test_placing_without_a_token_asks_nothing_more(shop, django_assert_max_num_queries):
    world.place(shop, ("MUG", 1))

    with django_assert_max_num_queries(40) as captured:
        world.place(shop, ("MUG", 1), customer=world.CORA)

    assert not [q for q in captured if "softreservation" in q["sql"]]


def test_set_aside_twice_with_one_token_gives_the_same(shop):
    first, created = keep(shop, 2)
    again, created_again = keep(shop, 2)

    assert (created, created_again, first.pk) == (True, False, again.pk)
    assert level() == (5, 2)


def test_set_aside_with_a_used_token_and_other_lines_is_refused(shop):
    keep(shop, 2)

    with pytest.raises(orders.SoftTokenReused):
        keep(shop, 3)

    assert level() == (5, 2)


@pytest.mark.parametrize(
    ("policy", "wish"),
    [
        ({"soft_units": 2}, {}),
        ({"soft_open": 0}, {}),
        ({"soft_longest_hours": 0}, {}),
        ({"soft_longest_hours": 1}, {"minutes": 90}),
    ],
)
def test_set_aside_beyond_the_channels_limits_changes_nothing(shop, policy, wish):
    for name, value in policy.items():
        setattr(shop, name, value)

    with pytest.raises(orders.SoftLimit):
        keep(shop, 3, **wish)

    assert (SoftReservation.objects.count(), level()) == (0, (5, 0))


def test_set_aside_of_unknown_sku_is_refused(shop):
    with pytest.raises(orders.UnknownSkus) as refused:
        orders.set_aside(shop, orders.SoftWish([("NO", 1)]), by=BY)

    assert refused.value.params == {"skus": "NO"}


def test_renew_counts_the_whole_life(shop):
    shop.soft_longest_hours = 1
    soft, _ = keep(shop, 1)
    SoftReservation.objects.update(created_at=timezone.now() - timedelta(minutes=55))
    soft.refresh_from_db()

    with pytest.raises(orders.SoftLimit):
        orders.renew(shop, soft, by=BY, minutes=15)

    before = soft.expires_at
    soft.refresh_from_db()
    assert soft.expires_at == before


# --- The API ------------------------------------------------------------------------------------


@pytest.fixture
def call(client, shop):
    key = keys.create("Shop", channel="shop")[1]

    def send(method, path, data=None, **headers):
        answer = getattr(client, method)(
            f"/api/v1/reservations/{path}",
            data,
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}", **headers},
        )
        return answer.status_code, answer.json()

    return send


CART = {"token": "cart-0001", "lines": [{"sku": "MUG", "quantity": 2}], "country": "GB"}


def test_api_sets_aside_extends_and_gives_back(call):
    status, soft = call("post", "", CART)
    assert (status, soft["state"]) == (201, "open")
    assert soft["lines"] == [{"sku": "MUG", "location": "LON", "quantity": 2}]
    assert call("post", "", CART) == (200, soft)

    status, longer = call("patch", "cart-0001/", {"minutes": 60})
    assert status == 200
    assert longer["expires_at"] > soft["expires_at"]
    assert call("patch", "cart-0001/", {"lines": [{"sku": "MUG", "quantity": 5}]})[0] == 200
    assert level() == (5, 5)

    status, gone = call("delete", "cart-0001/")
    assert (status, gone["state"], gone["lines"]) == (200, "released", [])
    assert call("get", "cart-0001/") == (200, gone)
    assert level() == (5, 0)


def test_api_says_what_is_wrong(call):
    assert call("post", "", {"lines": []})[0] == 400
    assert call("post", "", CART | {"location": "NO"})[1]["errors"][0]["pointer"] == "/location"
    many = CART | {"lines": [{"sku": "MUG", "quantity": 6}]}
    status, told = call("post", "", many)
    assert (status, told["code"]) == (409, "not_available")
    assert call("get", "cart-9999/")[0] == 404


def test_api_shows_no_basket_of_another_channel(call):
    keep(world.shop("other"), 1)

    assert call("get", "cart-0001/")[0] == 404
    assert call("delete", "cart-0001/")[0] == 404
    assert level() == (5, 1)


# --- Fences and safety stock of the channel -------------------------------------------------------


def fence(units, **whose):
    product = StockLevel.objects.get().product_id
    wish = inventory.FenceWish(product, inventory.Quantity(units=units), **whose)
    return inventory.set_fence(wish, by=BY)


def state(quota):
    quota.refresh_from_db()
    return quota.used, StockLevel.objects.get().fenced


def test_basket_takes_what_is_fenced_for_its_channel_and_uses_the_quota(shop):
    quota = fence(3, channel_id=shop.pk)

    keep(shop, 4)

    assert state(quota) == (3, 0)
    assert_ledgers_hold()


def test_basket_cannot_take_what_is_fenced_for_another_channel(shop):
    quota = fence(3, channel_id=world.shop("market").pk)

    with pytest.raises(inventory.NotAvailable):
        keep(shop, 3)

    assert (state(quota), level()) == ((0, 3), (5, 0))


def test_basket_leaves_its_channels_safety_stock(shop):
    inventory.set_channel_safety_stock(shop.pk, 2, by=BY)

    with pytest.raises(inventory.NotAvailable):
        keep(shop, 4)
    keep(shop, 3)

    assert level() == (5, 3)


@pytest.mark.parametrize("ordered", [2, 3, 5])
def test_order_takes_over_the_quota_that_its_basket_used(shop, ordered):
    quota = fence(3, channel_id=shop.pk)
    keep(shop, 3)

    world.place(shop, ("MUG", ordered), reservation="cart-0001")

    assert state(quota) == (min(ordered, 3), 3 - min(ordered, 3))
    assert_ledgers_hold()


@pytest.mark.parametrize("ordered", [1, 3])
def test_what_an_order_leaves_of_its_baskets_fenced_units_no_other_of_the_batch_gets(shop, ordered):
    """A stranger before or behind it in one batch, whichever line is looked at first."""
    world.stocked("MUG", Location.objects.get(), 1)
    quota = fence(3, group="gold")
    gold, _ = orders.draft(shop, world.wish(("MUG", 3), placed_at=None), by=BY)
    Customer.objects.update(group="gold")
    orders.keep_stock(gold, by=BY, until=timezone.now() + timedelta(days=1))
    gold.refresh_from_db()
    other = {"customer": world.CORA}

    results = orders.place(
        shop,
        [
            world.wish(("MUG", 2), external_id="A", **other),
            world.wish(("MUG", ordered), external_id="B", reservation=gold.reservation),
            world.wish(("MUG", 2), external_id="C", **other),
        ],
        by=BY,
    )

    assert [bool(result.order) for result in results] == [True, True, False]
    assert state(quota) == (ordered, 3 - ordered)
    assert set(
        FenceUse.objects.filter(order_line__isnull=False).values_list(
            "order_line__order__external_id", flat=True
        )
    ) == {"B"}
    assert_ledgers_hold()


def test_order_draws_the_fence_before_it_takes_over_what_the_basket_used(shop):
    quota = fence(4, channel_id=shop.pk)
    keep(shop, 2)

    world.place(shop, ("MUG", 3), reservation="cart-0001")

    assert state(quota) == (3, 1)
    assert_ledgers_hold()


@pytest.mark.parametrize("quantity", [1, 2, 5])
def test_changed_basket_uses_as_much_of_the_quota_as_it_keeps(shop, quantity):
    quota = fence(3, channel_id=shop.pk)
    soft, _ = keep(shop, 2)

    orders.renew(shop, soft, by=BY, lines=[("MUG", quantity)])

    assert state(quota) == (min(quantity, 3), 3 - min(quantity, 3))
    assert_ledgers_hold()


def test_basket_that_is_given_up_refills_its_fence(shop):
    quota = fence(3, channel_id=shop.pk)
    soft, _ = keep(shop, 4)

    inventory.put_back(soft, by=BY)

    assert (state(quota), level()) == ((0, 3), (5, 0))
    assert_ledgers_hold()


def test_quote_keeps_what_is_fenced_for_its_customers_group(shop):
    quota = fence(5, group="gold")
    document, _ = orders.draft(shop, world.wish(("MUG", 4), placed_at=None), by=BY)
    until = timezone.now() + timedelta(days=1)

    with pytest.raises(inventory.NotAvailable):
        orders.keep_stock(document, by=BY, until=until)
    Customer.objects.update(group="gold")
    orders.keep_stock(document, by=BY, until=until)

    assert state(quota) == (4, 1)
    assert_ledgers_hold()
