from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from oms import keys
from orders import operations as orders
from orders.models import Order, Payment, PaymentTransaction, RefundGrant
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


def test_place_with_a_discount_that_adds_something_is_refused(order):
    charge = orders.PlacedCharge("discount", Decimal(5))

    with pytest.raises(orders.InvalidOrder, match="its amount is negative"):
        orders.place_one(
            order.channel, world.wish(("MUG", 1), external_id="N1", charges=(charge,)), by=BY
        )

    assert Order.objects.count() == 1


@pytest.mark.parametrize("state", ["pending", "authorized", "captured"])
def test_record_says_whether_it_booked_or_found(order, state):
    said = {"by": BY, "state": state, "method": "card", "amount": Decimal(5)}

    done = [orders.record_money(order, **said, reference=name) for name in ("r1", "r1", "r2")]

    assert [each.is_new for each in done] == [True, False, True]
    assert done[0].payment == done[1].payment != done[2].payment
    assert [orders.record_money(order, **said).is_new for _ in range(2)] == [True, True]
    assert_ledgers_hold()


@pytest.mark.parametrize("state", ["pending", "authorized", "captured"])
def test_api_answers_200_to_a_repeat_within_one_tick_of_the_clock(order, client, state):
    key = keys.create("Web", channel=order.channel.code, scopes=["orders:write"])[1]

    def pay():
        return client.post(
            f"/api/v1/orders/{order.number}/payments/",
            {"method": "card", "amount": "5.00", "reference": "r1", "state": state},
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )

    with time_machine.travel(timezone.now(), tick=False):
        answers = [pay(), pay()]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


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


def test_capture_repeated_after_all_is_taken_gives_the_existing_payment(order):
    payment = orders.record_authorization(
        order, by=BY, method="card", amount=Decimal(20), reference="au_1"
    )
    orders.capture(payment, by=BY, amount=Decimal(20), reference="ch_1")

    again = orders.capture(payment, by=BY, amount=Decimal(20), reference="ch_1")

    assert again == payment
    assert (balance(order).captured, captures()) == (20, ["ch_1"])


def test_capture_looks_at_the_payment_after_the_lock(order):
    """A payment that was read, with its transactions, before somebody else took the money."""
    orders.record_authorization(order, by=BY, method="card", amount=Decimal(20), reference="au_1")
    stale = Payment.objects.prefetch_related("transactions").get()
    orders.capture(Payment.objects.get(), by="user:2", amount=Decimal(15), reference="ch_1")

    with pytest.raises(orders.AmountTooHigh):
        orders.capture(stale, by=BY, amount=Decimal(20), reference="ch_2")

    assert captures() == ["ch_1"]


@pytest.mark.parametrize(
    "act", [orders.record_capture, orders.record_authorization, orders.record_pending]
)
def test_record_known_reference_with_another_amount_is_refused(order, act):
    act(order, by=BY, method="card", amount=Decimal(20), reference="r1")
    before = (Payment.objects.count(), PaymentTransaction.objects.count())

    with pytest.raises(orders.ReferenceReused) as refusal:
        act(order, by=BY, method="card", amount=Decimal(19), reference="r1")

    assert refusal.value.detail == "Reference r1 is already recorded, with 20.00 GBP."
    assert (Payment.objects.count(), PaymentTransaction.objects.count()) == before


def test_void_again_changes_nothing_and_void_of_taken_money_is_refused(order):
    payment = orders.record_authorization(
        order, by=BY, method="card", amount=Decimal(20), reference="au_1"
    )
    for _ in range(2):
        assert orders.void(payment, by=BY) == payment
    assert [row.kind for row in PaymentTransaction.objects.order_by("pk")] == ["authorize", "void"]
    paid = orders.record_capture(order, by=BY, method="card", amount=Decimal(20), reference="ch_1")

    with pytest.raises(orders.NothingOpen):
        orders.void(paid, by=BY)
    with pytest.raises(orders.NothingOpen, match="has nothing open to take or give up"):
        orders.capture(payment, by=BY)

    assert PaymentTransaction.objects.count() == 3


@pytest.fixture
def overpaid(order):
    """An order of 20.00 for which 40.00 came in by `payment`."""
    payment = orders.record_capture(
        order, by=BY, method="card", amount=Decimal(40), reference="ch_1"
    )
    order.refresh_from_db()
    return order, payment


def test_grant_refund_with_the_same_reference_gives_the_existing_grant(overpaid):
    order, _ = overpaid
    grant = orders.grant_refund(order, by=BY, amount=Decimal(5), reason="R1", reference="RET-1")

    again = orders.grant_refund(order, by=BY, amount=Decimal(5), reason="R1", reference="RET-1")

    assert again == grant
    assert balance(order).granted == 5
    with pytest.raises(orders.ReferenceReused):
        orders.grant_refund(order, by=BY, amount=Decimal(6), reason="R1", reference="RET-1")
    assert balance(order).granted == 5
    orders.grant_refund(order, by=BY, amount=Decimal(5), reason="R2", reference="RET-2")
    assert balance(order).granted == 10


def test_pay_refund_looks_at_the_grant_after_the_lock(overpaid):
    order, payment = overpaid
    orders.grant_refund(order, by=BY, amount=Decimal(20), reason="Paid twice")
    stale = RefundGrant.objects.prefetch_related("transactions").get()
    orders.pay_refund(RefundGrant.objects.get(), by=BY, payment=payment, amount=Decimal(20))

    with pytest.raises(orders.AmountTooHigh):
        orders.pay_refund(stale, by=BY, payment=payment, amount=Decimal(20))

    assert balance(order).refunded == 20
    assert_ledgers_hold()


def test_pay_refund_through_a_payment_of_another_order_is_refused(overpaid):
    order, _ = overpaid
    other = world.place(order.channel, ("MUG", 1), external_id="other")
    foreign = orders.record_capture(
        other, by=BY, method="card", amount=Decimal(10), reference="ch_9"
    )
    grant = orders.grant_refund(order, by=BY, amount=Decimal(10), reason="Paid too much")

    with pytest.raises(orders.OtherOrder):
        orders.pay_refund(grant, by="user:2", payment=foreign, amount=Decimal(10))

    assert not PaymentTransaction.objects.filter(kind="refund").exists()


def captures():
    rows = PaymentTransaction.objects.filter(kind="capture").order_by("pk")
    return [row.reference for row in rows]
