"""Buyers who cannot be written to, and countries that earlier releases kept as they were told."""

from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from customers import operations as customers
from customers import queries
from customers.models import Notification
from oms.dispatch import drain
from orders import operations as orders
from orders.models import Channel, Order
from orders.queries.sealing import CONTEXT
from tests import factories as world

BY = world.BY
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    world.stocked("MUG", world.warehouse(), 50)
    return world.shop(duplicate_window_minutes=0)


def placed(shop, email, **more):
    return world.place(shop, ("MUG", 1), customer=replace(world.ADA, email=email), **more)


def kinds(order):
    return [hold.kind for hold in order.holds.filter(lifted_at=None)]


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada.example.org",
        "ada@",
        "@example.org",
        "ada byron@example.org",
        "a@b@example.org",
        "ada@example.org, ben@example.org",
        "ada@example.org\nBcc: ben@example.org",
    ],
)
def test_impossible_address_holds_the_order_and_loses_nothing(shop, email):
    order = placed(shop, email)

    hold = order.holds.get(lifted_at=None)
    assert (hold.kind, hold.owner) == ("incomplete_contact", "Support")
    assert hold.reason == "The e-mail address of the buyer cannot be one"  # which says nobody's
    assert order.lines.get().allocated == 1
    sealed = queries.unseal(order.subject, order.sealed, CONTEXT)
    assert sealed["contact"]["email"] == email

    orders.lift_hold(hold, by=BY, reason="They call us")
    order.refresh_from_db()
    assert order.stage == "fulfilment"


@pytest.mark.parametrize(
    "email", ["", " ", "ada@example.org", "ADA+x@sub.example.org", "ada@b\u00fccher.example"]
)
def test_possible_address_and_none_hold_nothing(shop, email):
    assert kinds(placed(shop, email)) == []


def test_no_mail_is_tried_there_until_it_is_corrected_at_the_customer(shop, mailoutbox):
    Channel.objects.update(notifies_customers=True)
    shop.refresh_from_db()
    order = placed(shop, "ada byron", placed_at=timezone.now())
    drain(webhooks=False)
    customers.send_due()
    assert mailoutbox == []
    kept = Notification.objects.get()
    assert (kept.state, kept.why) == (
        "suppressed",
        "The e-mail address that is known cannot be one.",
    )

    known = replace(world.ADA, email="ada@example.org")
    customers.correct(order.customer, by=BY, party=known, reason="She called")
    orders.cancel(order, by=BY, reason="customer")
    drain(webhooks=False)
    customers.send_due()

    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]


@pytest.mark.parametrize("told", ["gb", "Uk", "GBR", "United Kingdom", "GB"])
def test_placing_keeps_the_code_of_a_country(shop, told):
    order = world.place(shop, ("MUG", 1), shipping_address={**world.LONDON, "country": told})

    sealed = queries.unseal(order.subject, order.sealed, CONTEXT)
    assert (order.ship_country, sealed["shipping_address"]["country"]) == ("GB", "GB")


def test_upgrading_puts_old_countries_into_capitals_in_steps(shop, monkeypatch):
    migration = import_module("orders.migrations.0072_countries_in_capitals")
    monkeypatch.setattr(migration, "BATCH", 2)
    rows = [world.place(shop, ("MUG", 1), external_id=str(at)) for at in range(6)]
    for order, country in zip(rows, ["gb", "gb", "gb", "fr", "DE", ""], strict=True):
        Order.objects.filter(pk=order.pk).update(ship_country=country)
    sealed = list(Order.objects.order_by("pk").values_list("sealed", flat=True))

    for _ in range(2):
        migration.capitals(apps, connection.schema_editor())

    found = Order.objects.order_by("pk").values_list("ship_country", "sealed")
    assert [country for country, _ in found] == ["GB", "GB", "GB", "FR", "DE", ""]
    assert [bytes(one) for _, one in found] == [bytes(one) for one in sealed]
