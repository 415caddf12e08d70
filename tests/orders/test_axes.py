from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from orders import operations as orders
from orders.enums import FulfillmentStatus, OrderStatus, PaymentStatus, Stage
from orders.models import Order
from orders.queries import LineFacts, fulfillment_status_of, payment_status_of, stage_of
from tests import factories as world
from tests.ledgers import assert_ledgers_hold


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
        (0, 0, 0, 0, PaymentStatus.NOT_DUE),
        (0, 20, 0, 0, PaymentStatus.AUTHORIZED),
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


@pytest.mark.django_db
def test_an_unpaid_order_that_is_cancelled_is_not_said_to_be_paid():
    world.stocked("MUG", world.warehouse(), 5)
    shop = world.shop(needs_payment=True, duplicate_window_minutes=0)
    unpaid, paid = (
        world.place(shop, ("MUG", 1, "10.00"), external_id=name) for name in ("unpaid", "paid")
    )
    orders.record_capture(paid, by=world.BY, method="manual", amount=Decimal(10))
    orders.cancel(unpaid, by=world.BY, reason="customer")
    told = dict(Order.objects.values_list("external_id", "payment_status"))
    assert told == {"unpaid": "not_due", "paid": "paid"}
    assert Order.objects.get(pk=unpaid.pk).get_payment_status_display() == "Nothing due"

    Order.objects.filter(pk=unpaid.pk).update(payment_status="paid")  # as earlier releases said
    migration = import_module("orders.migrations.0065_nothing_due")
    migration.tell(apps, connection.schema_editor())

    assert dict(Order.objects.values_list("external_id", "payment_status")) == told
    assert_ledgers_hold()
