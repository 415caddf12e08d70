"""Splitting an order, and merging two: units, money and proofs go along to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fulfillment import operations as fulfillment
from inventory.models import Location, StockLevel
from oms.models import Event
from oms.money import quantize
from orders import operations as orders
from orders.models import Order, OrderLink, PaymentTransaction
from orders.operations import Step
from orders.queries import balance
from orders.queries.notices import told_by
from tests import factories as world
from tests.ledgers import assert_ledgers_hold
from tests.orders.test_changing import (
    BY,
    LEEDS,
    change,
    confirm,
    everything,
    line,
    lines,
    placed,
    send,
    shop,
)

__all__ = ["shop"]  # a fixture
pytestmark = pytest.mark.django_db


def off(order, sku, units):
    return Step("split_off", line(order, sku).pk, {"quantity": units})


def into(other):
    return Step("merge_from", values={"order": other.number})


def refused(order, *steps):
    before = everything()
    with pytest.raises(orders.StepImpossible) as refusal:
        orders.confirm_change(change(order, *steps), by=BY)
    assert everything() == before
    return str(refusal.value)


def born_of(order):
    return Order.objects.get(links_in__source=order, links_in__kind="split")


def test_split_moves_units_stock_and_money_into_a_new_order(shop):
    order = placed(shop)  # 3 MUG at 10.00, 2 CUP at 5.00
    orders.record_capture(order, by=BY, method="card", amount=Decimal(40), reference="ch_1")

    confirm(order, off(order, "MUG", 1), off(order, "CUP", 2))

    other = born_of(order)
    assert lines(order) == [("MUG", 2, Decimal(10), 0), ("CUP", 0, Decimal(5), 0)]
    assert lines(other) == [("MUG", 1, Decimal(10), 0), ("CUP", 2, Decimal(5), 0)]
    assert (order.total, other.total) == (Decimal(20), Decimal(20))
    assert (balance(order).balance, balance(other).balance) == (0, 0)
    assert (other.payment_status, other.customer, other.placed_at) == (
        "paid",
        order.customer,
        order.placed_at,
    )
    assert other.stage == "fulfilment"  # its units are with the location again
    moved = PaymentTransaction.objects.filter(kind__startswith="moved").order_by("pk")
    assert [(row.kind, row.amount) for row in moved] == [("moved_out", 20), ("moved_in", 20)]
    assert other.payments.get().reference == "ch_1"


def test_what_was_split_off_is_refunded_through_its_own_order(shop):
    order = placed(shop)
    orders.record_capture(order, by=BY, method="card", amount=Decimal(40), reference="ch_1")
    confirm(order, off(order, "MUG", 3))
    other = born_of(order)
    orders.record_capture(other, by=BY, method="card", amount=Decimal(5), reference="ch_2")

    grant = orders.grant_refund(other, by=BY, amount=Decimal(5), reason="too much")
    orders.pay_refund(grant, by=BY, payment=other.payments.first(), amount=Decimal(5))

    assert balance(other).balance == 0
    assert_ledgers_hold()


def test_split_of_a_partly_shipped_order_leaves_what_was_invoiced(shop):
    order = placed(shop)
    send(order, MUG=1)

    confirm(order, off(order, "MUG", 2))

    assert lines(order) == [("MUG", 1, Decimal(10), 1), ("CUP", 2, Decimal(5), 0)]
    assert lines(born_of(order)) == [("MUG", 2, Decimal(10), 0)]


def test_split_takes_along_what_is_promised_and_what_speaks_against_it(shop):
    order = placed(shop)
    orders.record_pending(order, by=BY, method="on_account", amount=Decimal(40))
    orders.place_hold(order, by=BY, kind="fraud", reason="Looks odd")
    order.refresh_from_db()

    confirm(order, off(order, "CUP", 2))

    other = born_of(order)
    assert (balance(order).deferred, balance(other).deferred) == (Decimal(30), Decimal(10))
    assert [hold.reason for hold in other.holds.all()] == ["Looks odd"]
    assert (other.status, other.stage) == ("placed", "validation")


def test_split_refuses_to_leave_nothing_and_to_take_what_has_left(shop):
    order = placed(shop)
    assert "leave one unit" in refused(order, off(order, "MUG", 3), off(order, "CUP", 2))
    send(order, MUG=2)
    assert "1 can still go" in refused(order, off(order, "MUG", 2))


def test_nobody_counts_a_split_as_a_sale_or_a_cancellation(shop):
    order = placed(shop)
    confirm(order, off(order, "CUP", 2))
    from reporting.models import DailySales

    [day] = DailySales.objects.all()
    assert (day.orders, day.units, day.value) == (1, 5, 40)
    assert (day.cancelled_orders, day.cancelled_value) == (0, 0)


def test_merge_brings_everything_of_the_other_order(shop):
    order = placed(shop, ("MUG", 1), charges=(orders.PlacedCharge("shipping", Decimal(3)),))
    other = placed(shop, ("CUP", 2, "5.00"), charges=(orders.PlacedCharge("shipping", Decimal(2)),))
    orders.record_capture(other, by=BY, method="card", amount=Decimal(15), reference="ch_2")

    confirm(order, into(other))

    other.refresh_from_db()
    assert lines(order) == [("MUG", 1, Decimal(10), 0), ("CUP", 2, Decimal(5), 0)]
    assert (order.total, other.total, other.status) == (Decimal(25), Decimal(0), "cancelled")
    assert (balance(order).received, balance(other).received) == (Decimal(15), Decimal(0))
    assert other.cancellations.get().reason == "moved"
    assert OrderLink.objects.get().target == order


def test_merge_takes_along_what_speaks_against_the_other_order(shop):
    order, other = placed(shop, ("MUG", 1)), placed(shop, ("CUP", 2))
    orders.place_hold(other, by=BY, kind="fraud", reason="Looks odd")

    confirm(order, into(other))

    assert [hold.reason for hold in order.holds.filter(lifted_at=None)] == ["Looks odd"]
    assert line(order, "CUP").released == 0


def test_buyer_is_told_what_was_split_off_and_merged(shop):
    shop.notifies_customers = True
    shop.save()
    order = placed(shop)

    confirm(order, off(order, "MUG", 1))
    other = born_of(order)
    apart = told_of(order)
    confirm(order, into(other))
    joined = told_of(order)

    assert f"The rest comes to you as order {other.number}." in apart
    assert f"Order {other.number} is a part of it now." in joined
    assert "The rest comes" not in joined


def told_of(order):
    """What the last change of an order tells its buyer."""
    event = Event.objects.filter(name="order.changed", subject_id=order.pk).last()
    (told,) = told_by([event])
    return told.body


def test_merge_keeps_apart_what_does_not_belong_together(shop):
    order = placed(shop, ("MUG", 1))
    elsewhere = placed(shop, ("MUG", 1), shipping_address=LEEDS)
    assert "another address" in refused(order, into(elsewhere))

    stranger = placed(shop, ("MUG", 1), customer=world.CORA)
    assert "another customer" in refused(order, into(stranger))

    sent = placed(shop, ("MUG", 2))
    send(sent, MUG=1)
    assert "has shipped" in refused(order, into(sent))

    promised = placed(shop, ("MUG", 1))
    orders.record_authorization(
        promised, by=BY, method="card", amount=Decimal(10), reference="auth"
    )
    assert "only authorised" in refused(order, into(promised))
    assert "no other order" in refused(order, into(order))


def test_a_split_is_undone_by_a_merge(shop):
    order = placed(shop)
    orders.record_capture(order, by=BY, method="card", amount=Decimal(40), reference="ch_1")
    confirm(order, off(order, "MUG", 2))

    confirm(order, into(born_of(order)))

    assert (order.total, balance(order).balance) == (Decimal(40), 0)
    assert sum(row.due for row in order.lines.all()) == 5


def reserved(sku):
    return dict(
        StockLevel.objects.filter(product__sku=sku).values_list("location__code", "reserved")
    )


def told(name):
    return Event.objects.filter(name=name).count()


def test_split_of_a_held_order_keeps_its_units_reserved(shop):
    order = placed(shop)
    orders.place_hold(order, by=BY, kind="fraud", reason="Looks odd")
    increases = told("stock.increased")

    confirm(order, off(order, "MUG", 2))

    other = born_of(order)
    assert (line(order, "MUG").allocated, line(other, "MUG").allocated) == (1, 2)
    assert reserved("MUG") == {"LON": 3}
    assert told("stock.increased") == increases  # nobody was offered them
    assert other.sourcing_decisions.get().cause == "split"


def test_a_reduction_of_a_held_order_keeps_the_rest_reserved(shop):
    order = placed(shop)
    orders.place_hold(order, by=BY, kind="fraud", reason="Looks odd")

    confirm(order, Step("set_quantity", line(order, "MUG").pk, {"quantity": 2}))

    assert [(row.allocated, row.released) for row in order.lines.order_by("pk")] == [(2, 0), (2, 0)]
    assert reserved("MUG") == {"LON": 2}


def test_split_takes_the_fenced_units_of_its_line_along(shop):
    from inventory.models import FenceUse, Product
    from inventory.operations import FenceWish, Quantity, set_fence

    mug = Product.objects.get(sku="MUG")
    fence = set_fence(FenceWish(mug.pk, Quantity(units=4), channel_id=shop.pk), by=BY)
    order = placed(shop)
    confirm(order, off(order, "MUG", 2))

    other = born_of(order)
    fence.refresh_from_db()
    uses = FenceUse.objects.filter(order_line=line(other, "MUG")).values_list("quantity", flat=True)
    assert (list(uses), fence.used) == ([2], 3)
    fulfillment.cancel_order(other, by=BY, reason="customer")
    fence.refresh_from_db()
    assert fence.used == 1


def test_split_refuses_to_leave_less_than_the_reductions(shop):
    order = placed(shop, charges=(orders.PlacedCharge("discount", Decimal(-12)),))
    assert "reductions" in refused(order, off(order, "MUG", 3))


def test_split_carries_the_tax_of_its_units(shop):
    net = world.shop("net", price_includes_tax=False, duplicate_window_minutes=0)
    order = placed(net, ("MUG", 3, "3.33"))
    before = (order.total, order.tax_total)
    assert order.tax_total > 0

    confirm(order, off(order, "MUG", 1))

    other = born_of(order)
    assert (order.total + other.total, order.tax_total + other.tax_total) == before
    assert sum(Decimal(row["amount"]) for row in line(other, "MUG").tax_lines) == other.tax_total


def test_merge_and_split_in_one_change_share_the_money_out(shop):
    order, other = placed(shop, ("MUG", 2)), placed(shop, ("CUP", 2, "5.00"))
    orders.record_capture(order, by=BY, method="card", amount=Decimal(20), reference="ch_1")
    orders.record_capture(other, by=BY, method="card", amount=Decimal(10), reference="ch_2")

    confirm(order, into(other), off(order, "MUG", 1))

    born = born_of(order)
    assert (order.total, born.total) == (Decimal(20), Decimal(10))
    assert (balance(order).balance, balance(born).balance) == (0, 0)


def test_cash_that_came_leaves_another_promise_alone(shop):
    order, other = placed(shop, ("MUG", 2)), placed(shop, ("CUP", 2, "5.00"))
    cash = "cash_on_delivery"
    orders.record_pending(order, by=BY, method=cash, amount=Decimal(20), reference="COD")
    paid = orders.record_pending(other, by=BY, method=cash, amount=Decimal(10), reference="COD")
    orders.capture(paid, by=BY, amount=Decimal(10))

    confirm(order, into(other))

    money = balance(order)
    assert (money.received, money.deferred) == (Decimal(10), Decimal(20))


def test_merge_expects_the_transfer_that_was_to_come(shop):
    order, other = placed(shop, ("MUG", 2)), placed(shop, ("CUP", 2, "5.00"))
    orders.record_pending(other, by=BY, method="bank_transfer", amount=Decimal(10), reference="RF1")

    confirm(order, into(other))

    assert list(order.payments.values_list("method", "reference", "amount")) == [
        ("bank_transfer", "RF1", Decimal(10))
    ]


def test_units_that_wait_are_told_and_counted_once(shop):
    from reporting.models import DailySales

    order = placed(shop, ("MUG", 14), ("CUP", 2, "5.00"))  # 10 are there
    assert told("order.backordered") == 1

    confirm(order, off(order, "MUG", 4))

    other = born_of(order)
    assert (line(order, "MUG").allocated, line(other, "MUG").backordered) == (10, 4)
    assert told("order.backordered") == 1
    assert DailySales.objects.get().short_units == 4


def test_each_reduction_says_what_it_took_off(shop):
    order = placed(shop)

    confirm(
        order,
        Step("set_quantity", line(order, "MUG").pk, {"quantity": 2}),
        Step("set_quantity", line(order, "CUP").pk, {"quantity": 1}),
    )

    assert list(order.cancellations.order_by("pk").values_list("amount", flat=True)) == [10, 5]


def test_a_new_address_is_served_from_where_it_is_nearer(shop):
    leeds = Location.objects.get(code="LEE")
    Location.objects.update(priority=10)
    world.stocked("MUG", leeds, 10)
    order = placed(shop, ("MUG", 3))
    held = placed(shop, ("MUG", 2))
    orders.place_hold(held, by=BY, kind="fraud", reason="Looks odd")
    assert reserved("MUG") == {"LON": 5, "LEE": 0}

    confirm(order, Step("set_address", address=LEEDS))
    confirm(held, Step("set_address", address=LEEDS))

    assert reserved("MUG") == {"LON": 2, "LEE": 3}


@given(
    quantity=some.integers(2, 9),
    cents=some.integers(1, 99_999),
    discount=some.integers(0, 500),
    part=some.integers(1, 8),
    gross=some.booleans(),
)
def test_value_is_neither_lost_nor_made_by_a_split(quantity, cents, discount, part, gross):
    from orders.models import OrderLine
    from orders.operations import moving

    order = Order(currency="GBP", price_includes_tax=gross)
    price, off_it = Decimal(cents) / 1000, Decimal(min(discount, quantity * cents // 10)) / 100
    net = quantize(quantity * price - off_it, "GBP")
    tax = quantize(net / 5, "GBP")
    row = OrderLine(
        order=order,
        sku="X",
        quantity=quantity,
        unit_price=price,
        discount=off_it,
        total=net if gross else net + tax,
        tax_amount=tax,
        tax_lines=[{"code": "vat", "rate": "0.2", "amount": str(tax), "category": "standard"}],
    )
    part = min(part, quantity)

    born = moving._part(order, row, part).wanted_in(order, 1)

    rest = quantity - part
    assert born.total == row.total - quantize(row.total * rest / quantity, "GBP")
    assert born.tax_amount == tax - quantize(tax * rest / quantity, "GBP")
    priced = quantize(born.quantity * born.unit_price - born.discount, "GBP")
    assert priced == (born.total if gross else born.total - born.tax_amount)
    assert born.discount >= 0
