"""Lots and serial numbers of parcels: scanned at packing, shown everywhere, found when they return."""

import csv
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.adapters import paper
from fulfillment.adapters.paper import lists
from fulfillment.models import ParcelLine, ParcelLot, PickedLot, Return
from fulfillment.operations import PackedParcel
from fulfillment.operations.lots import LotNotHere
from inventory import operations as inventory
from inventory import queries as stock
from inventory.models import LotStock, StockMovement
from inventory.queries.recall import recall
from oms import keys
from oms.dispatch import drain
from tests import factories as world
from tests.fulfillment.test_lots import here, london, returned, stocked, work
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
__all__ = ["london"]  # the fixture


def state():
    models = (PickedLot, ParcelLine, ParcelLot, LotStock, StockMovement)
    return [list(model.objects.order_by("pk").values()) for model in models]


def inside():
    """Parcel, lot, units and what came back."""
    rows = ParcelLot.objects.order_by("parcel_line__parcel__position", "lot__code")
    names = ("parcel_line__parcel__position", "lot__code", "quantity", "returned")
    return list(rows.values_list(*names))


def pack(document, *parcels):
    """Each parcel is units with the lots that were scanned, if any."""
    line = document.lines.get().pk
    boxes = [PackedParcel(500, {line: units}, lots={line: lots}) for units, *lots in parcels]
    return fulfillment.pack(document, by=BY, parcels=boxes)


def ship(document, **more):
    return fulfillment.ship(document, by=BY, carrier="royal-mail", **more)


def picked(london, units, tracking="lot", **lots):
    stocked(london, tracking, **lots)
    document = work(units)
    fulfillment.pick(document, by=BY)
    return document


def test_unscanned_parcels_get_what_expires_first(london):
    document = picked(london, 4, LATE=5, SOON=2)

    pack(document, (3,), (1,))
    shipment = ship(document)

    assert inside() == [(1, "LATE", 1, 0), (1, "SOON", 2, 0), (2, "LATE", 1, 0)]
    issued = StockMovement.objects.filter(kind="issued", reference=shipment.number)
    assert dict(issued.values_list("lot__code", "quantity")) == {"SOON": -2, "LATE": -2}
    assert_ledgers_hold()


def test_scanned_lots_count_before_what_is_suggested(london):
    document = picked(london, 4, LATE=5, SOON=2)

    pack(document, (2,), (2, ("SOON", 2)))

    assert inside() == [(1, "LATE", 2, 0), (2, "SOON", 2, 0)]


def test_scanning_another_serial_than_was_picked_exchanges_them(london):
    document = picked(london, 2, "serial", S1=1, S2=1, S3=1)
    assert set(PickedLot.objects.values_list("lot__code", flat=True)) == {"S3", "S2"}

    pack(document, (2, ("S1", 1), ("S3", 1)))
    ship(document)

    assert inside() == [(1, "S1", 1, 0), (1, "S3", 1, 0)]
    assert here() == {"S2": 1}
    assert set(PickedLot.objects.values_list("lot__code", flat=True)) == {"S1", "S3"}
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("parcels", "error"),
    [
        ([(2, ("S3", 1))], inventory.LotMissing),
        ([(2, ("S3", 1), ("S9", 1))], LotNotHere),
        ([(1, ("S3", 1)), (1, ("S3", 1))], LotNotHere),
    ],
)
def test_packing_refuses_wrong_serials_and_changes_nothing(london, parcels, error):
    document = picked(london, 2, "serial", S1=1, S2=1, S3=1)
    before = state()

    with pytest.raises(error):
        pack(document, *parcels)

    assert state() == before
    document.refresh_from_db()
    assert document.status == "picked"


