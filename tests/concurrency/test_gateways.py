"""Money at a gateway, wanted by several at once: it is asked for once and booked once."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum

from orders import operations as orders
from orders.models import GatewayRequest, Payment, PaymentTransaction
from orders.operations import payments_gateway
from orders.tasks.gateways import ask_gateways
from tests import factories as world
from tests.concurrency.test_money_and_floor import told
from tests.factories.stripe import SECRET, FakeStripe
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


@pytest.fixture
def gateway(httpserver, settings):
    fake = FakeStripe(httpserver)
    settings.OMS_STRIPE_KEY, settings.OMS_STRIPE_URL = "sk_test_1", fake.url
    settings.OMS_STRIPE_WEBHOOK_SECRETS = [SECRET]
    return fake


@pytest.fixture
def payment(transactional_db):
    """Twenty pounds, authorised."""
    world.stocked("MUG", world.warehouse(), 10)
    shop = world.shop(needs_payment=True, gateway="stripe")
    paid = orders.PlacedPayment("card", Decimal(20), "authorized", "pi_1")
    world.place(shop, ("MUG", 2, "10.00"), payments=(paid,))
    return Payment.objects.get()


def asked():
    return GatewayRequest.objects.aggregate(total=Sum("amount"))["total"]


def captures(payment):
    return [
        partial(orders.ask_capture, payment, by=f"user:{at}", amount=Decimal(15)) for at in (2, 3)
    ]


def test_two_captures_at_once_ask_for_no_more_than_is_authorised(at_once, payment):
    answers = at_once(captures(payment))

    assert told(answers) == {"done": 1, "amount_too_high": 1}
    assert asked() == 15


@pytest.fixture
def limits_read_together(monkeypatch, meet):
    """Neither writes before both have read how much may be asked for."""
    read = payments_gateway._limit

    def read_and_wait(*about):
        limit = read(*about)
        meet()
        return limit

    monkeypatch.setattr(payments_gateway, "_limit", read_and_wait)


def test_two_captures_at_once_without_the_lock_ask_for_too_much(
    at_once, payment, lock_nothing, limits_read_together
):
    lock_nothing()

    assert told(at_once(captures(payment))) == {"done": 2}
    assert asked() == 30


def refunds(payment):
    orders.record_capture(payment.order, by=BY, method="card", amount=Decimal(25), reference="pi_2")
    grant = orders.grant_refund(payment.order, by=BY, amount=Decimal(5), reason="Paid too much")
    through = Payment.objects.get(reference="pi_2")
    return [
        partial(orders.ask_refund, grant, by=f"user:{at}", payment=through, amount=Decimal(5))
        for at in (2, 3)
    ]


def test_refund_twice_at_once_is_asked_for_once(at_once, payment):
    answers = at_once(refunds(payment))

    assert told(answers) == {"done": 1, "amount_too_high": 1}
    assert asked() == 5


def test_refund_twice_at_once_without_the_lock_is_asked_for_twice(
    at_once, payment, lock_nothing, limits_read_together
):
    calls = refunds(payment)
    lock_nothing()

    assert told(at_once(calls)) == {"done": 2}


def test_webhook_and_button_and_two_workers_at_once_book_the_money_once(at_once, gateway, payment):
    gateway.intent("pi_1", 2000)
    orders.ask_capture(payment, by="user:2", amount=Decimal(20))
    orders.hear("stripe", event_id="evt_1", name="payment_intent.succeeded", reference="pi_1")

    answers = at_once([ask_gateways] * 4)

    assert Counter(type(answer).__name__ for answer in answers) == {"int": 4}
    assert sum(answers) == 2
    ask_gateways()
    assert booked() == [20]
    assert gateway.intents["pi_1"]["amount_received"] == 2000
    assert_ledgers_hold()


def in_line(payment):
    state = payments_gateway.GatewayState("pi_1", captured=Decimal(20), open=Decimal(0))
    return [partial(orders.bring_in_line, payment, state)] * 4


def booked():
    rows = PaymentTransaction.objects.filter(kind="capture")
    return [int(amount) for amount in rows.values_list("amount", flat=True)]


def test_the_same_state_heard_four_times_at_once_is_booked_once(at_once, payment):
    assert told(at_once(in_line(payment))) == {"done": 4}
    assert booked() == [20]


def test_the_same_state_at_once_without_the_lock_is_refused_by_the_database(
    at_once,
    payment,
    lock_nothing,
):
    lock_nothing()

    answers = told(at_once(in_line(payment)))

    assert answers["IntegrityError"] > 0
    assert booked() == [20]
