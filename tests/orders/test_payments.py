from decimal import Decimal

import pytest

from orders import operations as orders
from orders.models import Order, Payment, PaymentTransaction
from orders.operations.payments import AmountNotPositive
from orders.queries import balance
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def order(db):
    world.stocked("MUG", world.warehouse(), 10)
    return world.place(world.shop(needs_payment=True), ("MUG", 2, "10.00"))


@pytest.mark.parametrize("amount", ["0", "-2"])
@pytest.mark.parametrize(
    "act", [orders.record_capture, orders.record_authorization, orders.record_pending]
)
def test_record_nothing_or_less_is_refused(order, act, amount):
    with pytest.raises(AmountNotPositive):
        act(order, by=BY, method="card", amount=Decimal(amount), reference="r1")

    assert Payment.objects.count() == 0


def test_place_with_negative_payment_is_refused(order):
    payment = orders.PlacedPayment("card", Decimal(-1))

    with pytest.raises(orders.InvalidOrder):
        orders.place_one(
            order.channel, world.wish(("MUG", 1), external_id="N1", payments=(payment,)), by=BY
        )

    assert Order.objects.count() == 1


def test_record_capture_of_all_releases_and_repeat_records_nothing(order):
    for _ in range(2):
        orders.record_capture(order, by=BY, method="card", amount=Decimal(20), reference="ch_1")

    order.refresh_from_db()
    assert (order.payment_status, order.stage) == ("paid", "fulfilment")
    assert PaymentTransaction.objects.count() == 1
    assert_ledgers_hold()


def test_capture_above_what_is_authorised_changes_nothing(order):
    payment = orders.record_authorization(
        order, by=BY, method="card", amount=Decimal(20), reference="au_1"
    )

    with pytest.raises(orders.AmountTooHigh):
        orders.capture(payment, by=BY, amount=Decimal("20.01"))

    assert balance(order).captured == 0
    orders.capture(payment, by=BY, amount=Decimal(20))
    order.refresh_from_db()
    assert (order.payment_status, balance(order).authorized) == ("paid", 0)


def test_refund_is_granted_before_it_is_paid_and_never_above(order):
    payment = orders.record_capture(
        order, by=BY, method="card", amount=Decimal(25), reference="ch_2"
    )
    order.refresh_from_db()
    with pytest.raises(orders.AmountTooHigh):
        orders.grant_refund(order, by=BY, amount=Decimal("5.01"), reason="Paid too much")

    grant = orders.grant_refund(order, by=BY, amount=Decimal(5), reason="Paid too much")
    orders.pay_refund(grant, by="user:2", payment=payment, amount=Decimal(5), reference="re_1")
    orders.pay_refund(grant, by="user:2", payment=payment, amount=Decimal(5), reference="re_1")

    order.refresh_from_db()
    assert (order.payment_status, balance(order).refunded) == ("paid", 5)
    assert_ledgers_hold()


def test_cash_on_delivery_lets_the_order_go_before_money_comes(order):
    orders.record_pending(order, by=BY, method="cash_on_delivery", amount=Decimal(20))

    order.refresh_from_db()
    assert (order.payment_status, order.stage) == ("unpaid", "fulfilment")