def test_serial_in_another_trolley_or_held_is_refused(london):
    first = picked(london, 1, "serial", S1=1, S2=1, S3=1)  # has S3
    other = world.place(first.order.channel, ("TEA", 1), external_id="2", customer=world.CORA)
    drain(webhooks=False)
    second = other.fulfillment_orders.get()
    fulfillment.pick(second, by=BY)  # has S2
    before = state()

    with pytest.raises(LotNotHere, match="S3"):
        pack(second, (1, ("S3", 1)))
    held = stock.lots_by_code(second.lines.get().order_line.product_id, ["S1"])["S1"]
    inventory.hold_lot(held, by=BY, why=inventory.Why("recalled"))
    with pytest.raises(inventory.LotUnusable):
        pack(second, (1, ("S1", 1)))

    assert state()[:3] == before[:3]


def test_lot_that_was_held_after_picking_is_not_packed_and_can_be_exchanged(london):
    document = picked(london, 2, LATE=5, SOON=2)
    soon = PickedLot.objects.get().lot
    inventory.hold_lot(soon, by=BY, why=inventory.Why("recalled"))
    before = state()

    with pytest.raises(inventory.LotUnusable, match="SOON"):
        pack(document, (2,))
    assert state() == before

    pack(document, (2, ("LATE", 2)))
    ship(document)
    assert inside() == [(1, "LATE", 2, 0)]
    assert_ledgers_hold()


def test_shipping_may_name_the_lots_anew(london):
    document = picked(london, 3, LATE=5, SOON=2)
    pack(document, (3,))
    line = document.lines.get().pk
    before = state()

    with pytest.raises(fulfillment.UnknownParcel):
        ship(document, named={(2, line): [("LATE", 3)]})
    with pytest.raises(inventory.LotMissing):
        ship(document, named={(1, line): [("LATE", 2)]})
    assert state() == before

    ship(document, named={(1, line): [("LATE", 3)]})

    assert inside() == [(1, "LATE", 3, 0)]
    assert here() == {"LATE": 2, "SOON": 2}
    assert_ledgers_hold()


def test_recalled_work_unpacks_its_lots(london):
    document = picked(london, 2, LATE=2)
    pack(document, (2,))

    fulfillment.recall(document, by=BY, reason="Changed")

    assert inside() == []
    assert_ledgers_hold()


def test_database_knows_a_serial_in_one_parcel_alone(london):
    document = picked(london, 1, "serial", S1=1)
    pack(document, (1,))
    lot = ParcelLot.objects.get().lot
    line = ParcelLine.objects.create(
        parcel=document.parcels.get(), line=document.lines.get(), quantity=1
    )

    with pytest.raises(IntegrityError, match=r"parcel_lot|UNIQUE"), transaction.atomic():
        ParcelLot.objects.create(parcel_line=line, lot=lot, quantity=1, is_serial=True)
    ParcelLot.objects.update(returned=1)
    ParcelLot.objects.create(parcel_line=line, lot=lot, quantity=1, is_serial=True)


def sent(london, units=2, **serials):
    document = picked(london, units, "serial", **(serials or {"S1": 1, "S2": 1}))
    pack(document, *[(1,)] * units)
    return document, ship(document, tracking_number="RM7")


def test_returned_serial_leaves_its_parcel_and_may_go_out_again(london):
    document, _ = sent(london)
    rma = returned(document.order, 1)
    line = rma.lines.get().pk

    named = {(line, "restock"): [("S1", 1)]}
    fulfillment.receive(rma, by=BY, outcomes={line: {"restock": 1}}, named=named)
    assert inside() == [(1, "S2", 1, 0), (2, "S1", 1, 1)]

    again = world.place(document.order.channel, ("TEA", 1), external_id="2", customer=world.CORA)
    drain(webhooks=False)
    second = again.fulfillment_orders.get()
    fulfillment.pick(second, by=BY)
    pack(second, (1, ("S1", 1)))
    ship(second)
    assert ParcelLot.objects.filter(lot__code="S1").count() == 2
    assert_ledgers_hold()


