from io import BytesIO

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from pypdf import PdfReader

from fulfillment.models import FulfillmentOrder, Return
from oms.models import User
from tests.ledgers import assert_ledgers_hold

NUMBER_OF_QUERIES = 6


@pytest.fixture
def ben(db, client):
    """Ben of the warehouse, signed in."""
    user = User.objects.create_user("ben", password="ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    return client


def press(client, document, act, **data):
    """Press a button on a document's page; gives the messages shown afterwards."""
    model = document._meta.model_name
    url = reverse(f"admin:fulfillment_{model}_act", args=[document.pk, act])
    answer = client.post(url, {"act": act, **data}, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_board_shows_work_with_counts_in_its_tabs(floor, ben, django_assert_num_queries):
    floor.work()
    ben.get("/admin/fulfillment/fulfillmentorder/?status=open")

    with django_assert_num_queries(NUMBER_OF_QUERIES):
        one = ben.get("/admin/fulfillment/fulfillmentorder/?status=open")
    floor.work()
    floor.work(("CUP", 1))
    with django_assert_num_queries(NUMBER_OF_QUERIES):
        three = ben.get("/admin/fulfillment/fulfillmentorder/?status=open")

    assert len(one.context["cl"].result_list) == 1
    assert len(three.context["cl"].result_list) == 3


def test_page_takes_work_from_scan_to_delivery(floor, ben):
    order, (document,) = floor.work(("MUG", 2))
    page = reverse("admin:fulfillment_fulfillmentorder_change", args=[document.pk])
    scan = reverse("admin:fulfillment_scan", args=[document.pk])

    ben.post(scan, {"code": "MUG"})
    shown = ben.post(scan, {"code": "MUG"}, follow=True)
    assert "Scan to pick" not in shown.content.decode()
    line = document.lines.get()
    assert press(ben, document, "pack", weight_g=700, **{f"line_{line.pk}": 2}) == [
        f"Packed 2 units of {document} in a parcel of 700 g."
    ]
    press(ben, document, "ship", carrier="royal-mail", tracking_number="RA1")
    shipment = order.shipments.get()
    assert f"{shipment.number}" in ben.get(page).content.decode()
    press(ben, shipment, "deliver")

    order.refresh_from_db()
    assert order.stage == "reporting"
    assert_ledgers_hold()


def test_scan_foreign_code_says_why_and_changes_nothing(floor, ben):
    _, (document,) = floor.work()

    shown = ben.post(
        reverse("admin:fulfillment_scan", args=[document.pk]), {"code": "TEAPOT"}, follow=True
    )

    assert [str(m) for m in shown.context["messages"]] == [
        "Unknown barcode TEAPOT: no product, lot or serial number has it."
    ]
    assert document.lines.get().picked == 0


def test_reject_button_routes_again(floor, ben):
    _order, (document,) = floor.work()

    press(ben, document, "reject", everything="on", reason="damaged", note="Wet")

    document.refresh_from_db()
    assert (document.status, document.note) == ("rejected", "Wet")
    assert_ledgers_hold()


def test_reject_button_takes_units_of_one_line_and_leaves_the_others(floor, ben):
    order, (document,) = floor.work(("MUG", 3), ("CUP", 2))
    mug = document.lines.get(order_line__sku="MUG")
    url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "reject"])
    asked = ben.get(url).context["form"]

    refused = ben.post(url, {"act": "reject", "reason": "mismatch", f"line_{mug.pk}": "4"})
    why = ben.post(url, {"act": "reject", f"line_{mug.pk}": "1"}).context["form"].errors
    told = press(ben, document, "reject", reason="mismatch", **{f"line_{mug.pk}": "1"})

    assert [(row.sku, row.most) for row in asked.line_fields] == [("MUG", 3), ("CUP", 2)]
    assert list(why) == ["reason"]
    assert "less than or equal to 3" in refused.content.decode()
    assert told == [f"1 unit of {document} given up and routed again."]
    document.refresh_from_db()
    assert document.status == "open"
    dropped = document.lines.values_list("order_line__sku", "dropped").order_by("pk")
    assert list(dropped) == [("MUG", 1), ("CUP", 0)]
    assert order.lines.get(sku="MUG").allocated == 3
    assert_ledgers_hold()


