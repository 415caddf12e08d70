"""Stock that goes from London to Leeds; every unit is somewhere at any moment."""

from datetime import date
from decimal import Decimal

import pytest

from inventory import operations as inventory
from inventory.models import (
    CostEntry,
    ExpectedSupply,
    LotStock,
    StockLevel,
    StockMovement,
    Transfer,
)
from oms.models import Event
from tests import factories as world
from tests.factories import BY, supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def requested():
    """Five mugs and two cups asked for; London has ten of each at 2.00."""
    london, leeds = supply.place("LON"), supply.place("LEE")
    rows = tuple(
        inventory.Delivered(supply.goods(sku).pk, 10, unit_cost=Decimal(2))
        for sku in ("MUG", "CUP")
    )
    inventory.receive_blind(london, inventory.Delivery(rows), by=BY)
    wanted = {supply.goods("MUG").pk: 5, supply.goods("CUP").pk: 2}
    return inventory.request_transfer(
        london, leeds, wanted, by=BY, plan=inventory.Plan(reference="REQ-1")
    )


@pytest.fixture
def shipped(requested):
    return inventory.ship_transfer(requested, by=BY)


def on_hand(sku, code):
    level = StockLevel.objects.filter(product__sku=sku, location__code=code).first()
    return (level.on_hand, level.damaged) if level else (0, 0)


def line(transfer, sku):
    return transfer.lines.get(product__sku=sku)


def expected():
    rows = ExpectedSupply.objects.filter(kind="transfer", location__code="LEE")
    return dict(rows.order_by("product__sku").values_list("product__sku", "quantity"))


def status(transfer):
    return Transfer.objects.get(pk=transfer.pk).status


def names():
    rows = Event.objects.filter(name__startswith="transfer.").order_by("pk")
    return [row.name.removeprefix("transfer.") for row in rows]


def test_request_moves_nothing_and_is_repeatable(requested):
    again = inventory.request_transfer(
        requested.source,
        requested.destination,
        {supply.goods("MUG").pk: 5},
        by=BY,
        plan=inventory.Plan(reference="REQ-1"),
    )

    assert again == requested
    assert requested.number.startswith("TR")
    assert on_hand("MUG", "LON") == (10, 0)
    assert (names(), expected()) == (["requested"], {})


@pytest.mark.parametrize("quantity", [0, -1])
def test_request_of_nothing_is_refused(quantity):
    london, leeds = supply.place("LON"), supply.place("LEE")

    with pytest.raises(inventory.NothingToTransfer):
        inventory.request_transfer(london, leeds, {supply.goods("MUG").pk: quantity}, by=BY)

    assert not Transfer.objects.exists()


def test_request_across_currencies_needs_a_rate():
    london, berlin = supply.place("LON"), supply.place("BER", country="DE")

    with pytest.raises(inventory.RateMissing):
        inventory.request_transfer(london, berlin, {supply.goods("MUG").pk: 1}, by=BY)

    assert not Transfer.objects.exists()


def test_ship_takes_units_off_the_source_and_expects_them_at_the_destination(shipped):
    assert on_hand("MUG", "LON") == (5, 0)
    assert on_hand("MUG", "LEE") == (0, 0)
    assert expected() == {"MUG": 5, "CUP": 2}
    row = line(shipped, "MUG")
    assert (row.in_transit, row.fifo_value, row.average_value) == (5, Decimal(10), Decimal(10))
    told = Event.objects.get(name="transfer.shipped")
    assert (told.facts["units"], told.actor) == (7, BY)
    assert_ledgers_hold()


def test_ship_fewer_than_asked_for(requested):
    mug = line(requested, "MUG")

    inventory.ship_transfer(requested, by=BY, quantities={mug.pk: 3})

    assert expected() == {"MUG": 3}
    assert line(requested, "CUP").shipped == 0


def test_ship_more_than_is_free_is_refused_and_nothing_changes(requested):
    world.place(world.shop(), ("MUG", 8))

    with pytest.raises(inventory.InsufficientStock):
        inventory.ship_transfer(requested, by=BY)

    assert on_hand("MUG", "LON") == (10, 0)
    assert (status(requested), line(requested, "CUP").shipped) == ("requested", 0)
    assert (names(), expected()) == (["requested"], {})