def test_serial_that_came_in_without_a_return_is_out_of_its_old_parcel(london):
    document, _ = sent(london)
    lot = ParcelLot.objects.get(lot__code="S1").lot
    inventory.move(
        [inventory.Change(lot.product_id, london.pk, 1, "adjusted", lot_id=lot.pk)], by=BY
    )
    again = world.place(document.order.channel, ("TEA", 1), external_id="2", customer=world.CORA)
    drain(webhooks=False)
    second = again.fulfillment_orders.get()
    fulfillment.pick(second, by=BY)

    pack(second, (1,))

    assert list(
        ParcelLot.objects.filter(lot=lot).order_by("pk").values_list("returned", flat=True)
    ) == [1, 0]


def test_scanned_serial_of_another_order_names_its_parcel(london):
    document, shipment = sent(london, 1, S1=1, S2=1)
    other = world.place(document.order.channel, ("TEA", 1), external_id="2", customer=world.CORA)
    drain(webhooks=False)
    second = other.fulfillment_orders.get()
    fulfillment.pick(second, by=BY)
    pack(second, (1,))
    ship(second)
    rma = returned(second.order, 1)
    strange = ParcelLot.objects.get(parcel_line__parcel__shipment=shipment).lot.code
    before = state()

    with pytest.raises(fulfillment.SentWithAnother, match=rf"{document.order.number}, parcel 1"):
        fulfillment.scan_return(rma, by=BY, code=strange, outcome="restock")
    assert state() == before

    mine = ParcelLot.objects.exclude(lot__code=strange).get().lot.code
    fulfillment.scan_return(rma, by=BY, code=mine, outcome="restock")
    assert dict(ParcelLot.objects.values_list("lot__code", "returned")) == {mine: 1, strange: 0}