@pytest.mark.parametrize(
    ("everything", "cups", "why"),
    [
        ({}, "0", "Say how many units of which line, or tick all that is not packed."),
        ({"everything": "on"}, "1", "Say how many units of which line, or tick all"),
        ({}, "1", "The lines changed meanwhile; look again."),
    ],
)
def test_reject_gives_nothing_up_that_was_not_named(floor, ben, everything, cups, why):
    _order, (document,) = floor.work(("MUG", 3), ("CUP", 2))
    url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "reject"])
    cup = document.lines.get(order_line__sku="CUP")
    if "meanwhile" in why:  # a colleague packed it
        for _ in range(2):
            ben.post(reverse("admin:fulfillment_scan", args=[document.pk]), {"code": "CUP"})
        press(ben, document, "pack", weight_g=700, **{f"line_{cup.pk}": 2})

    shown = ben.post(
        url, {"act": "reject", "reason": "not_in_stock", f"line_{cup.pk}": cups, **everything}
    )

    assert why in shown.content.decode()
    assert not document.lines.filter(dropped__gt=0).exists()
    assert_ledgers_hold()


def test_pages_offer_only_what_is_allowed(floor, ben):
    _, document = floor.packed()

    shown = ben.get(
        reverse("admin:fulfillment_fulfillmentorder_change", args=[document.pk])
    ).context["acts"]

    assert [act["name"] for act in shown] == [
        "ship",
        "pick_list",
        "packing_slip",
        "label",
        "recall",
    ]


def test_recall_and_cancel_page_ends_the_order(floor, admin_client):
    order, _ = floor.work()
    url = reverse("admin:fulfillment_cancel_order", args=[order.pk])
    assert admin_client.get(url).status_code == 200

    admin_client.post(url, {"reason": "customer", "note": ""})

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert_ledgers_hold()


def test_return_is_requested_received_and_closed(floor, ben):
    order, _ = floor.shipped(("MUG", 3))
    line = order.lines.get()
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    assert ben.get(url).status_code == 200
    ben.post(url, {"reason": "damaged", "note": "", f"line_{line.pk}": 2})
    document = Return.objects.get()
    row = document.lines.get()

    press(ben, document, "approve")
    press(ben, document, "receive", **{f"line_{row.pk}_restock": 1, f"line_{row.pk}_scrap": 1})
    press(ben, document, "close")

    document.refresh_from_db()
    row.refresh_from_db()
    assert (document.status, document.credit) == ("closed", 20)
    assert (row.restocked, row.scrapped) == (1, 1)
    page = ben.get(reverse("admin:fulfillment_return_change", args=[document.pk]))
    assert "Scrapped" in page.content.decode()
    assert_ledgers_hold()


def test_return_form_sent_twice_asks_once(floor, ben):
    order, _ = floor.shipped(("MUG", 3))
    url = reverse("admin:fulfillment_request_return", args=[order.pk])
    token = ben.get(url).context["once"]

    for _ in range(2):
        sent = {"reason": "damaged", f"line_{order.lines.get().pk}": 1, "once": token}
        assert ben.post(url, sent).status_code == 302

    assert Return.objects.count() == 1


@pytest.mark.parametrize("model", ["fulfillmentorder", "shipment", "return", "carrier"])
def test_empty_lists_open(ben, model):
    assert ben.get(f"/admin/fulfillment/{model}/").status_code == 200


def test_papers_hold_what_they_must(floor, admin_client):
    _order, document = floor.packed(("MUG", 3))
    papers = {}
    for act in ("pick_list", "packing_slip", "label"):
        url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, act])
        answer = admin_client.post(url, {"act": act})
        assert answer["Content-Type"] == "application/pdf"
        pages = PdfReader(BytesIO(answer.content)).pages
        papers[act] = " ".join(page.extract_text() for page in pages)

    assert document.number in papers["pick_list"]
    assert "Ada Byron" not in papers["pick_list"]
    assert "12 St James's Square" in papers["packing_slip"]
    assert "parcel 1 of 1" in papers["label"]
    assert "0.90 kg" in papers["label"]


def test_stranger_may_not_ship(floor, client):
    _, document = floor.packed()
    cora = User.objects.create_user("cora", password="cora", is_staff=True)
    cora.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(cora)

    answer = client.post(
        reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "ship"]),
        {"act": "ship", "carrier": "royal-mail"},
    )

    assert answer.status_code == 403
    assert FulfillmentOrder.objects.get().status == "packed"
