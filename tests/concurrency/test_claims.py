"""Two clerks at one claim: one decides, its money is booked once, and a parcel is claimed once."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Claim, ClaimEntry, Shipment
from oms.dispatch import drain
from orders.models import Order
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency


@pytest.fixture
def lost(transactional_db):
    """A shipment of three mugs that the carrier has had for twenty days."""
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    world.stocked("MUG", world.warehouse(), 50)
    order = world.place(world.shop(), ("MUG", 3, "10.00"))
    drain(webhooks=False)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    units = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=world.BY, parcels=[fulfillment.PackedParcel(500, units)])
    shipment = fulfillment.ship(document, by=world.BY, carrier="royal-mail")
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=20))
    return Shipment.objects.select_related("order", "carrier").get(pk=shipment.pk)


def opening(shipment, by, remedy="nothing"):
    asked = fulfillment.Asked(
        "lost", Decimal(30), "No scan", {shipment.order.lines.get().pk: 3}, remedy=remedy
    )
    return partial(fulfillment.open_claim, shipment, by=by, asked=asked)


@pytest.fixture
def accepted(lost):
    claim = fulfillment.send_claim(opening(lost, world.BY)(), by=world.BY)
    return fulfillment.answer_claim(claim, by=world.BY, accepted=Decimal(30))


def test_two_clerks_open_one_claim_with_one_replacement(at_once, lost):
    answers = at_once([opening(lost, f"user:{turn}", "replacement") for turn in range(3)])

    assert told(answers) == {"done": 1, "nothing_claimed": 2}
    assert (Claim.objects.count(), Order.objects.count()) == (1, 2)
    assert_ledgers_hold()


def test_two_clerks_answer_one_claim_and_one_is_told(at_once, lost):
    claim = fulfillment.send_claim(opening(lost, world.BY)(), by=world.BY)

    answers = at_once(
        [
            partial(fulfillment.answer_claim, claim, by="user:1", accepted=Decimal(30)),
            partial(fulfillment.answer_claim, claim, by="user:2", accepted=Decimal(0)),
        ]
    )

    assert told(answers) == {"done": 1, "illegal_move": 1}
    assert_ledgers_hold()


def booking(claim):
    return [
        partial(
            fulfillment.book_claim, claim, by=f"user:{n}", amount=Decimal(30), reference=f"P{n}"
        )
        for n in range(2)
    ]


def test_two_clerks_book_one_claim_and_its_money_comes_once(at_once, accepted):
    answers = at_once(booking(accepted))

    assert told(answers)["done"] == 1
    accepted.refresh_from_db()
    assert (accepted.status, accepted.received, ClaimEntry.objects.count()) == ("paid", 30, 1)
    assert_ledgers_hold()


def test_two_clerks_book_control_without_locks_books_it_twice(at_once, accepted, lock_nothing):
    lock_nothing()

    answers = at_once(booking(accepted))

    assert told(answers) == {"done": 2}
    assert ClaimEntry.objects.count() == 2


def ending(claim):
    return [
        partial(fulfillment.write_off_claim, claim, by="user:1", reason="They do not pay"),
        partial(fulfillment.book_claim, claim, by="user:2", amount=Decimal(30), reference="P1"),
    ]


def test_write_off_races_its_payment_and_one_of_them_ends_the_claim(at_once, accepted):
    answers = at_once(ending(accepted))

    assert told(answers) == {"done": 1, "illegal_move": 1}
    accepted.refresh_from_db()
    assert (ClaimEntry.objects.count(), accepted.open) == (1, 0)
    assert accepted.received + accepted.written_off == 30
    assert_ledgers_hold()


def test_write_off_races_its_payment_control_without_locks_only_the_database_refuses(
    at_once, accepted, lock_nothing
):
    lock_nothing()

    answers = at_once(ending(accepted))

    assert sorted(type(answer).__name__ for answer in answers) == ["Claim", "IntegrityError"]
