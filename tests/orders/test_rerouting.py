"""Routing again: by a person's wish or because other rules came into force."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from inventory import operations as inventory
from inventory import queries as stock
from inventory.models import SourcingDecision
from oms.dispatch import drain
from oms.models import Event, User
from orders import operations as orders
from orders.operations.rerouting import CURSOR
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
EVERY = {"conditions": {"all": []}, "ranking": {"order": ["parcels"]}}


@pytest.fixture
def shop():
    return world.shop(duplicate_window_minutes=0, auto_release=False)


@pytest.fixture
def network():
    london, leeds = (
        world.warehouse("LON", priority=1),
        world.warehouse("LEE", priority=2, kind="store"),
    )
    world.stocked("MUG", london, 10)
    world.stocked("MUG", leeds, 4)
    return london, leeds


def only_stores():
    drafted = inventory.draft_rules(
        "New", by=BY, rules=[{"name": "R", "groups": ["kind:store"], **EVERY}]
    )
    inventory.activate_rules(drafted, by=BY)


def places(order):
    rows = stock.open_reservations(line.pk for line in order.lines.all())
    return sorted((row.level.location.code, row.quantity) for row in rows)


def refused(error, order):
    before = (places(order), SourcingDecision.objects.count(), Event.objects.count())
    with pytest.raises(error):
        orders.reroute(order, by=BY)
    assert before == (places(order), SourcingDecision.objects.count(), Event.objects.count())


def test_reroute_follows_the_rules_in_force_and_keeps_why(shop, network):
    order = world.place(shop, ("MUG", 3))
    only_stores()

    orders.reroute(order, by=BY)

    assert places(order) == [("LEE", 3)]
    assert list(SourcingDecision.objects.order_by("pk").values_list("cause", flat=True)) == [
        "placed",
        "rerouted",
    ]
    assert Event.objects.get(name="order.rerouted").actor == BY
    assert_ledgers_hold()


def test_reroute_keeps_away_from_who_gave_the_order_back_within_a_day(shop, network):
    london, _ = network
    order = orders.release(world.place(shop, ("MUG", 3)), by=BY)
    drain(webhooks=False)
    work = order.fulfillment_orders.get(location=london)
    fulfillment.reject(work, by=BY, reason="capacity")
    rejected = places(order)

    orders.reroute(order, by=BY)
    soon = places(order)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        orders.reroute(order, by=BY)

    assert (rejected, soon, places(order)) == ([("LEE", 3)], [("LEE", 3)], [("LON", 3)])
    assert stock.given_back(order.pk, since=timezone.now() - timedelta(days=2)) == {london.pk}
    assert_ledgers_hold()


def test_reroute_that_would_serve_less_keeps_everything(shop, network):
    order = world.place(shop, ("MUG", 8))
    only_stores()
    refused(orders.RouteServesLess, order)


def test_reroute_what_is_released_or_held_is_refused(shop, network):
    order = world.place(shop, ("MUG", 3))
    orders.release(order, by=BY)
    refused(orders.NothingToReroute, order)
    held = world.place(shop, ("MUG", 1))
    orders.place_hold(held, by=BY, kind="other", reason="Wait")
    refused(orders.OrderOnHold, held)


def test_window_routes_only_what_other_rules_routed(shop, network):
    cache.delete(CURSOR)
    first, large = world.place(shop, ("MUG", 2)), world.place(shop, ("MUG", 7))
    assert orders.reroute_due() == 0
    only_stores()

    assert orders.reroute_due() == 1
    assert orders.reroute_due() == 0

    assert (places(first), places(large)) == ([("LEE", 2)], [("LON", 7)])
    assert_ledgers_hold()


def test_button_routes_again(client, shop, network):
    client.force_login(User.objects.create_superuser("ben", password="x"))
    order = world.place(shop, ("MUG", 3))
    only_stores()
    url = reverse("admin:orders_order_act", args=[order.pk, "reroute"])
    page = client.post(url, {"act": "reroute"}, follow=True).content.decode()
    assert "is routed again" in page
    assert places(order) == [("LEE", 3)]
