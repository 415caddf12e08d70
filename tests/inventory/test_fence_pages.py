"""The back office about fences: list, acts, and what each channel may sell."""

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import ChannelSafetyStock, Fence
from oms.models import User
from tests import factories as world

pytestmark = pytest.mark.django_db
LIST = "/admin/inventory/fence/"


@pytest.fixture
def login(client):
    def as_role(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_role


@pytest.fixture
def mug():
    world.shop()
    return world.stocked("MUG", world.warehouse(), 30)


def keep(product, units):
    from orders.models import Channel

    channel = Channel.objects.get(code="shop").pk
    wish = inventory.FenceWish(product.pk, inventory.Quantity(units=units), channel)
    return inventory.set_fence(wish, by=world.BY)


def press(client, model, obj, act, **data):
    url = reverse(f"admin:inventory_{model}_act", args=[obj.pk, act])
    return client.post(url, {"act": act, **data}, follow=True)


def test_keep_for_a_group_from_the_product_page(login, mug):
    ops = login("Operations")

    answer = press(ops, "product", mug, "keep-for", quantity=40, kind="units", group="vip")

    assert "30 × MUG are kept; 10 more as stock arrives" in answer.content.decode()
    fence = Fence.objects.get()
    assert (fence.group, fence.amount, fence.set_by) == ("vip", 40, f"user:{User.objects.get().pk}")


def test_keep_for_nobody_is_refused_and_keeps_nothing(login, mug):
    answer = press(login("Operations"), "product", mug, "keep-for", quantity=4, kind="units")

    assert "Say for which channel or customer group" in answer.content.decode()
    assert not Fence.objects.exists()


def test_fences_are_set_by_operations_alone(login, mug):
    answer = press(
        login("Warehouse"), "product", mug, "keep-for", quantity=4, kind="units", group="a"
    )

    assert answer.status_code == 403
    assert not Fence.objects.exists()


def test_change_and_lift_from_the_fence_s_page(login, mug):
    fence, ops = keep(mug, 20), login("Operations")

    press(ops, "fence", fence, "change", quantity=50, kind="share", reason="Half")
    fence.refresh_from_db()
    assert (fence.share, fence.amount) == (50, 15)

    press(ops, "fence", fence, "lift", reason="Over")
    fence.refresh_from_db()
    assert fence.lifted_at


def test_channel_safety_stock_from_the_product_page(login, mug):
    ops, fence = login("Operations"), keep(mug, 1)

    press(ops, "product", mug, "channel-safety", channel=fence.channel_id, quantity=3)
    assert ChannelSafetyStock.objects.get().quantity == 3
    press(ops, "product", mug, "channel-safety", channel=fence.channel_id, quantity="")
    assert not ChannelSafetyStock.objects.exists()


def test_product_page_says_what_each_channel_may_sell(login, mug):
    keep(mug, 20)
    world.shop("market", name="Market")

    page = login("Operations").get(reverse("admin:inventory_product_change", args=[mug.pk]))

    figures = {row.channel.code: row.available for row in page.context["selling"]}
    assert figures == {"market": 10, "shop": 30}
    assert "Kept for others" in page.content.decode()


def test_list_with_three_fences_asks_as_much_as_with_one(login, mug):
    ops = login("Operations")

    def count():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert ops.get(LIST).status_code == 200
        return len(queries)

    keep(mug, 2)
    count()
    with_one = count()
    keep(mug, 3)
    keep(mug, 4)

    assert count() == with_one
    assert ops.get(f"{LIST}{Fence.objects.first().pk}/change/").status_code == 200


def test_product_page_says_which_waiting_order_is_on_hold(login, mug):
    from orders.models import Channel

    shop = Channel.objects.get(code="shop")
    world.place(shop, ("MUG", 40))
    world.place(shop, ("MUG", 50), shipping_address={**world.LONDON, "city": ""})

    page = login("Operations").get(reverse("admin:inventory_product_change", args=[mug.pk]))

    assert [(line.backordered, line.is_held) for line in page.context["waiting"]] == [
        (10, 0),
        (50, 1),
    ]
    assert page.content.decode().count("on hold") == 1