def test_desk_finds_the_return_by_serial(london, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    document, shipment = sent(london)
    desk = reverse("admin:fulfillment_return_desk")

    told = admin_client.post(desk, {"code": "S1"}).content.decode()
    assert document.order.number in told
    assert f"({shipment.number}, parcel 2)" in told

    rma = returned(document.order, 1)
    answer = admin_client.post(desk, {"code": "S1"})
    assert answer["Location"] == reverse("admin:fulfillment_scan_return", args=[rma.pk])
    assert Return.objects.count() == 1


def test_recall_lists_trolleys_parcels_and_customers(london, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    document = picked(london, 5, A1=9)
    pack(document, (2,), (1,))
    shipment = ship(document, tracking_number="RM7")
    pack(document, (1,))
    rma = returned(document.order, 1)
    fulfillment.receive(rma, by=BY, outcomes={rma.lines.get().pk: {"restock": 1}})
    lot = ParcelLot.objects.first().lot

    rows = [(one.state, one.shipment, one.parcel, one.units, one.out) for one in recall(lot)]

    assert rows == [
        ("packed", "", 3, 1, 0),
        ("picked", "", None, 1, 0),
        ("sent", shipment.number, 1, 2, 2),
        ("sent", shipment.number, 2, 1, 0),
    ]
    file = admin_client.get(reverse("admin:inventory_lot_recall", args=[lot.pk]))
    told = list(csv.DictReader(file.content.decode().splitlines()))
    assert [row["parcel"] for row in told] == ["3", "", "1", "2"]
    assert {row["customer"] for row in told} == {document.order.customer.number}
    assert told[2]["tracking number"] == "RM7"
    page = admin_client.get(reverse("admin:inventory_lot_change", args=[lot.pk])).content.decode()
    assert page.count(document.order.number) == 4


def test_pages_and_slip_show_which_serial_is_in_which_parcel(london, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    document = picked(london, 2, "serial", S1=1, S2=1)
    line = document.lines.get().pk
    act = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "pack"])
    assert "Empty: S2 × 1, S1 × 1." in admin_client.get(act).content.decode()

    form = {"act": "pack", "weight_g": 100, f"line_{line}": 1}
    refused = admin_client.post(act, {**form, f"lots_{line}": "S1, S2"}).content.decode()
    assert "These lots make up 2 units, not 1" in refused
    admin_client.post(act, {**form, f"lots_{line}": "S1"})
    pack(document, (1,))
    shipment = ship(document)

    assert inside() == [(1, "S1", 1, 0), (2, "S2", 1, 0)]
    order = reverse("admin:orders_order_change", args=[document.order_id])
    assert f"{shipment.number}, parcel 2" in admin_client.get(order).content.decode()
    for name, pk in (("fulfillmentorder", document.pk), ("shipment", shipment.pk)):
        page = reverse(f"admin:fulfillment_{name}_change", args=[pk])
        assert "S2" in admin_client.get(page).content.decode()
    assert paper.packing_slip(document, by=BY).startswith(b"%PDF")
    [row] = lists.lines_of(document)
    assert [said.split(", ")[-1] for said in lists.lots_in_parcels(row)] == ["parcel 1", "parcel 2"]


def test_api_takes_and_shows_lots_of_parcels(london):
    document = picked(london, 3, LATE=5, SOON=2)
    headers = {"Authorization": f"Api-Key {keys.create('WMS', channel='shop')[1]}"}
    client, api = Client(headers=headers), f"/api/v1/fulfillment-orders/{document.number}"

    def post(path, key, body):
        return client.post(
            api + path, body, "application/json", headers={"Idempotency-Key": key, **headers}
        )

    lines = [{"line": 1, "quantity": 1, "lot": "SOON"}, {"line": 1, "quantity": 2, "lot": "LATE"}]
    assert post("/parcels/", "a", {"parcels": [{"weight_g": 9, "lines": lines}]}).status_code == 201
    lots = [{"parcel": 1, "line": 1, "quantity": 3, "lot": "LATE"}]
    told = post("/shipments/", "b", {"carrier": "royal-mail", "lots": lots})

    assert told.status_code == 201, told.content
    [parcel] = told.json()["parcels"]
    [line] = parcel["lines"]
    assert (line["line"], line["quantity"]) == (1, 3)
    [lot] = line["lots"]
    assert (lot["lot"], lot["quantity"], lot["returned"]) == ("LATE", 3, 0)
    found = client.get("/api/v1/shipments/?lot=LATE").json()["results"]
    assert [row["number"] for row in found] == [told.json()["number"]]
    assert client.get("/api/v1/shipments/?lot=SOON").json()["results"] == []


def test_migration_keeps_the_lots_of_older_parcels_where_there_is_no_doubt(london):
    document = picked(london, 3, A1=9)
    pack(document, (2,), (1,))
    ship(document)
    rma = returned(document.order, 1)
    fulfillment.receive(rma, by=BY, outcomes={rma.lines.get().pk: {"restock": 1}})
    known = inside()
    ParcelLot.objects.all().delete()

    migration = import_module("fulfillment.migrations.0017_known_parcel_lots")
    migration.keep_what_is_known(apps, None)

    assert [row[:3] for row in inside()] == [row[:3] for row in known]
    assert sum(row[3] for row in inside()) == 1


def test_migration_counts_what_came_back_once_for_an_order_line_served_twice(london):
    tea = stocked(london, A1=2)
    order = world.place(world.shop(), ("TEA", 4))
    drain(webhooks=False)
    lot = tea.lots.get().pk
    for round_ in (1, 2):
        document = order.fulfillment_orders.order_by("pk").last()
        fulfillment.pick(document, by=BY)
        pack(document, (2,))
        ship(document)
        if round_ == 1:
            inventory.move([inventory.Change(tea.pk, london.pk, 2, "received", lot_id=lot)], by=BY)
            drain(webhooks=False)
    rma = returned(order, 2)
    fulfillment.receive(rma, by=BY, outcomes={rma.lines.get().pk: {"restock": 2}})
    ParcelLot.objects.all().delete()

    migration = import_module("fulfillment.migrations.0017_known_parcel_lots")
    migration.keep_what_is_known(apps, None)

    assert sorted(ParcelLot.objects.values_list("quantity", "returned")) == [(2, 0), (2, 2)]
    assert sum(one.out for one in recall(tea.lots.get())) == 2