def test_ship_more_than_asked_for_is_refused(requested):
    with pytest.raises(inventory.MoreThanShipped):
        inventory.ship_transfer(requested, by=BY, quantities={line(requested, "MUG").pk: 6})

    assert status(requested) == "requested"


def test_receive_in_parts_good_and_damaged(shipped):
    first = inventory.receive_transfer(
        shipped, supply.delivery("V-1", MUG=(3, 1), CUP=(2, 0)), by=BY
    )
    again = inventory.receive_transfer(shipped, supply.delivery("V-1", MUG=(3, 1)), by=BY)

    assert first == again
    assert (on_hand("MUG", "LEE"), on_hand("CUP", "LEE")) == ((3, 1), (2, 0))
    assert (status(shipped), expected()) == ("partially_received", {"MUG": 1})

    inventory.receive_transfer(shipped, supply.delivery("V-2", MUG=(1, 0)), by=BY)

    assert (status(shipped), expected()) == ("received", {})
    assert names() == ["requested", "shipped", "received", "received"]
    assert_ledgers_hold()


def test_receive_carries_the_value_to_the_last_cent(requested):
    """Ten mugs for 10.01 leave as three and two parts whose values add up exactly."""
    mug = supply.goods("MUG")
    inventory.adjust(mug, requested.source, -10, by=BY, why=inventory.Why("other"))
    row = inventory.Delivered(mug.pk, 3, unit_cost=Decimal("3.3333"))
    inventory.receive_blind(requested.source, inventory.Delivery((row,)), by=BY)
    row = inventory.Delivered(mug.pk, 7, unit_cost=Decimal("0.0001"))
    inventory.receive_blind(requested.source, inventory.Delivery((row,)), by=BY)
    inventory.ship_transfer(requested, by=BY)

    for number in range(5):
        came = supply.delivery(f"V-{number}", MUG=(1, 0))
        inventory.receive_transfer(requested, came, by=BY)

    values = CostEntry.objects.filter(level__location__code="LEE").values_list(
        "fifo_value", flat=True
    )
    assert sum(values) == line(requested, "MUG").fifo_value == Decimal("10.0001")
    assert_ledgers_hold()


@pytest.mark.parametrize("came", [{"MUG": (6, 0)}, {"MUG": (4, 2)}])
def test_receive_more_than_is_on_its_way_is_refused(shipped, came):
    with pytest.raises(inventory.MoreThanShipped):
        inventory.receive_transfer(shipped, supply.delivery(**came), by=BY)

    assert on_hand("MUG", "LEE") == (0, 0)
    assert expected() == {"MUG": 5, "CUP": 2}


def test_receive_what_is_not_on_it_is_refused(shipped):
    with pytest.raises(inventory.NotOnDocument):
        inventory.receive_transfer(shipped, supply.delivery(JAR=(1, 0)), by=BY)

    assert status(shipped) == "shipped"


def test_settle_writes_off_what_never_came_with_its_reason(shipped):
    inventory.receive_transfer(shipped, supply.delivery(MUG=(3, 0), CUP=(2, 0)), by=BY)

    inventory.settle_transfer(shipped, inventory.Settlement("write_off", "lost"), by=BY)

    row = line(shipped, "MUG")
    assert (row.written_off, row.reason, row.in_transit) == (2, "lost", 0)
    assert (status(shipped), expected()) == ("received", {})
    assert on_hand("MUG", "LON") == (5, 0)
    told = Event.objects.get(name="transfer.discrepancy_settled")
    assert (told.facts["units"], told.facts["outcome"]) == (2, "write_off")
    assert_ledgers_hold()


def test_settle_writes_back_to_the_source_at_the_value_that_left(shipped):
    inventory.settle_transfer(shipped, inventory.Settlement("write_back", "never_left"), by=BY)

    assert (on_hand("MUG", "LON"), on_hand("CUP", "LON")) == ((10, 0), (10, 0))
    last = StockMovement.objects.filter(kind="transferred_in").first()
    assert (last.quantity, last.reference) == (5, shipped.number)
    values = CostEntry.objects.filter(level__product__sku="MUG").values_list(
        "fifo_value", flat=True
    )
    assert sum(values) == Decimal(20)
    assert_ledgers_hold()


