"""What a channel says in its own words: put right once, remembered for the channel."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from customers import queries as customers
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import CountryAlias, KnownPrice, Order, PriceList, SkuAlias
from orders.queries.sealing import CONTEXT
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY
FOREIGN = {**world.LONDON, "country": "Great  britain"}


@pytest.fixture
def mug(db):
    return world.stocked("MUG", world.warehouse(), 50)


def stages():
    return list(Order.objects.order_by("pk").values_list("stage", flat=True))


def unknown(shop, *names):
    return [world.place(shop, ("TASSE", at), external_id=name) for at, name in enumerate(names, 1)]


def test_remember_sku_solves_the_channels_other_waiting_orders_and_later_ones(mug):
    shop, other = world.shop(), world.shop("other")
    first, _, foreign = *unknown(shop, "1", "2"), world.place(other, ("TASSE", 3))

    orders.remember_sku(first.lines.get(), by="user:7", product=mug)
    drain(webhooks=False)
    later = world.place(shop, ("TASSE", 4), external_id="4")

    assert later.stage == "fulfilment"
    assert stages() == ["fulfilment", "fulfilment", "validation", "fulfilment"]
    alias = SkuAlias.objects.get()
    assert (alias.alias, alias.product, alias.remembered_by) == ("TASSE", mug, "user:7")
    assert not foreign.holds.exclude(lifted_at=None).exists()
    assert_ledgers_hold()


def test_solve_sku_of_one_order_remembers_nothing(mug):
    first, _second = unknown(world.shop(), "1", "2")

    orders.solve_sku(first.lines.get(), by=BY, product=mug)
    drain(webhooks=False)

    assert stages() == ["fulfilment", "validation"]
    assert not SkuAlias.objects.exists()


def test_more_waiting_orders_than_go_on_at_once_follow_by_themselves(mug, monkeypatch):
    monkeypatch.setattr("orders.operations.intake.AT_ONCE", 2)
    first, *_ = unknown(world.shop(), *"123456")

    orders.remember_sku(first.lines.get(), by=BY, product=mug)
    drain(webhooks=False)

    assert stages() == ["fulfilment"] * 6
    assert Event.objects.filter(name="order.sku_remembered").count() == 3


def test_remember_country_understands_waiting_and_later_orders(mug):
    shop = world.shop()
    first, second = (
        world.place(shop, ("MUG", at), external_id=str(at), shipping_address=FOREIGN)
        for at in (1, 2)
    )
    assert stages() == ["validation", "validation"]

    orders.remember_country(first, by=BY, shipping_address=world.LONDON, reason="It is clear")
    drain(webhooks=False)
    later = world.place(shop, ("MUG", 3), external_id="3", shipping_address=FOREIGN)
    again = world.place(shop, ("MUG", 3), external_id="3", shipping_address=FOREIGN)

    assert CountryAlias.objects.get().alias == "great britain"
    assert stages() == ["fulfilment"] * 3
    assert (later.ship_country, again) == ("GB", later)
    second.refresh_from_db()
    sealed = customers.unseal(second.subject, second.sealed, CONTEXT)
    assert (second.ship_country, sealed["shipping_address"]["country"]) == ("GB", "GB")
    assert_ledgers_hold()


def test_an_order_with_a_location_keeps_no_other_from_its_country(mug):
    shop = world.shop()
    first, busy, third = (
        world.place(shop, ("MUG", at), external_id=str(at), shipping_address=FOREIGN)
        for at in (1, 2, 3)
    )
    busy.lines.update(allocated=2, released=2)

    orders.remember_country(first, by=BY, shipping_address=world.LONDON, reason="It is clear")
    event = Event.objects.get(name="order.country_remembered")

    assert orders.solve_waiting(event) == 1
    busy.refresh_from_db()
    third.refresh_from_db()
    assert (busy.ship_country, third.ship_country) == ("", "GB")


def test_what_a_person_corrected_or_ended_meanwhile_is_left_alone(mug, monkeypatch):
    shop = world.shop()
    first, second = (
        world.place(shop, ("MUG", at), external_id=str(at), shipping_address=FOREIGN)
        for at in (1, 2)
    )
    third, fourth = unknown(shop, "3", "4")
    orders.remember_country(first, by=BY, shipping_address=world.LONDON, reason="It is clear")
    orders.remember_sku(third.lines.get(), by=BY, product=mug)
    seen = Order.objects.get(pk=second.pk)  # as a consumer read them a moment ago
    monkeypatch.setattr("orders.operations.intake.waiting_for_country", lambda _: [seen])
    monkeypatch.setattr("orders.operations.intake.waiting_for_sku", lambda *_: [fourth.pk])
    paris = {**world.LONDON, "country": "FR", "postcode": "75001"}
    orders.correct_address(second, by="user:7", shipping_address=paris, reason="The buyer said")
    orders.cancel(fourth, by="user:7", reason="customer")

    for name in ("order.country_remembered", "order.sku_remembered"):
        assert orders.solve_waiting(Event.objects.get(name=name)) == 0

    second.refresh_from_db()
    assert second.ship_country == "FR"


def test_remember_country_where_the_channel_named_a_code_only_corrects(mug):
    order = world.place(world.shop(), ("MUG", 1), shipping_address={**world.LONDON, "postcode": ""})

    orders.remember_country(order, by=BY, shipping_address=world.LONDON, reason="The buyer said")

    assert stages() == ["fulfilment"]
    assert not CountryAlias.objects.exists()


def test_form_says_how_many_wait_for_the_same_and_the_list_how_often_it_was_used(mug, admin_client):
    first, *_ = unknown(world.shop(), "1", "2", "3")
    url = reverse("admin:orders_order_act", args=[first.pk, "solve_sku"])
    assert "2 other orders wait for it" in admin_client.get(url).content.decode()

    sent = {"act": "solve_sku", "line": first.lines.get().pk, "product": mug.pk, "remember": "on"}
    admin_client.post(url, sent)
    drain(webhooks=False)

    page = admin_client.get(reverse("admin:orders_skualias_changelist")).content.decode()
    assert ">3<" in page.replace(" ", "").replace("\n", "")
    assert stages() == ["fulfilment"] * 3


# --- Prices of a channel's own ----------------------------------------------------------------


@pytest.fixture
def compares(mug):
    """A shop whose prices are compared with a list that says 9.50 for a mug and 5.00 for a cup."""
    world.stocked("CUP", world.warehouse("LDS"), 50)
    listed = PriceList.objects.create(code="all", name="All", currency="GBP")
    rows = [orders.PriceRow(2, "MUG", "9.50", "1"), orders.PriceRow(3, "CUP", "5.00", "1")]
    orders.set_prices(listed, rows, by=BY)
    return world.shop(checks_prices=True, duplicate_window_minutes=0)


def test_remember_prices_lets_the_channels_other_waiting_orders_and_later_ones_go_on(compares):
    first, second = (world.place(compares, ("MUG", at, "9.00")) for at in (1, 2))
    other = world.place(compares, ("MUG", 1, "9.00"), ("CUP", 1, "4.00"))
    wrong = world.place(compares, ("MUG", 1, "8.00"))
    assert stages() == ["validation"] * 4

    orders.remember_prices(first.holds.get(), by="user:7", reason="Agreed")
    drain(webhooks=False)
    later = world.place(compares, ("MUG", 3, "9.00"))

    known = KnownPrice.objects.get()
    assert (known.product.sku, float(known.unit_price), known.remembered_by) == ("MUG", 9, "user:7")
    assert stages() == ["fulfilment", "fulfilment", "validation", "validation", "fulfilment"]
    assert second.holds.get().lift_reason == "These prices of the channel are known now"
    assert [hold.lifted_at for hold in (*other.holds.all(), *wrong.holds.all())] == [None, None]
    assert not later.holds.exists()
    orders.remember_prices(other.holds.get(), by=BY, reason="Agreed")
    assert float(KnownPrice.objects.get(product__sku="CUP").unit_price) == 4
    assert_ledgers_hold()


def test_more_orders_than_go_on_at_once_follow_by_themselves(compares, monkeypatch):
    monkeypatch.setattr("orders.operations.intake.AT_ONCE", 2)
    first, *_ = (world.place(compares, ("MUG", at, "9.00")) for at in range(1, 6))

    orders.remember_prices(first.holds.get(), by=BY, reason="Agreed")
    drain(webhooks=False)

    assert stages() == ["fulfilment"] * 5


def test_a_total_that_does_not_add_up_has_no_price_to_remember(compares):
    order = world.place(compares, ("MUG", 1, "9.50"), total=Decimal(11))
    with pytest.raises(orders.NoPricesToRemember):
        orders.remember_prices(order.holds.get(), by=BY, reason="Agreed")
    assert (stages(), KnownPrice.objects.count()) == (["validation"], 0)


def test_the_database_has_one_price_of_a_product_in_a_channel(compares, mug):
    KnownPrice.objects.create(channel=compares, product=mug, unit_price=9)
    with pytest.raises(IntegrityError), transaction.atomic():
        KnownPrice.objects.create(channel=compares, product=mug, unit_price=8)
    with pytest.raises(IntegrityError), transaction.atomic():
        KnownPrice.objects.update(unit_price=-1)


def test_button_of_the_queue_accepts_a_price_and_remembers_it_when_told_to(compares, admin_client):
    first, second = (world.place(compares, ("MUG", at, "9.00")) for at in (1, 2))
    url = reverse("admin:orders_hold_act", args=[first.holds.get().pk, "accept_prices"])
    assert url in admin_client.get(reverse("admin:orders_hold_changelist")).content.decode()

    assert "MUG at 9.00, listed at 9.50. Later orders" in admin_client.get(url).content.decode()

    admin_client.post(url, {"act": "accept_prices", "reason": "Agreed"})
    drain(webhooks=False)
    assert (stages(), KnownPrice.objects.count()) == (["fulfilment", "validation"], 0)
    url = reverse("admin:orders_hold_act", args=[second.holds.get().pk, "accept_prices"])
    admin_client.post(url, {"act": "accept_prices", "reason": "Agreed", "remember": "on"})
    assert stages() == ["fulfilment"] * 2
    listed = admin_client.get(reverse("admin:orders_knownprice_changelist")).content.decode()
    assert "£9.00" in listed
