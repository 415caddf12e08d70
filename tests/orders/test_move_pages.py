"""The page on which an order is split or merged, and what the order's page says of it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from oms.dispatch import drain
from orders.models import Order, OrderChange
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


def test_page_draws_a_part_of_the_lines_and_finds_the_others(ben, order, monkeypatch):
    monkeypatch.setattr("orders.admin.page.LINES_SHOWN", 2)
    long = world.place(order.channel, ("MUG", 1), ("CUP", 2), ("MUG", 3), ("MUG", 4))
    drain(webhooks=False)

    def units(answer):
        return [row["free"] for row in answer.context["rows"]]

    first = ben.get(url("move_page", long))
    assert (units(first), first.context["line_count"]) == ([1, 2], 4)
    assert text(first).count("Split off") == 2
    rest = ben.get(url("change_lines", long), {"split": "1", "lines": "2"})
    assert (units(rest), "Split off MUG" in text(rest)) == ([3, 4], True)
    assert units(ben.get(url("change_lines", long), {"split": "1", "line": "cup"})) == [2]


def test_kept_split_is_shown_as_what_it_is_and_done_from_the_draft(ben, order):
    other, line = second(order), order.lines.get()
    decided(ben, order, **split(order, "2"), **{f"merge-{other.number}": "on"}, act="keep")
    draft = OrderChange.objects.get()

    page = ben.get(url("change_page", order), {"draft": draft.number})

    assert page.context["rows"][0]["wanted"]["quantity"] == "3"
    shown = text(page)
    assert (
        f'name="line-{line.pk}-split" type="number" inputmode="numeric" min="0" value="2"' in shown
    )
    assert f'name="merge-{other.number}" checked' in shown
    assert "2 units, £20.00" in shown
    sent = {**split(order, "2"), "draft": draft.number, "base": page.context["base"]}
    decided(ben, order, **sent, act="confirm")
    order.refresh_from_db()
    assert (order.lines.get().due, order.total) == (1, Decimal(10))
    draft.refresh_from_db()
    assert draft.status == "confirmed"
