"""The pages of purchase orders, receipts, transfers, suppliers and replenishment."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import operations as inventory
from inventory.models import (
    GoodsReceipt,
    Location,
    Product,
    PurchaseOrder,
    ReplenishmentProposal,
    StockLevel,
    Supplier,
    Transfer,
)
from oms.models import Job, User
from tests import factories as world
from tests.factories import BY, supply
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(client):
    def as_role(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_role


@pytest.fixture
def buyer(login):
    return login("Operations")


def url(name, *args):
    return reverse(f"admin:inventory_{name}", args=args)


def press(client, model, act, obj=None, **data):
    address = url(f"{model}_act", obj.pk, act) if obj else url(f"{model}_list_act", act)
    return client.post(address, {"act": act, **data}, follow=True)


def make_order(number):
    return supply.sent((f"MUG{number}", 5, "2.00"))


def make_receipt(number):
    return supply.receive(make_order(number), **{f"MUG{number}": (2, 1)})


def make_transfer(number):
    mug = supply.goods(f"MUG{number}")
    return inventory.request_transfer(supply.place("LON"), supply.place("LEE"), {mug.pk: 1}, by=BY)


def make_supplier(number):
    return supply.supplier(f"S{number}")


def make_proposal(number):
    return ReplenishmentProposal.objects.create(
        kind="purchase_order",
        product=supply.goods(f"MUG{number}"),
        location=supply.place(),
        supplier=supply.supplier(),
        unit_price=2,
        quantity=number + 1,
        days_left=3,
        calculation={"lead": 5, "position": 1, "reorder_point": 9},
    )


@pytest.mark.parametrize(
    ("page", "make", "asked"),
    [
        ("purchaseorder", make_order, 13),
        ("goodsreceipt", make_receipt, 7),
        ("transfer", make_transfer, 13),
        ("supplier", make_supplier, 7),
        ("replenishmentproposal", make_proposal, 8),
    ],
)
def test_list_with_three_rows_asks_as_much_as_with_one(buyer, page, make, asked):
    address = url(f"{page}_changelist")
    buyer.get(address)

    def count():
        quiet_sidebar()
        with CaptureQueriesContext(connection) as queries:
            assert buyer.get(address).status_code == 200
        return len(queries)

    make(1)
    with_one = count()
    make(2)
    make(3)

    assert count() == with_one == asked


def test_new_order_takes_lines_as_they_are_pasted(buyer):
    mug, cup = supply.goods("MUG"), supply.goods("CUP")
    cup.barcode = "5012345678900"
    cup.save()

    response = press(
        buyer,
        "purchaseorder",
        "new",
        supplier=supply.supplier().pk,
        location=supply.place().pk,
        lines="mug\t12\t1.95\n5012345678900;6\n\n",
    )

    made = PurchaseOrder.objects.get()
    rows = made.lines.order_by("position").values_list("product", "quantity", "unit_price")
    assert list(rows) == [(mug.pk, 12, Decimal("1.95")), (cup.pk, 6, Decimal(0))]
    assert f"/{made.pk}/change/" in response.redirect_chain[-1][0]


def test_order_goes_from_draft_to_closed_by_its_buttons(buyer):
    order = supply.draft(("MUG", 5, "2.00"))

    press(buyer, "purchaseorder", "lines", order, lines="MUG 4 2.50")
    press(buyer, "purchaseorder", "send", order)
    press(buyer, "purchaseorder", "confirm", order, reference="ACK", expected_on="2027-01-31")
    press(buyer, "purchaseorder", "close", order, reason="Discontinued")

    order.refresh_from_db()
    assert (order.status, order.reference, str(order.expected_on)) == (
        "closed", "ACK", "2027-01-31",
    )  # fmt: skip
    assert order.lines.get().quantity == 4


def test_order_page_and_pdf_show_their_lines(buyer):
    order = supply.sent(("MUG", 5, "2.00"))
    supply.receive(order, MUG=(2, 1))
    page = buyer.get(url("purchaseorder_change", order.pk)).content.decode()

    paper = buyer.get(url("purchaseorder_act", order.pk, "pdf"))

    assert "£10.00" in page
    assert "GRN" in page
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


def test_late_orders_are_marked_and_counted(buyer):
    order = supply.sent(("MUG", 5, "2.00"))
    PurchaseOrder.objects.update(expected_on=timezone.localdate() - timedelta(days=2))

    page = buyer.get(url("purchaseorder_changelist")).content.decode()

    assert order.number in page
    assert "Late:" in page


@pytest.fixture
def ben(login):
    return login("Warehouse")


def test_receive_page_takes_good_and_damaged_units_once(ben):
    order = supply.sent(("MUG", 5, "2.00"), ("CUP", 3, "1.00"))
    mug = supply.goods("MUG")
    address = url("purchaseorder_receive", order.pk)
    figures = {f"good_{mug.pk}": "3", f"damaged_{mug.pk}": "1", "reference": "DN-1"}

    shown = ben.get(address).content.decode()
    first, again = (ben.post(address, figures, follow=True).content.decode() for _ in range(2))

    assert "5 expected" in shown
    assert "to <b>LON</b>" in shown
    assert "3 units received, 1 damaged." in first
    assert "was received before" not in first
    assert "Delivery note DN-1 was received before; nothing is counted again." in again
    level = StockLevel.objects.get(product=mug)
    assert (level.on_hand, level.damaged, GoodsReceipt.objects.count()) == (3, 1, 1)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("9", "only 5 of"),
        ("-2", "-2 is no number of units."),
        ("2.5", "2.5 is no number of units."),
        ("", "Say how many units came."),
    ],
)
def test_receive_page_refuses_with_a_sentence_and_keeps_what_was_typed(ben, typed, said):
    order = supply.sent(("MUG", 5, "2.00"))
    mug = supply.goods("MUG")

    page = ben.post(
        url("purchaseorder_receive", order.pk),
        {f"good_{mug.pk}": typed, "note": "Wet boxes"},
        follow=True,
    ).content.decode()

    assert said in page
    assert "Wet boxes" in page
    assert not GoodsReceipt.objects.exists()


def test_receive_page_keeps_more_than_ordered_when_told_so(ben):
    order = supply.sent(("MUG", 5, "2.00"))
    mug = supply.goods("MUG")

    ben.post(url("purchaseorder_receive", order.pk), {f"good_{mug.pk}": "9", "over": "on"})

    assert order.lines.get().over == 4


def test_blind_receipt_looks_codes_up_and_takes_units_in(ben):
    mug, london = supply.goods("MUG"), supply.place()

    found = ben.get(url("goodsreceipt_lookup"), {"code": "mug"})
    missing = ben.get(url("goodsreceipt_lookup"), {"code": "JAR"})
    ben.post(
        url("goodsreceipt_receive"),
        {f"good_{mug.pk}": "4", f"cost_{mug.pk}": "2.20", "location": london.pk},
    )

    assert (found.json()["sku"], missing.status_code) == ("MUG", 404)
    assert StockLevel.objects.get().on_hand == 4
    assert GoodsReceipt.objects.get().lines.get().unit_cost == Decimal("2.20")


def test_receive_page_takes_several_lots_of_a_product_and_keeps_them_when_refused(ben):
    order = supply.sent(("TEA", 9, "2.00"))
    tea = supply.goods("TEA")
    Product.objects.filter(pk=tea.pk).update(tracking="lot")
    first, second = f"{tea.pk}", f"{tea.pk}-2"
    figures = {
        f"good_{first}": "4",
        f"lot_{first}": "A1",
        f"good_{second}": "3",
        f"damaged_{second}": "1",
        f"lot_{second}": "",
    }

    refused = ben.post(url("purchaseorder_receive", order.pk), figures, follow=True)
    nothing = GoodsReceipt.objects.count()
    ben.post(url("purchaseorder_receive", order.pk), figures | {f"lot_{second}": "A2"})

    assert nothing == 0
    assert f'name="good_{second}"' in refused.content.decode()
    lines = GoodsReceipt.objects.get().lines.order_by("lot__code")
    assert list(lines.values_list("lot__code", "good", "damaged")) == [("A1", 4, 0), ("A2", 3, 1)]


def test_a_receiving_form_that_is_sent_twice_receives_once(ben):
    mug, london = supply.goods("MUG"), supply.place()
    page = ben.get(url("goodsreceipt_receive"))
    figures = {f"good_{mug.pk}": "4", "location": london.pk, "once": page.context["once"]}

    ben.post(url("goodsreceipt_receive"), figures)
    again = ben.post(url("goodsreceipt_receive"), figures, follow=True).content.decode()

    assert StockLevel.objects.get().on_hand == 4
    assert "This form was sent before; nothing was done twice." in again


def test_goods_without_an_order_come_in_where_their_receiver_received_last(ben):
    supply.place("AAA")
    mug, london = supply.goods("MUG"), supply.place()
    chosen = [ben.get(url("goodsreceipt_receive")).context["here"]]
    ben.post(url("goodsreceipt_receive"), {f"good_{mug.pk}": "4", "location": london.pk})
    chosen.append(ben.get(url("goodsreceipt_receive")).context["here"])
    Location.objects.filter(pk=london.pk).update(is_active=False)
    chosen.append(ben.get(url("goodsreceipt_receive")).context["here"])

    only = str(Location.objects.get(code="AAA").pk)
    assert chosen == ["", str(london.pk), only]


def test_days_since_sent_are_shown_where_something_was_sent(ben):
    with_order = make_receipt(1)
    mug, london = supply.goods("MUG"), supply.place()
    ben.post(url("goodsreceipt_receive"), {f"good_{mug.pk}": "4", "location": london.pk})
    without = GoodsReceipt.objects.get(purchase_order=None)

    pages = [ben.get(url("goodsreceipt_change", row.pk)) for row in (with_order, without)]

    assert ["Days since sent" in page.content.decode() for page in pages] == [True, False]


def test_receiving_needs_its_permission(login):
    order = supply.sent(("MUG", 5, "2.00"))

    answer = login("Support").get(url("purchaseorder_receive", order.pk))

    assert answer.status_code == 403


def test_landed_cost_is_added_by_its_button(buyer):
    receipt = make_receipt(1)

    press(buyer, "goodsreceipt", "cost", receipt, kind="freight", amount="6", spread_by="quantity")

    page = buyer.get(url("goodsreceipt_change", receipt.pk)).content.decode()
    assert receipt.landed_costs.get().amount == 6
    assert "£6.00" in page


def test_transfer_goes_by_its_buttons_and_makes_somebody_choose(buyer):
    mug = world.stocked("MUG", supply.place("LON"), 9)
    places = {"source": supply.place("LON").pk, "destination": supply.place("LEE").pk}
    press(buyer, "transfer", "new", lines="MUG 4", **places)
    transfer = Transfer.objects.get()
    press(buyer, "transfer", "ship", transfer, **{f"line_{transfer.lines.get().pk}": 3})

    unsaid = press(buyer, "transfer", "cancel", transfer, reason="Not needed")
    buyer.post(url("transfer_receive", transfer.pk), {f"good_{mug.pk}": "2"})
    form = buyer.get(url("transfer_act", transfer.pk, "settle")).content.decode()
    assert "Missing: 1 × MUG." in form
    press(buyer, "transfer", "settle", transfer, outcome="write_off", cause="lost")

    assert "outcome" in unsaid.context["form"].errors
    transfer.refresh_from_db()
    line = transfer.lines.get()
    assert (transfer.status, line.received, line.written_off, line.reason) == (
        "received", 2, 1, "lost",
    )  # fmt: skip
    assert "Lost" in buyer.get(url("transfer_change", transfer.pk)).content.decode()


def test_words_of_others_in_help_texts_are_no_markup(buyer):
    sku = "<img src=x onerror=alert(1)>"
    odd = world.stocked(sku, supply.place("LON"), 9)
    transfer = inventory.request_transfer(
        supply.place("LON"), supply.place("LEE"), {odd.pk: 4}, by=BY
    )
    inventory.ship_transfer(transfer, by=BY)

    form = buyer.get(url("transfer_act", transfer.pk, "cancel")).content.decode()

    assert "Missing: 4 × &lt;img src=x onerror=alert(1)&gt;." in form
    assert sku not in form


def test_links_in_help_texts_are_links(buyer):
    form = buyer.get(url("purchaseorder_list_act", "new")).content.decode()

    assert f'There is none yet: <a class="oms-link" href="{url("supplier_add")}">' in form


def test_supplier_page_shows_what_deliveries_taught(buyer):
    make_receipt(1)
    acme = Supplier.objects.get()

    page = buyer.get(url("supplier_change", acme.pk))

    assert page.context["lead_all"].receipts == 1
    assert page.context["charts"]["lead"]["sets"][0]["data"] == [0.0]


def test_proposals_are_accepted_in_bulk(buyer):
    rows = [make_proposal(number) for number in (1, 2)]
    selected = {"action": "accept", "_selected_action": [row.pk for row in rows]}

    page = buyer.post(url("replenishmentproposal_changelist"), selected, follow=True)

    assert PurchaseOrder.objects.get().number in page.content.decode()
    assert set(ReplenishmentProposal.objects.values_list("state", flat=True)) == {"accepted"}


def test_proposals_are_dismissed_in_bulk_by_those_who_may_decide(buyer, login):
    row = make_proposal(1)
    selected = {"action": "dismiss", "_selected_action": [row.pk]}
    login("Auditor").post(url("replenishmentproposal_changelist"), selected)
    row.refresh_from_db()
    assert row.state == "open"

    buyer.force_login(User.objects.get(username="operations"))
    buyer.post(url("replenishmentproposal_changelist"), selected)

    row.refresh_from_db()
    assert row.state == "dismissed"


def test_calculation_runs_as_a_job(buyer):
    press(buyer, "replenishmentproposal", "calculate")

    assert Job.objects.get().kind == "replenishment"


def test_a_proposal_is_accepted_or_dismissed_on_its_page(buyer):
    wanted, unwanted = make_proposal(1), make_proposal(2)

    page = press(buyer, "replenishmentproposal", "draft", wanted)
    press(buyer, "replenishmentproposal", "drop", unwanted)
    again = press(buyer, "replenishmentproposal", "draft", wanted)

    order = PurchaseOrder.objects.get()
    assert page.request["PATH_INFO"] == url("purchaseorder_change", order.pk)
    assert f"{order.number} is drafted." in page.content.decode()
    wanted.refresh_from_db()
    unwanted.refresh_from_db()
    assert (wanted.state, wanted.document, unwanted.state) == (
        "accepted",
        order.number,
        "dismissed",
    )
    assert again.status_code in {200, 403}
    assert PurchaseOrder.objects.count() == 1


def test_a_purchase_order_without_any_supplier_says_where_to_add_one(buyer):
    supply.place()
    empty = buyer.get(url("purchaseorder_list_act", "new"))
    supply.supplier()
    filled = buyer.get(url("purchaseorder_list_act", "new"))

    asked = [url("supplier_add") in str(page.context["form"]) for page in (empty, filled)]
    assert asked == [True, False]
    assert empty.context["form"]["location"].value() == supply.place().pk  # the only one


def test_shipping_a_transfer_proposes_what_is_there_and_is_scanned_in_a_table(buyer):
    world.stocked("MUG", supply.place("LON"), 9)
    world.stocked("CUP", supply.place("LON"), 2)
    places = {"source": supply.place("LON").pk, "destination": supply.place("LEE").pk}
    press(buyer, "transfer", "new", lines="MUG 4\nCUP 5", **places)
    transfer = Transfer.objects.get()

    page = buyer.get(url("transfer_act", transfer.pk, "ship"))

    rows = page.context["form"].line_fields
    assert [(row.sku, row.most, row.fields[0].value(), row.help) for row in rows] == [
        ("MUG", 4, 4, "9 there and not reserved"),
        ("CUP", 5, 2, "2 there and not reserved"),
    ]
    assert "data-pick-lines" in page.content.decode()
