"""Tracked products through the warehouse: picked by lot, shipped, returned, given back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, PickedLot
from fulfillment.operations.lots import LotNotHere, LotShort
from fulfillment.queries import lots_to_pick
from inventory import operations as inventory
from inventory import queries as stock
from inventory.models import LotStock, StockMovement
from oms.dispatch import drain
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def london():
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    return world.warehouse()


def stocked(london, tracking="lot", **units):
    """Tea in lots, of which the first expires last."""
    product = inventory.set_tracking(world.product("TEA"), tracking, by=BY)
    last = timezone.localdate() + timedelta(days=90)
    for number, (code, quantity) in enumerate(units.items()):
        expires_on = last - timedelta(days=number)
        lot = inventory.lot_of(product, code, by=BY, expires_on=expires_on)
        change = inventory.Change(product.pk, london.pk, quantity, "received", lot_id=lot.pk)
        inventory.move([change], by=BY)
    return product


def work(units, **fields):
    order = world.place(world.shop(**fields), ("TEA", units))
    drain(webhooks=False)
    return order.fulfillment_orders.get()


def picked():
    return dict(PickedLot.objects.order_by("pk").values_list("lot__code", "quantity"))


def here(condition="available"):
    rows = LotStock.objects.filter(quantity__gt=0, condition=condition).order_by("pk")
    return dict(rows.values_list("lot__code", "quantity"))


def send(document, units):
    parcel = fulfillment.PackedParcel(500, {document.lines.get().pk: units})
    fulfillment.pack(document, by=BY, parcels=[parcel])
    return fulfillment.ship(document, by=BY, carrier="royal-mail")


def state():
    models = (PickedLot, LotStock, StockMovement)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_pick_all_takes_what_expires_first_and_ship_issues_it(london):
    stocked(london, LATE=5, SOON=2)
    document = work(4)

    fulfillment.pick(document, by=BY)
    shipment = send(document, 4)

    assert picked() == {"SOON": 2, "LATE": 2}
    issued = StockMovement.objects.filter(kind="issued", reference=shipment.number)
    assert dict(issued.values_list("lot__code", "quantity")) == {"SOON": -2, "LATE": -2}
    assert here() == {"LATE": 3}
    assert_ledgers_hold()


def test_scan_of_a_lot_picks_that_one(london):
    stocked(london, LATE=5, SOON=2)
    document = work(2)

    fulfillment.scan(document, by=BY, code="LATE")
    fulfillment.scan(document, by=BY, code="TEA")

    assert picked() == {"LATE": 1, "SOON": 1}


def test_units_in_another_trolley_are_not_suggested_or_taken(london):
    stocked(london, LATE=5, SOON=2)
    first = work(2)
    fulfillment.pick(first, by=BY)
    second = world.place(first.order.channel, ("TEA", 2), external_id="2", customer=world.CORA)
    drain(webhooks=False)
    document = second.fulfillment_orders.get()
    before = state()

    with pytest.raises(LotNotHere, match="SOON"):
        fulfillment.scan(document, by=BY, code="SOON")
    assert state() == before

    fulfillment.pick(document, by=BY)
    assert picked() == {"SOON": 2, "LATE": 2}


def test_held_lot_is_not_picked_and_the_rest_can_be_rejected(london):
    product = stocked(london, BAD=3, GOOD=1)
    document = work(4)
    bad = stock.lots_by_code(product.pk, ["BAD"])["BAD"]
    inventory.hold_lot(bad, by=BY, why=inventory.Why("recalled"))
    before = state()

    with pytest.raises(LotShort, match="only 1 of 4"):
        fulfillment.pick(document, by=BY)
    with pytest.raises(inventory.LotUnusable, match="BAD"):
        fulfillment.scan(document, by=BY, code="BAD")
    assert state() == before

    line = document.lines.get().pk
    fulfillment.pick(document, by=BY, quantities={line: 1})
    fulfillment.reject(document, by=BY, reason="other", quantities={line: 3})
    inventory.set_unusable_apart(by="system")
    assert here("quarantined") == {"BAD": 3}
    assert_ledgers_hold()


def test_hold_between_pick_and_ship_stops_the_shipment(london):
    product = stocked(london, BAD=3)
    document = work(3)
    fulfillment.pick(document, by=BY)
    bad = stock.lots_by_code(product.pk, ["BAD"])["BAD"]
    inventory.hold_lot(bad, by=BY, why=inventory.Why("recalled"))

    with pytest.raises(inventory.LotUnusable, match="BAD"):
        send(document, 3)

    assert not StockMovement.objects.filter(kind="issued").exists()


def test_recall_gives_the_lots_back(london):
    stocked(london, A1=3)
    document = work(3)
    fulfillment.pick(document, by=BY)

    fulfillment.recall(document, by=BY, reason="Changed")

    assert picked() == {}
    assert_ledgers_hold()


def test_reject_as_damaged_sets_units_of_a_lot_apart(london):
    stocked(london, A1=3)
    document = work(3)

    fulfillment.reject(document, by=BY, reason="damaged")

    assert here() == {}
    assert here("damaged") | here("quarantined") == {"A1": 3}
    assert_ledgers_hold()


def shipped(london, **units):
    stocked(london, **units)
    total = sum(units.values())
    document = work(total)
    fulfillment.pick(document, by=BY)
    send(document, total)
    return document.order


def returned(order, units):
    document = fulfillment.request_return(
        order, by=BY, wishes={order.lines.get().pk: fulfillment.Wish(units, "unwanted")}
    )
    return fulfillment.approve(document, by=BY)


def test_return_of_one_lot_is_known_without_asking(london):
    document = returned(shipped(london, A1=3), 1)

    outcomes = {document.lines.get().pk: {"restock": 1}}
    fulfillment.receive(document, by=BY, outcomes=outcomes)

    assert here() == {"A1": 1}
    assert_ledgers_hold()


def test_return_of_several_lots_asks_which(london):
    order = shipped(london, A1=2, A2=2)
    document = returned(order, 2)
    line = document.lines.get().pk
    outcomes = {line: {"restock": 1, "scrap": 1}}
    before = state()

    with pytest.raises(inventory.LotMissing):
        fulfillment.receive(document, by=BY, outcomes=outcomes)
    named = {(line, "restock"): [("A9", 1)], (line, "scrap"): [("A2", 1)]}
    with pytest.raises(LotNotHere, match="A9"):
        fulfillment.receive(document, by=BY, outcomes=outcomes, named=named)
    assert state() == before

    named = {(line, "restock"): [("A1", 1)], (line, "scrap"): [("A2", 1)]}
    fulfillment.receive(document, by=BY, outcomes=outcomes, named=named)

    assert here() == {"A1": 1}
    left = {
        lot.code: lot.pk
        for lot in stock.lots_by_code(order.lines.get().product_id, ["A1", "A2"]).values()
    }
    assert stock.shipped_lots(order.lines.get().pk) == {left["A1"]: 1, left["A2"]: 1}
    assert_ledgers_hold()


def test_suggestion_is_what_picking_all_then_takes(london, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    stocked(london, LATE=5, SOON=2)
    document = work(4)
    order = world.place(document.order.channel, ("TEA", 1), external_id="E2", customer=world.CORA)
    drain(webhooks=False)
    other = order.fulfillment_orders.get()
    fulfillment.pick(other, by=BY)  # one of SOON is in another trolley

    [[line, lots]] = lots_to_pick(document, document.lines.all()).items()
    assert [(lot.code, units) for lot, units in lots] == [("SOON", 1), ("LATE", 3)]
    page = reverse("admin:fulfillment_fulfillmentorder_change", args=[document.pk])
    assert "Take <b>3</b> of" in admin_client.get(page).content.decode()

    fulfillment.pick(document, by=BY)
    picked = PickedLot.objects.filter(line=line).order_by("pk")
    assert list(picked.values_list("lot__code", "quantity")) == [("SOON", 1), ("LATE", 3)]
    lot = reverse("admin:inventory_lot_change", args=[picked.last().lot_id])
    page = admin_client.get(lot).content.decode()
    assert "Picked, not packed" in page
    assert document.number in page
    pack = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "pack"])
    assert "SOON × 1, LATE × 3" in admin_client.get(pack).content.decode()
