from decimal import Decimal

import pytest

from orders.enums import FulfillmentStatus, OrderStatus, PaymentStatus, Stage
from orders.queries import LineFacts, fulfillment_status_of, payment_status_of, stage_of


def units(due=10, allocated=0, released=0, shipped=0, delivered=0, returned=0):
    return LineFacts(due, allocated, released, shipped, delivered, returned)


@pytest.mark.parametrize(
    ("status", "facts", "on_hold", "money_ready", "stage"),
    [
        (OrderStatus.PLACED, units(), True, True, Stage.VALIDATION),
        (OrderStatus.PLACED, units(), False, True, Stage.ALLOCATION),
        (OrderStatus.PLACED, units(allocated=4), False, False, Stage.PAYMENT),
        (OrderStatus.PLACED, units(allocated=4), False, True, Stage.FULFILMENT),
        (OrderStatus.CONFIRMED, units(allocated=4, released=4), False, True, Stage.FULFILMENT),
        (OrderStatus.CONFIRMED, units(allocated=4, released=4), True, True, Stage.VALIDATION),
        (OrderStatus.CONFIRMED, units(10, 4, 4, 4), False, True, Stage.ALLOCATION),
        (OrderStatus.CONFIRMED, units(10, 10, 10, 10), False, True, Stage.SHIPPING),
        (OrderStatus.CONFIRMED, units(10, 10, 10, 10, 9), False, True, Stage.SHIPPING),
        (OrderStatus.CONFIRMED, units(10, 10, 10, 10, 10), False, True, Stage.REPORTING),
        (OrderStatus.CLOSED, units(10, 10, 10, 10, 10), False, True, Stage.REPORTING),
        (OrderStatus.CANCELLED, units(due=0), False, True, Stage.REPORTING),
    ],
)
def test_stage_of_facts_gives_the_first_thing_waited_for(
    status, facts, on_hold, money_ready, stage
):
    assert stage_of(status, facts, on_hold=on_hold, money_ready=money_ready) == stage


@pytest.mark.parametrize(
    ("total", "authorized", "captured", "refunded", "status"),
    [
        (100, 0, 0, 0, PaymentStatus.UNPAID),
        (100, 99, 0, 0, PaymentStatus.UNPAID),
        (100, 100, 0, 0, PaymentStatus.AUTHORIZED),
        (100, 0, 40, 0, PaymentStatus.PARTIALLY_PAID),
        (100, 0, 100, 0, PaymentStatus.PAID),
        (100, 0, 120, 20, PaymentStatus.PAID),
        (100, 0, 120, 0, PaymentStatus.OVERPAID),
        (0, 0, 100, 100, PaymentStatus.REFUNDED),
        (0, 0, 100, 0, PaymentStatus.OVERPAID),
        (0, 0, 0, 0, PaymentStatus.PAID),
    ],
)
def test_payment_status_of_money_compares_received_with_due(
    total, authorized, captured, refunded, status
):
    money = {"authorized": authorized, "captured": captured, "refunded": refunded}

    found = payment_status_of(Decimal(total), **{k: Decimal(v) for k, v in money.items()})

    assert found == status


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (units(), FulfillmentStatus.UNFULFILLED),
        (units(10, 5, 5, 5), FulfillmentStatus.PARTIALLY_SHIPPED),
        (units(10, 10, 10, 10), FulfillmentStatus.SHIPPED),
        (units(10, 10, 10, 10, 10, 3), FulfillmentStatus.PARTIALLY_RETURNED),
        (units(10, 10, 10, 10, 10, 10), FulfillmentStatus.RETURNED),
        (units(10, 10, 10, 5, 5, 5), FulfillmentStatus.PARTIALLY_RETURNED),
    ],
)
def test_fulfillment_status_of_units_compares_shipped_with_due(facts, status):
    assert fulfillment_status_of(facts) == status
