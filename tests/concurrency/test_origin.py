"""Two clerks at one parcel that came back: it is received once, and made good once."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, OriginReturn, Return, Shipment
from inventory.models import StockLevel
from oms.dispatch import drain
from orders import operations as orders
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


@pytest.fixture
def shipped(transactional_db):
    """A paid shipment of three mugs that the carrier has had for twenty days."""
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    world.stocked("MUG", world.warehouse(), 50)
    paid = orders.PlacedPayment("card", Decimal(30), "captured", "ch_1")
    order = world.place(world.shop(), ("MUG", 3, "10.00"), payments=(paid,))
    drain(webhooks=False)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    units = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=world.BY, parcels=[fulfillment.PackedParcel(500, units)])
    shipment = fulfillment.ship(document, by=world.BY, carrier="royal-mail")
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=20))
    return Shipment.objects.select_related("order__subject", "carrier").get(pk=shipment.pk)


@pytest.fixture
def returned(shipped):
    """The return by which it is received; its carrier has just brought it."""
    row = fulfillment.bring_back(shipped, by=world.BY, reason="refused")
    return Return.objects.get(pk=row.return_order_id)


def receiving(document, units=3):
    outcomes = {document.lines.get().pk: {"restock": units}}
    return [
        partial(fulfillment.receive, document, by=f"user:{clerk}", outcomes=outcomes)
        for clerk in range(2)
    ]


def counted():
    return StockLevel.objects.get().on_hand


def test_two_clerks_receive_one_parcel_and_its_units_come_once(at_once, returned):
    answers = at_once(receiving(returned))

    assert told(answers)["done"] == 1
    line = returned.lines.get()
    assert (line.restocked, counted(), line.credited) == (3, 50, 3)
    assert_ledgers_hold()


def test_two_clerks_receive_control_without_locks_counts_units_twice(
    at_once, returned, lock_nothing
):
    lock_nothing(at=Return)

    at_once(receiving(returned, units=1))

    line = returned.lines.get()
    assert counted() != 47 + line.restocked


def making_good(shipment, document):
    line = shipment.order.lines.get().pk
    asked = fulfillment.Asked(
        "damaged", Decimal(30), "Crushed", {line: 3}, remedy="refund", waiver="Our fault"
    )
    return [
        partial(fulfillment.open_claim, shipment, by="user:1", asked=asked),
        partial(fulfillment.receive, document, by="user:2", outcomes={
            document.lines.get().pk: {"restock": 3}
        }),
    ]  # fmt: skip


def test_receiving_races_the_refund_of_a_claim_and_the_buyer_is_credited_once(
    at_once, shipped, returned
):
    answers = at_once(making_good(shipped, returned))

    assert told(answers) == {"done": 1, "nothing_claimed": 1}
    assert sum(row.credit for row in Return.objects.all()) == 30
    assert_ledgers_hold()


def bringing(shipment):
    line = shipment.order.lines.get().pk
    asked = fulfillment.Asked(
        "lost", Decimal(30), "No scan", {line: 3}, remedy="refund", waiver="Our fault"
    )
    return [
        partial(fulfillment.open_claim, shipment, by="user:1", asked=asked),
        partial(fulfillment.bring_back, shipment, by="user:2", reason="refused"),
    ]


def waited_or_credited():
    """Units that a claim made good, and those that the carrier's return will."""
    expected = [row.lines.get().quantity for row in Return.objects.filter(origin_return=None)]
    coming = [row.return_order for row in OriginReturn.objects.all() if row.return_order]
    return sum(expected) + sum(row.lines.get().quantity for row in coming)


def test_parcel_comes_back_while_its_claim_refunds_it_and_is_made_good_once(at_once, shipped):
    answers = at_once(bringing(shipped))

    assert told(answers)["done"] >= 1
    assert waited_or_credited() == 3
    assert_ledgers_hold()


def test_parcel_comes_back_control_without_locks_is_made_good_twice(at_once, shipped, lock_nothing):
    lock_nothing(at=Shipment)

    at_once(bringing(shipped))

    assert waited_or_credited() == 6