def test_cancel_before_shipping_needs_no_settlement(requested):
    inventory.cancel_transfer(requested, by=BY, reason="Not needed")

    assert status(requested) == "cancelled"
    assert on_hand("MUG", "LON") == (10, 0)
    assert names() == ["requested", "cancelled"]


def test_cancel_on_the_way_makes_somebody_choose(shipped):
    with pytest.raises(inventory.SettlementMissing):
        inventory.cancel_transfer(shipped, by=BY, reason="Not needed")

    assert status(shipped) == "shipped"
    assert expected() == {"MUG": 5, "CUP": 2}


@pytest.mark.parametrize(("outcome", "left"), [("write_back", 10), ("write_off", 5)])
def test_cancel_on_the_way_does_what_was_chosen(shipped, outcome, left):
    choice = inventory.Settlement(outcome, "called_off")

    inventory.cancel_transfer(shipped, by=BY, reason="Not needed", settlement=choice)

    assert (status(shipped), expected()) == ("cancelled", {})
    assert on_hand("MUG", "LON") == (left, 0)
    assert names()[-2:] == ["cancelled", "discrepancy_settled"]
    assert_ledgers_hold()


def test_cancel_after_some_came_is_refused(shipped):
    inventory.receive_transfer(shipped, supply.delivery(MUG=(1, 0)), by=BY)

    with pytest.raises(inventory.NotAllowedNow):
        inventory.cancel_transfer(
            shipped,
            by=BY,
            reason="Late",
            settlement=inventory.Settlement("write_off", "lost"),
        )

    assert status(shipped) == "partially_received"


@pytest.fixture
def tea():
    """Five packets of lot A, which expires first, and five of lot B on their way: eight in all."""
    tea = inventory.set_tracking(supply.goods("TEA"), "lot", by=BY)
    rows = tuple(
        inventory.Delivered(tea.pk, 5, unit_cost=Decimal(cost), lot=code, expires_on=day)
        for code, cost, day in (("B", 3, date(2099, 9, 1)), ("A", 2, date(2099, 3, 1)))
    )
    london, leeds = supply.place("LON"), supply.place("LEE")
    inventory.receive_blind(london, inventory.Delivery(rows), by=BY)
    made = inventory.request_transfer(london, leeds, {tea.pk: 8}, by=BY)
    return inventory.ship_transfer(made, by=BY)


def lots(code):
    rows = LotStock.objects.filter(level__location__code=code, quantity__gt=0)
    return dict(rows.order_by("lot__code").values_list("lot__code", "quantity"))


def test_lots_that_expire_first_leave_first_and_arrive_as_they_left(tea):
    assert lots("LON") == {"B": 2}

    inventory.receive_transfer(tea, supply.delivery(TEA=(6, 0)), by=BY)
    assert lots("LEE") == {"A": 5, "B": 1}
    row = inventory.Delivered(supply.goods("TEA").pk, 1, lot="B")
    inventory.receive_transfer(tea, inventory.Delivery((row,)), by=BY)

    assert lots("LEE") == {"A": 5, "B": 2}
    assert_ledgers_hold()


def test_lot_that_was_not_shipped_does_not_arrive(tea):
    row = inventory.Delivered(supply.goods("TEA").pk, 1, lot="Z")

    with pytest.raises(inventory.LotNotTracked):
        inventory.receive_transfer(tea, inventory.Delivery((row,)), by=BY)

    assert lots("LEE") == {}


def test_lots_on_their_way_go_back_to_their_source(tea):
    inventory.receive_transfer(tea, supply.delivery(TEA=(6, 0)), by=BY)

    inventory.settle_transfer(tea, inventory.Settlement("write_back", "returned"), by=BY)

    assert (lots("LON"), lots("LEE")) == ({"B": 4}, {"A": 5, "B": 1})
    assert_ledgers_hold()
