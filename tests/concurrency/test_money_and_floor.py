"""Several people at one order at once: one wins, the others are told why, nothing happens twice.

Each guard has its control, which takes the guard away and shows what then goes wrong. There all
wait inside the act until everybody is inside.
"""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Return, Shipment
from inventory.models import StockLevel, StockMovement
from oms.dispatch import drain
from orders import operations as orders
from orders.models import Cancellation, PaymentTransaction, RefundGrant
from orders.operations import payments
from orders.queries import balance
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY


def told(answers):
    """How often each answer came: a refusal's code, another error's name, or done."""
    return Counter(
        getattr(answer, "code", type(answer).__name__) if isinstance(answer, Exception) else "done"
        for answer in answers
    )


def packed_order():
    """An order of three mugs, packed and waiting for a carrier."""
    world.stocked("MUG", world.warehouse(), 10)
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    order = world.place(world.shop(), ("MUG", 3))
    drain(webhooks=False)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=BY)
    contents = {line.pk: 3 for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    return order, document


def cancel_and_ship(order, document):
    return [
        partial(fulfillment.cancel_order, order, by="user:2", reason="customer"),
        partial(fulfillment.ship, document, by="user:3", carrier="royal-mail"),
    ]


@pytest.mark.parametrize("turn", range(4))
def test_cancel_and_ship_at_once_one_wins_and_the_other_is_told_why(at_once, turn):
    order, document = packed_order()
    calls = cancel_and_ship(order, document)

    answers = at_once(calls[:: 1 if turn % 2 else -1])

    assert told(answers)["done"] == 1
    level = StockLevel.objects.get()
    if Shipment.objects.exists():
        assert told(answers) == {"done": 1, "illegal_move": 1} or told(answers) == {
            "done": 1,
            "nothing_to_cancel": 1,
        }
        assert (Cancellation.objects.count(), level.on_hand, level.reserved) == (0, 7, 0)
    else:
        assert told(answers) == {"done": 1, "illegal_move": 1}
        assert (Cancellation.objects.count(), level.on_hand, level.reserved) == (1, 10, 0)
    assert_ledgers_hold()


def test_control_without_locks_cancel_and_ship_are_not_told_apart(at_once, lock_nothing):
    order, document = packed_order()
    lock_nothing()

    answers = at_once(cancel_and_ship(order, document))

    assert told(answers) not in ({"done": 1, "illegal_move": 1}, {"done": 1, "units_released": 1})


def authorised(amount=60):
    world.stocked("MUG", world.warehouse(), 10)
    order = world.place(world.shop(needs_payment=True), ("MUG", 6))
    payment = orders.record_authorization(
        order, by=BY, method="card", amount=Decimal(amount), reference="au_1"
    )
    return order, payment


def test_capture_one_reference_many_times_at_once_takes_the_money_once(at_once):
    order, payment = authorised()
    call = partial(orders.capture, payment, by=BY, amount=Decimal(60), reference="ch_1")

    answers = at_once([call] * 8)

    assert told(answers) == {"done": 8}
    assert balance(order).captured == 60
    assert PaymentTransaction.objects.filter(kind="capture").count() == 1
    assert_ledgers_hold()


def test_capture_in_parts_at_once_takes_no_more_than_is_open(at_once):
    order, payment = authorised()
    calls = [
        partial(orders.capture, payment, by=BY, amount=Decimal(25), reference=f"ch_{number}")
        for number in range(8)
    ]

    answers = at_once(calls)

    assert told(answers) == {"done": 2, "amount_too_high": 6}
    assert balance(order).captured == 50
    assert_ledgers_hold()


def test_control_without_locks_more_is_captured_than_was_open(at_once, lock_nothing):
    order, payment = authorised()
    lock_nothing()
    calls = [
        partial(orders.capture, payment, by=BY, amount=Decimal(25), reference=f"ch_{number}")
        for number in range(8)
    ]

    at_once(calls)

    assert balance(order).captured > 60


def overpaid():
    order, _ = authorised()
    orders.record_capture(order, by=BY, method="card", amount=Decimal(90), reference="ch_1")
    order.refresh_from_db()
    return order


def test_grant_refund_twice_at_once_grants_what_is_overpaid_once(at_once):
    order = overpaid()
    call = partial(orders.grant_refund, order, by=BY, amount=Decimal(20), reason="Overpaid")

    answers = at_once([call] * 6)

    assert told(answers) == {"done": 1, "amount_too_high": 5}
    assert balance(order).granted == 20
    assert_ledgers_hold()


def test_grant_refund_one_reference_at_once_is_one_grant(at_once):
    order = overpaid()
    call = partial(
        orders.grant_refund, order, by=BY, amount=Decimal(10), reason="R", reference="RET-1"
    )

    answers = at_once([call] * 6)

    assert told(answers) == {"done": 6}
    assert len({grant.pk for grant in answers}) == RefundGrant.objects.count() == 1


def test_control_without_locks_more_is_granted_than_is_overpaid(at_once, lock_nothing):
    order = overpaid()
    lock_nothing()
    call = partial(orders.grant_refund, order, by=BY, amount=Decimal(20), reason="Overpaid")

    at_once([call] * 6)

    assert RefundGrant.objects.aggregate(total=Sum("amount"))["total"] > 30


def expected_return():
    order, document = packed_order()
    fulfillment.ship(document, by=BY, carrier="royal-mail")
    line = order.lines.get()
    back = fulfillment.request_return(
        order, by=BY, wishes={line.pk: fulfillment.Wish(1, "unwanted")}
    )
    back = fulfillment.approve(back, by=BY)
    outcomes = {back.lines.get().pk: {"restock": 1}}
    return order, back, partial(fulfillment.receive, back, by=BY, outcomes=outcomes)


def test_receive_one_return_many_times_at_once_stocks_and_credits_it_once(at_once):
    order, back, call = expected_return()

    answers = at_once([call] * 6)

    assert told(answers) == {"done": 1, "illegal_move": 5}
    assert StockMovement.objects.filter(kind="returned").count() == 1
    assert StockLevel.objects.get().on_hand == 8
    order.refresh_from_db()
    back.refresh_from_db()
    assert (order.total, back.credit, back.status) == (Decimal(20), Decimal(10), "received")
    assert_ledgers_hold()


def test_control_without_locks_one_return_is_stocked_several_times(at_once, lock_nothing):
    _, _, call = expected_return()
    lock_nothing()

    at_once([call] * 6)

    assert StockLevel.objects.get().on_hand > 8


def scanned_return():
    """Three mugs on their way back, and six scans of a mug."""
    order, document = packed_order()
    fulfillment.ship(document, by=BY, carrier="royal-mail")
    wishes = {order.lines.get().pk: fulfillment.Wish(2, "unwanted")}
    back = fulfillment.approve(fulfillment.request_return(order, by=BY, wishes=wishes), by=BY)
    return order, partial(fulfillment.scan_return, back, by=BY, code="MUG", outcome="restock")


def test_scan_return_by_two_clerks_at_once_credits_each_unit_once(at_once):
    order, call = scanned_return()

    answers = at_once([call] * 6)

    assert Counter(unit.how for unit in answers) == {"announced": 2, "unannounced": 1, "foreign": 3}
    order.refresh_from_db()
    level = StockLevel.objects.get()
    assert (order.total, level.on_hand, level.quarantined) == (0, 9, 4)
    assert_ledgers_hold()


def test_control_without_locks_scans_are_not_told_apart(at_once, lock_nothing):
    _, call = scanned_return()
    lock_nothing()

    answers = at_once([call] * 6)

    assert Counter(getattr(unit, "how", "failed") for unit in answers) != {
        "announced": 2,
        "unannounced": 1,
        "foreign": 3,
    }


def test_request_return_of_the_same_units_at_once_announces_them_once(at_once):
    order, document = packed_order()
    fulfillment.ship(document, by=BY, carrier="royal-mail")
    line = order.lines.get()
    call = partial(
        fulfillment.request_return, order, by=BY, wishes={line.pk: fulfillment.Wish(2, "unwanted")}
    )

    answers = at_once([call] * 5)

    assert told(answers) == {"done": 1, "not_returnable": 4}
    assert Return.objects.count() == 1


def two_lines():
    """Work with the same SKU on two lines of one unit each."""
    world.stocked("MUG", world.warehouse(), 10)
    order = world.place(world.shop(), ("MUG", 1), ("MUG", 1))
    drain(webhooks=False)
    document = order.fulfillment_orders.get()
    return document, partial(fulfillment.scan, document, by=BY, code="MUG")


def test_scan_one_sku_on_two_lines_at_once_fills_both(at_once):
    document, call = two_lines()

    answers = at_once([call] * 3)

    assert told(answers) == {"done": 2, "too_many_picked": 1} or told(answers) == {
        "done": 2,
        "illegal_move": 1,
    }
    assert [line.picked for line in document.lines.all()] == [1, 1]


def test_control_without_locks_two_scans_do_not_fill_both_lines(at_once, lock_nothing):
    document, call = two_lines()
    lock_nothing()

    at_once([call] * 2)

    assert [line.picked for line in document.lines.order_by("pk")] != [1, 1]


def test_pay_refund_at_once_pays_the_grant_once(at_once):
    order = overpaid()
    grant = orders.grant_refund(order, by=BY, amount=Decimal(30), reason="Overpaid")
    payment = order.payments.get(reference="ch_1")
    calls = [
        partial(
            orders.pay_refund,
            grant,
            by="user:2",
            payment=payment,
            amount=Decimal(30),
            reference=f"re_{number}",
        )
        for number in range(6)
    ]

    answers = at_once(calls)

    assert told(answers) == {"done": 1, "amount_too_high": 5}
    assert payments.refundable_amount(payment) == 60
    assert_ledgers_hold()
