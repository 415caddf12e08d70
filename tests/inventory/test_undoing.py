"""A receipt that was booked by mistake is taken back whole, or not at all."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import (
    ExpectedSupply,
    GoodsReceipt,
    LevelCost,
    StockLevel,
    StockMovement,
)
from inventory.operations import ByLot, Why
from inventory.queries.leadtimes import by_supplier
from oms import keys
from oms.models import Event
from tests import factories as world
from tests.factories import BY, supply
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
TWICE = Why("entered-twice", "Ben had booked it")


@pytest.fixture
def order():
    """Ten mugs and six cups, sent."""
    return supply.sent(("MUG", 10, "2.50"), ("CUP", 6, "1.00"))


def units(sku):
    level = StockLevel.objects.get(product__sku=sku)
    return level.on_hand, level.damaged


def expected():
    rows = ExpectedSupply.objects.order_by("product__sku")
    return dict(rows.values_list("product__sku", "quantity"))


def everything():
    rows = [GoodsReceipt, StockLevel, StockMovement, ExpectedSupply, Event]
    return [list(model.objects.order_by("pk").values()) for model in rows]


def refused(error, receipt, match=""):
    before = everything()
    with pytest.raises(error, match=match):
        inventory.undo_receipt(receipt, by=BY, why=TWICE)
    assert everything() == before


def test_undo_takes_every_unit_off_and_the_order_misses_them_again(order):
    supply.receive(order, reference="DN1", MUG=(4, 0))
    second = supply.receive(order, reference="DN2", MUG=(5, 1), CUP=(6, 0))
    inventory.value_stock()
    order.refresh_from_db()
    assert order.status == "closed"

    inventory.undo_receipt(second, by=BY, why=TWICE)

    order.refresh_from_db()
    assert (order.status, order.closed_at) == ("partially_received", None)
    assert (units("MUG"), units("CUP")) == ((4, 0), (0, 0))
    assert expected() == {"CUP": 6, "MUG": 6}
    second.refresh_from_db()
    assert (second.undone_by, second.undone_why) == (BY, "Ben had booked it")
    undone = StockMovement.objects.filter(kind="corrected").order_by("pk")
    assert [(row.quantity, row.condition, row.reason_code.code) for row in undone] == [
        (-5, "available", "entered-twice"),
        (-1, "damaged", "entered-twice"),
        (-6, "available", "entered-twice"),
    ]
    assert all(row.effective_at == row.corrects.at for row in undone)
    assert Event.objects.filter(name="goods_receipt.undone", actor=BY).count() == 1
    assert by_supplier([order.supplier_id])[order.supplier_id].receipts == 1
    inventory.value_stock()
    assert LevelCost.objects.get(level__product__sku="MUG").fifo_value == Decimal(10)
    assert_ledgers_hold()


def test_undone_delivery_note_is_received_anew(order):
    wrong = supply.receive(order, reference="DN1", MUG=(9, 0))
    inventory.undo_receipt(wrong, by=BY, why=TWICE)
    order.refresh_from_db()
    assert order.status == "sent"

    right = supply.receive(order, reference="DN1", MUG=(6, 0))

    assert right.pk != wrong.pk
    assert units("MUG") == (6, 0)
    assert supply.receive(order, reference="DN1", MUG=(6, 0)).pk == right.pk
    assert_ledgers_hold()


def test_undo_leaves_an_order_closed_that_somebody_had_closed_short(order):
    receipt = supply.receive(order, MUG=(4, 0))
    inventory.close_purchase_order(order, by=BY, reason="Bankrupt")
    inventory.undo_receipt(receipt, by=BY, why=TWICE)
    order.refresh_from_db()
    assert (order.status, expected()) == ("closed", {})
    assert_ledgers_hold()


def test_undo_of_units_that_are_promised_says_how_many_are_free(order):
    receipt = supply.receive(order, MUG=(8, 2), CUP=(1, 0))
    world.place(world.shop(), ("MUG", 5))
    mug = supply.goods("MUG")
    inventory.write_off(mug, order.location, 1, by=BY, why=Why("broken"))
    refused(
        inventory.UnitsGone,
        receipt,
        "only 3 of 8 units of MUG are here and free; "
        "only 1 of 2 damaged units of MUG are here and free",
    )


def test_undo_of_a_blind_receipt_by_lot_wants_that_lot():
    tea = inventory.set_tracking(world.product("TEA"), "lot", by=BY)
    london = supply.place()
    inventory.receive(tea, london, ByLot({"A2": 5}), by=BY)
    rows = (inventory.Delivered(tea.pk, 5, lot="A1"),)
    receipt = inventory.receive_blind(london, inventory.Delivery(rows, "DN7"), by=BY)
    gone = ByLot({"A1": 2})
    inventory.quarantine(tea, london, gone, by=BY, why=Why("inspection"))
    refused(inventory.UnitsGone, receipt, "only 3 of 5 units of TEA A1")

    inventory.release_from_quarantine(tea, london, gone, by=BY, why=Why("passed"))
    inventory.undo_receipt(receipt, by=BY, why=TWICE)

    assert units("TEA") == (5, 0)
    assert_ledgers_hold()


def test_undo_twice_with_landed_costs_or_of_a_transfer_is_refused(order):
    receipt = supply.receive(order, MUG=(8, 0))
    freight = inventory.Landed("freight", Decimal(12), "value", "INV-1")
    inventory.add_landed_cost(receipt, freight, by=BY)
    refused(inventory.NotUndoable, receipt, "landed costs")
    back = inventory.Landed("freight", Decimal(-12), "value", "INV-2")
    inventory.add_landed_cost(receipt, back, by=BY)
    inventory.undo_receipt(receipt, by=BY, why=TWICE)
    refused(inventory.NotUndoable, receipt, "already")
    with pytest.raises(inventory.NothingToSpread):
        inventory.add_landed_cost(receipt, replace(freight, reference="INV-3"), by=BY)

    supply.receive(order, MUG=(8, 0))
    leeds, mug = supply.place("LEE"), supply.goods("MUG")
    sent = inventory.request_transfer(order.location, leeds, {mug.pk: 2}, by=BY)
    inventory.ship_transfer(sent, by=BY)
    came = inventory.Delivery((inventory.Delivered(mug.pk, 2),))
    moved = inventory.receive_transfer(sent, came, by=BY)
    refused(inventory.NotUndoable, moved, "goes back by a transfer")
    assert_ledgers_hold()


def test_undo_by_button_and_by_the_api(order, admin_client, client, settings):
    settings.OMS_REQUIRE_MFA = False
    first, second = (supply.receive(order, reference=note, MUG=(2, 0)) for note in ("A", "B"))
    page = reverse("admin:inventory_goodsreceipt_change", args=[first.pk])
    press = reverse("admin:inventory_goodsreceipt_act", args=[first.pk, "undo"])
    assert press in admin_client.get(page).content.decode()
    sent = {"act": "undo", "reason_code": "entered-twice", "reason": "Twice"}
    admin_client.post(press, sent)
    shown = admin_client.get(page).content.decode()
    assert "Undone" in shown
    assert press not in shown
    assert "6 short" not in shown
    assert "8 short" in shown

    key = keys.create("WMS", scopes=["stock:write"])[1]
    answer = client.post(
        f"/api/v1/receipts/{second.number}/reversal/",
        json.dumps({"reason_code": "typing-error"}),
        content_type="application/json",
        headers={"Authorization": f"Api-Key {key}"},
    )
    assert answer.status_code == 201
    assert answer.json()["undone_at"]
    assert units("MUG") == (0, 0)
