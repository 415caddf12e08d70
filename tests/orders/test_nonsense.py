"""Orders that are refused whoever sends them: no hold could put them right."""

from dataclasses import replace
from decimal import Decimal

import pytest

from oms.models import Event
from orders import operations as orders
from orders.models import Order
from orders.operations import PlacedCharge, PlacedLine, PlacedPayment
from tests import factories as world

pytestmark = pytest.mark.django_db


def line(**fields):
    return PlacedLine("MUG", 2, Decimal("3.50"), **fields)


def paid(amount, reference=""):
    return PlacedPayment("card", Decimal(amount), "captured", reference)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"lines": (line(tax_amount=Decimal("7.01")),)}, "tax of MUG is more than its price"),
        ({"lines": (line(tax_amount=Decimal(-1)),)}, "or of the other sign"),
        ({"charges": (PlacedCharge("discount", Decimal(5)),)}, "its amount is negative"),
        ({"charges": (PlacedCharge("shipping", Decimal(-5)),)}, "shipping is not negative"),
        ({"charges": (PlacedCharge("discount", Decimal("-7.01")),)}, "More is taken off"),
        (
            {"charges": (PlacedCharge("shipping", Decimal(5), Decimal(6)),)},
            "tax of the shipping is more",
        ),
        ({"payments": (paid("7.0001"),)}, "GBP has no such small amounts as 7.0001"),
        ({"payments": (paid("3.50", "ch_1"), paid("3.50", "ch_1"))}, "stands there 2 times"),
    ],
)
def test_place_what_cannot_be_is_refused_and_leaves_nothing(fields, why):
    world.product("MUG")
    shop = world.shop()

    sent = replace(world.wish(("MUG", 2, "3.50")), **fields)
    [placed] = orders.place(shop, [sent], by=world.BY)

    assert placed.error.code == "invalid_order"
    assert why in placed.error.detail
    assert not Order.objects.exists()
    assert not Event.objects.filter(name__startswith="order.").exists()


def test_place_at_the_borders_of_the_possible_is_no_nonsense():
    world.product("MUG")
    sent = replace(
        world.wish(("MUG", 2)),
        lines=(line(tax_amount=Decimal(7)),),
        charges=(PlacedCharge("discount", Decimal(-7), Decimal(-1)),),
        payments=(paid("3.50", "ch_1"), paid("3.50", "ch_2")),
    )

    placed = orders.place_one(world.shop(), sent, by=world.BY)

    assert placed.order.total == 0


def test_change_that_takes_more_off_than_the_order_is_worth_is_refused():
    world.stocked("MUG", world.warehouse(), 5)
    order = world.place(world.shop(), ("MUG", 1, "10.00"))
    step = orders.Step("add_charge", None, {"kind": "adjustment", "amount": "-10.01"})
    drafted = orders.draft_change(order, by=world.BY, steps=[step])

    with pytest.raises(orders.StepImpossible, match="worth"):
        orders.confirm_change(drafted, by=world.BY)

    order.refresh_from_db()
    assert (order.total, order.charges.count()) == (10, 0)
