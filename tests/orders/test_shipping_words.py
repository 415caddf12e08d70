"""What a channel calls a way of shipping: named once by a person, remembered for the channel."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.enums import ChargeKind
from orders.models import Channel, Order, ShippingAlias
from orders.operations import PlacedCharge
from orders.queries.routing import request_by_number
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
WORDS = "Standard (3-5 days)"
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 50)
    return world.shop(checks_shipping=True, duplicate_window_minutes=0)


def shipped(shop, name, words=WORDS, **more):
    charge = PlacedCharge(kind=ChargeKind.SHIPPING, amount=Decimal(5), description=words)
    return world.place(shop, ("MUG", 1), external_id=name, charges=(charge,), **more)


def kinds(order):
    return [hold.kind for hold in order.holds.filter(lifted_at=None)]


def stages():
    return list(Order.objects.order_by("pk").values_list("stage", flat=True))


def test_unknown_words_hold_the_order_and_are_named_once_for_all(shop):
    other = world.shop("other", checks_shipping=True)
    first, _second, _foreign = (
        shipped(shop, "1"),
        shipped(shop, "2", "STANDARD  (3-5 days) "),
        shipped(other, "3"),
    )
    assert kinds(first) == ["unknown_shipping"]
    assert first.holds.get().reason == f"Unknown shipping method: {WORDS}"
    assert first.lines.get().allocated == 0  # where it comes from may depend on it

    orders.remember_shipping(first, by="user:7", method=" Ground ")
    drain(webhooks=False)
    later = shipped(shop, "4")

    assert stages() == ["fulfilment", "fulfilment", "validation", "fulfilment"]
    alias = ShippingAlias.objects.get()
    assert (alias.channel, alias.alias, alias.method) == (shop, "standard (3-5 days)", "ground")
    assert alias.remembered_by == "user:7"
    assert request_by_number(later.number).facts["shipping_method"] == "ground"
    assert_ledgers_hold()


def test_more_waiting_orders_than_go_on_at_once_follow_by_themselves(shop, monkeypatch):
    monkeypatch.setattr("orders.operations.intake.AT_ONCE", 2)
    first, *_ = [shipped(shop, name) for name in "123456"]

    orders.remember_shipping(first, by=BY, method="ground")
    drain(webhooks=False)

    assert stages() == ["fulfilment"] * 6
    assert ShippingAlias.objects.count() == 1


def test_our_own_names_no_words_and_channels_that_do_not_ask_hold_nothing(shop):
    ShippingAlias.objects.create(channel=shop, alias="std", method="ground")
    free = world.shop("free", duplicate_window_minutes=0)

    for at, (channel, words) in enumerate(
        [(shop, "Ground"), (shop, "Std"), (shop, ""), (free, "?")]
    ):
        assert kinds(shipped(channel, str(at), words)) == []
    assert kinds(world.place(shop, ("MUG", 1), external_id="none")) == []


def test_naming_what_nothing_waits_for_is_refused_and_changes_nothing(shop):
    held = shipped(shop, "1")
    known = shipped(world.shop("free"), "2")
    before = Event.objects.count()

    for order, method in ((known, "ground"), (held, "  ")):
        with pytest.raises(orders.NothingToName):
            orders.remember_shipping(order, by=BY, method=method)

    assert not ShippingAlias.objects.exists()
    assert kinds(held) == ["unknown_shipping"]
    assert Event.objects.count() == before


def test_let_go_without_a_name_it_is_routed_by_the_channels_words(shop):
    order = shipped(shop, "1")

    orders.lift_hold(order.holds.get(), by=BY, reason="Only this once")

    assert stages() == ["fulfilment"]
    assert request_by_number(order.number).facts["shipping_method"] == WORDS.casefold()
    assert kinds(shipped(shop, "2")) == ["unknown_shipping"]


def test_database_knows_words_of_a_channel_once_and_no_empty_method(shop):
    ShippingAlias.objects.create(channel=shop, alias="std", method="ground")
    for method, alias in (("express", "std"), ("", "fast")):
        with pytest.raises(IntegrityError), transaction.atomic():
            ShippingAlias.objects.create(channel=shop, alias=alias, method=method)


def test_queue_leads_to_the_form_which_says_how_many_wait_and_the_list_shows_it(shop, admin_client):
    first, *_ = [shipped(shop, name) for name in "123"]
    url = reverse("admin:orders_order_act", args=[first.pk, "name_shipping"])
    queue = admin_client.get(reverse("admin:orders_hold_changelist"), {"view": "all"}).text
    form = admin_client.get(url).text

    admin_client.post(url, {"act": "name_shipping", "method": "Ground"})
    drain(webhooks=False)
    listed = admin_client.get(reverse("admin:orders_shippingalias_changelist")).text

    assert url in queue
    assert "Name method" in queue
    assert "2 other orders wait" in form
    assert stages() == ["fulfilment"] * 3
    assert "standard (3-5 days)" in listed
    assert "ground" in listed


def test_alias_added_by_hand_is_kept_as_words_are_looked_up(shop, admin_client):
    sent = {"channel": shop.pk, "alias": " Next  Day", "method": "Express"}
    admin_client.post(reverse("admin:orders_shippingalias_add"), sent)

    row = ShippingAlias.objects.get()
    assert (row.alias, row.method) == ("next day", "express")
    assert kinds(shipped(shop, "1", "NEXT DAY")) == []


def test_channel_page_asks_whether_it_knows_shipping_methods(shop, admin_client):
    page = admin_client.get(reverse("admin:orders_channel_change", args=[shop.pk])).text
    assert 'name="checks_shipping"' in page
    assert not Channel._meta.get_field("checks_shipping").default
