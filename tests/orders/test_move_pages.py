"""The page on which an order is split or merged, and what the order's page says of it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from oms.dispatch import drain
from orders.models import Order
from tests import factories as world
from tests.orders.test_change_pages import ben, decided, looked_at, order, sign_in, text, url

__all__ = ["ben", "order", "sign_in"]  # fixtures
pytestmark = pytest.mark.django_db


def split(order, units):
    return {f"line-{order.lines.first().pk}-split": units}


def second(order):
    found = world.place(order.channel, ("CUP", 1, "5.00"))
    drain(webhooks=False)
    return found


def test_split_is_looked_at_before_anything_happens_and_then_done(ben, order):
    assert "Units to split off" in text(ben.get(url("move_page", order)))

    shown = looked_at(ben, order, **split(order, "2"))
    base = shown.context["base"]
    assert "2 units, £20.00" in text(shown)
    assert Order.objects.count() == 1

    done = decided(ben, order, **split(order, "2"), act="confirm", reason="Two parcels", base=base)
    assert done.headers["HX-Redirect"].endswith(f"/{order.pk}/change/")
    other = Order.objects.exclude(pk=order.pk).get()
    page = text(ben.get(reverse("admin:orders_order_change", args=[other.pk])))
    assert f'Split off from <a class="oms-link" href="/admin/orders/order/{order.pk}' in page


def test_split_of_what_is_no_number_says_so(ben, order):
    assert "MUG: two is not a number of units" in text(looked_at(ben, order, **split(order, "two")))


def test_page_suggests_to_ship_together_what_goes_to_one_place(ben, order):
    other = second(order)
    page = text(ben.get(reverse("admin:orders_order_change", args=[order.pk])))
    link = f"{url('move_page', order)}?merge={other.number}"
    assert link in page

    shown = ben.get(link)
    assert "all of it is here" in text(shown)
    base = shown.context["base"]
    decided(ben, order, **{f"merge-{other.number}": "on"}, act="confirm", base=base)

    order.refresh_from_db()
    assert order.total == Decimal(35)
    page = text(ben.get(reverse("admin:orders_order_change", args=[other.pk])))
    assert "Merged into" in page


def test_page_suggests_nothing_that_is_somebody_elses_or_goes_elsewhere(ben, order):
    world.place(order.channel, ("CUP", 1, "5.00"), customer=world.CORA)
    leeds = {**world.LONDON, "city": "Leeds", "postcode": "LS1 6PU"}
    world.place(order.channel, ("CUP", 1, "5.00"), shipping_address=leeds)
    assert "Ship together" not in text(
        ben.get(reverse("admin:orders_order_change", args=[order.pk]))
    )


def test_whoever_may_not_change_orders_may_not_move_their_units(sign_in, order):
    client = sign_in("Warehouse")
    assert client.get(url("move_page", order)).status_code == 403
    assert looked_at(client, order, **split(order, "1")).status_code == 403
