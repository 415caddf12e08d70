"""What buyers are told of parcels that carriers lost or brought back, once each, on their order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from customers import operations as customers
from customers import queries
from customers.models import Notification
from fulfillment import operations as fulfillment
from fulfillment.models import OriginReturn, Shipment
from oms.dispatch import drain
from tests import factories as world
from tests.fulfillment.test_origin import scan_all, ship

BY = world.BY


@pytest.fixture
def shipped(floor):
    """A shipment of two mugs of now, to a buyer whom the shop leaves to us."""
    floor.channel.notifies_customers = True
    floor.channel.save()
    (shipment,) = ship(floor, placed_at=timezone.now())
    return aged(shipment)


def aged(shipment):
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=20))
    return Shipment.objects.select_related("order", "carrier").get(pk=shipment.pk)


NEW = ("return.waived", "claim.made_good", "shipment.returned_to_origin", "shipment.origin_decided")


def told(order):
    """What the order's page lists of these events, each with the words that were sent, once."""
    for _ in range(2):
        drain(webhooks=False)
        customers.send_due()
    rows = list(Notification.objects.select_related("template").order_by("pk"))
    pairs = list(zip(rows, mail.outbox, strict=True))
    mine = set(queries.notifications_about("orders.order", order.pk))
    assert mine
    return [
        (row.template.event, sent.body)
        for row, sent in pairs
        if row in mine and row.template.event in NEW
    ]


def claim(shipment, remedy):
    units = {shipment.order.lines.get().pk: 2}
    asked = fulfillment.Asked("lost", Decimal(20), "No scan", units, remedy=remedy, waiver="Lost")
    return fulfillment.open_claim(shipment, by=BY, asked=asked)


def test_lost_parcel_that_is_refunded_is_one_message(shipped):
    claim(shipped, "refund")

    ((event, words),) = told(shipped.order)

    assert event == "claim.made_good"
    assert f"the carrier has lost parcel {shipped.number}" in words
    assert "We refund £20.00" in words


def test_lost_parcel_that_is_replaced_names_the_new_order(shipped):
    replacement = claim(shipped, "replacement").credit.exchange.replacement

    ((_, words),) = told(shipped.order)

    assert f"the new order is {replacement.number}" in words


def test_claim_without_a_remedy_tells_the_buyer_nothing(shipped):
    claim(shipped, "nothing")

    assert told(shipped.order) == []


def test_refund_without_goods_says_that_nothing_need_come(shipped):
    fulfillment.deliver(shipped, by=BY)
    wishes = {shipped.order.lines.get().pk: fulfillment.Wish(2, "damaged")}
    document = fulfillment.request_return(shipped.order, by=BY, wishes=wishes)
    fulfillment.waive_missing(document, by=BY, reason="Not worth the way")

    ((event, words),) = told(shipped.order)

    assert event == "return.waived"
    assert "We refund £20.00 all the same" in words


def test_buyer_is_asked_when_a_parcel_comes_back_and_told_when_it_leaves_again(shipped):
    fulfillment.bring_back(shipped, by=BY, reason="address_unknown")
    ((event, words),) = told(shipped.order)
    assert event == "shipment.returned_to_origin"
    assert "the address could not be found" in words
    assert "shall we send it again, and to which address" in words

    events = set(Notification.objects.values_list("template__event", flat=True))
    assert not {"return.requested", "return.approved"} & events
    row = scan_all(OriginReturn.objects.get())
    fulfillment.reship(row, by=BY, reason="Moved")
    said = told(shipped.order)
    assert [name for name, _ in said] == ["shipment.returned_to_origin", "shipment.origin_decided"]
    assert row.return_order.exchange.replacement.number in said[1][1]


def test_parcel_that_was_made_good_comes_back_in_silence(shipped):
    claim(shipped, "refund")
    told(shipped.order)
    before = Notification.objects.count()

    fulfillment.bring_back(aged(shipped), by=BY, reason="other")

    assert len(told(shipped.order)) == 1
    assert Notification.objects.count() == before
