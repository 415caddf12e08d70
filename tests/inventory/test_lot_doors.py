"""Moving tracked products by hand: buttons, files and the API, each by lot or serial number."""

import json
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from inventory import operations as inventory
from inventory.models import Lot, LotStock, StockLevel, StockMovement
from inventory.operations import ByLot, Why
from oms import keys
from oms.models import User
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
WHY = Why("broken", "Fell")


@pytest.fixture
def london():
    return world.warehouse()


@pytest.fixture
def tea(london):
    product = inventory.set_tracking(world.product("TEA"), "lot", by=BY)
    inventory.receive(product, london, ByLot({"A1": 5}, date(2027, 3, 1)), by=BY)
    inventory.receive(product, london, ByLot({"A2": 4}), by=BY)
    return product


@pytest.fixture
def press(client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("wanda", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)

    def pressed(name, **data):
        level = StockLevel.objects.get()
        url = reverse("admin:inventory_stocklevel_act", args=[level.pk, name])
        return client.post(url, {"act": name, **data}, follow=True).content.decode()

    return pressed


def lying():
    rows = LotStock.objects.filter(quantity__gt=0).order_by("lot__code", "condition")
    return {(row.lot.code, row.condition): row.quantity for row in rows.select_related("lot")}


# --- Operations


def test_acts_move_the_lots_that_are_named(tea, london):
    inventory.quarantine(tea, london, ByLot({"A1": 2, "A2": 1}), by=BY, why=WHY)
    inventory.release_from_quarantine(tea, london, ByLot({"A2": 1}), by=BY, why=Why("passed"))
    inventory.mark_damaged(tea, london, ByLot({"A2": 3}), by=BY, why=WHY)
    inventory.write_off(tea, london, ByLot({"A2": 2}), by=BY, why=WHY)
    inventory.adjust(tea, london, ByLot({"A1": -1}), by=BY, why=Why("miscounted"))

    assert lying() == {
        ("A1", "available"): 2,
        ("A1", "quarantined"): 2,
        ("A2", "available"): 1,
        ("A2", "damaged"): 1,
    }
    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined, level.damaged) == (3, 2, 1)
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("quantity", "refusal"),
    [
        (2, inventory.LotMissing),
        (ByLot({"A9": 1}), inventory.LotNotTracked),
        (ByLot({"A2": 5}), inventory.InsufficientLot),
        (ByLot({"A1": 1, "A2": 0}), inventory.NothingToMove),
        (ByLot({"A1": -1}), inventory.NothingToMove),
    ],
)
def test_quarantine_of_lots_that_are_not_there_changes_nothing(tea, london, quantity, refusal):
    before = lying(), StockMovement.objects.count()
    with pytest.raises(refusal):
        inventory.quarantine(tea, london, quantity, by=BY, why=WHY)
    assert (lying(), StockMovement.objects.count()) == before


def test_adjusting_upwards_meets_a_new_lot_and_a_wrong_date_is_refused(tea, london):
    inventory.adjust(tea, london, ByLot({"A3": 2}), by=BY, why=Why("found"))
    with pytest.raises(inventory.LotDiffers):
        inventory.receive(tea, london, ByLot({"A1": 1}, date(2028, 1, 1)), by=BY)
    assert lying() == {("A1", "available"): 5, ("A2", "available"): 4, ("A3", "available"): 2}


# --- Buttons


def test_button_asks_for_the_lot_and_sets_it_apart(press, client, tea):
    url = reverse(
        "admin:inventory_stocklevel_act", args=[StockLevel.objects.get().pk, "quarantine"]
    )
    assert (
        "A1 (5 available, until 1 Mar 2027), A2 (4 available)" in client.get(url).content.decode()
    )

    page = press("quarantine", quantity=2, lots="A1", reason_code="broken")
    assert "2 × TEA at LON are in quarantine." in page
    assert lying()["A1", "quarantined"] == 2

    page = press("quarantine", quantity=3, lots="A1=1, A2=1", reason_code="broken")
    assert "These lots make up 2 units, not 3." in page
    page = press("quarantine", quantity=1, lots="A1=x", reason_code="broken")
    assert "Write CODE or CODE=2" in page
    assert lying()["A1", "quarantined"] == 2


def test_button_takes_in_serial_numbers_and_refuses_one_that_is_here(press, london):
    phone = inventory.set_tracking(world.product("PHONE"), "serial", by=BY)
    inventory.receive(phone, london, ByLot({"S1": 1}), by=BY)

    page = press("receive", quantity=2, lots="S2\nS3", expires_on="")
    assert "2 × PHONE received" in page
    assert "in stock already" in press("receive", quantity=1, lots="S3")
    press("adjust", quantity=-2, lots="S1, S2", reason_code="stolen")

    assert lying() == {("S3", "available"): 1}
    assert_ledgers_hold()


# --- Files


def upload(client, text):
    file = SimpleUploadedFile("stock.csv", text.encode())
    url = reverse("admin:inventory_stocklevel_list_act", args=["import"])
    sent = {"act": "import", "kind": "received", "reason": "Delivery", "file": file}
    return client.post(url, sent, follow=True).content.decode()


def test_file_moves_by_lot_or_refuses_every_row(admin_client, settings, tea):
    settings.OMS_REQUIRE_MFA = False
    world.product("MUG")
    head = "sku,location,quantity,lot,expires_on\n"
    page = upload(admin_client, f"{head}TEA,LON,1,,\nMUG,LON,1,A1,\nTEA,LON,1,A4,soon\n")
    assert "Row 2: TEA: which lot or serial number?" in page
    assert "Row 3: MUG: A1 is a lot, but it has none" in page
    assert "Row 4: TEA: soon is no day" in page
    assert ("A4", "available") not in lying()

    upload(admin_client, f"{head}TEA,LON,6,A4,2027-05-31\nMUG,LON,3,,\n")
    assert lying()["A4", "available"] == 6
    assert Lot.objects.get(code="A4").expires_on == date(2027, 5, 31)
    assert StockLevel.objects.get(product__sku="MUG").on_hand == 3


# --- API


def test_api_moves_by_lot_whole_or_not_at_all(client, tea):
    key = keys.create("WMS", scopes=["stock:write"])[1]

    def send(*rows):
        body = [{"sku": "TEA", "location": "LON", "reason": "WMS", **row} for row in rows]
        answer = client.post(
            "/api/v1/stock/movements/",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}", "Idempotency-Key": str(rows)},
        )
        return answer.status_code, answer.json()

    status, rows = send(
        {"quantity": 3, "lot": "A5", "expires_on": "2027-06-30"}, {"quantity": -1, "lot": "A1"}
    )
    assert status == 201
    assert [(row["lot"], row["quantity"], row["balance"]) for row in rows] == [
        ("A5", 3, 12),
        ("A1", -1, 11),
    ]
    assert Lot.objects.get(code="A5").expires_on == date(2027, 6, 30)

    before = lying()
    for rows, code in (
        ([{"quantity": 1, "lot": "A5"}, {"quantity": 1}], "lot_missing"),
        ([{"quantity": 1, "lot": "A5"}, {"quantity": -1, "lot": "A9"}], "lot_not_tracked"),
        ([{"quantity": 1, "lot": "A1", "expires_on": "2030-01-01"}], "lot_differs"),
    ):
        status, problem = send(*rows)
        assert (status, problem["code"]) == (409, code)
    assert lying() == before
    assert_ledgers_hold()
