"""What the pages of work tell whoever stands at the bench: the next step, for whom, and by whom."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from pypdf import PdfReader

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier, Shipment
from fulfillment.queries.policies import NotReturnable
from oms.models import User
from orders import operations as orders
from orders.models import Handling, Order
from tests import factories as world
from tests.fulfillment.test_admin import ben, press

__all__ = ["ben"]


def page_of(document):
    return reverse(f"admin:fulfillment_{document._meta.model_name}_change", args=[document.pk])


def form_of(client, document, act):
    url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, act])
    return client.get(url).context


def test_page_names_the_one_next_step_from_shelf_to_carrier(floor, ben):
    _, (document,) = floor.work(("MUG", 2))
    seen = []

    def look():
        step = ben.get(page_of(document)).context["next_step"]
        seen.append(step and step["name"])

    look()
    press(ben, document, "pick")
    look()
    press(ben, document, "pack", weight_g=700, **{f"line_{document.lines.get().pk}": 2})
    look()
    press(ben, document, "ship", carrier="royal-mail")
    look()

    assert seen == ["pick", "pack", "ship", None]


def test_papers_are_printed_from_the_page_without_a_question(floor, ben):
    _, document = floor.packed()

    shown = ben.get(page_of(document))

    assert [each["name"] for each in shown.context["papers"]] == [
        "pick_list",
        "packing_slip",
        "label",
    ]
    for each in shown.context["papers"]:
        answer = ben.post(each["path"], {"act": each["name"]})
        assert answer["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ("Warehouse", "Ada Byron, SW1Y 4JH London, United Kingdom"),
        ("Auditor", "SW1Y, United Kingdom"),
    ],
)
def test_pages_say_for_whom_to_those_who_may_know(floor, client, group, said):
    order, shipment = floor.shipped()
    Order.objects.filter(pk=order.pk).update(external_id="WEB-1")
    user = User.objects.create_user("eve", password="eve", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)

    for document in (shipment, shipment.fulfillment_order):
        shown = client.get(page_of(document))
        assert shown.context["to"] == said
        assert shown.context["shop"] == "Shop WEB-1"
        assert ("Ada Byron" in shown.content.decode()) == (group == "Warehouse")


def test_pack_and_ship_name_who_gets_it_and_propose_the_weight(floor, ben):
    floor.mug.weight_g = 350
    floor.mug.save()
    order, (document,) = floor.work(("MUG", 2))
    fulfillment.pick(document, by=world.BY)

    asked = form_of(ben, document, "pack")

    assert asked["form"].fields["weight_g"].initial == 700
    assert asked["facts"] == {
        "to": "Ada Byron, SW1Y 4JH London, United Kingdom",
        "order": order.number,
        "of": "Shop",
    }


def test_products_without_a_weight_are_counted_and_propose_none(floor, ben):
    _, (document,) = floor.work(("CUP", 1))
    type(floor.cup).objects.filter(pk=floor.cup.pk).update(weight_g=0)
    fulfillment.pick(document, by=world.BY)

    field = form_of(ben, document, "pack")["form"].fields["weight_g"]

    assert (field.initial, field.help_text) == (None, "1 product without a weight.")


def test_ship_chooses_the_carrier_of_the_order_else_the_last_to_its_country_else_none(floor, ben):
    Carrier.objects.create(code="acme", name="Acme")
    order, document = floor.packed()

    def chosen():
        return form_of(ben, document, "ship")["form"].fields["carrier"].initial

    first = chosen()
    floor.shipped(("CUP", 1))
    by_country = chosen()
    Carrier.objects.filter(code="royal-mail").update(is_active=False)
    gone = chosen()
    Handling.objects.create(order=order, carrier="acme")

    assert (first, by_country, gone, chosen()) == ("", "royal-mail", "", "acme")
    assert press(ben, document, "ship", carrier="") == []
    assert document.shipments.count() == 0


def test_ship_proposes_the_shipping_method_and_says_which_one_the_buyer_chose(floor, ben):
    Carrier.objects.create(code="acme", name="Acme")
    order, document = floor.packed()

    def field():
        return form_of(ben, document, "ship")["form"].fields["service"]

    nothing = field()
    floor.shipped(("CUP", 1))
    Shipment.objects.update(service="Tracked 48")
    usual = field()
    order.charges.create(kind="shipping", amount=5, description="Express")
    Handling.objects.create(order=order, carrier="acme", service="Next day")
    wished = field()

    assert [one.initial for one in (nothing, usual, wished)] == ["", "Tracked 48", "Next day"]
    assert usual.label == "Shipping method"
    assert (usual.help_text, wished.help_text) == (
        "The carrier's service, such as Tracked 48.", "The buyer chose Express.",
    )  # fmt: skip


BOARD = "/admin/fulfillment/fulfillmentorder/"


def numbers(answer):
    return [row.number for row in answer.context["cl"].result_list]


def test_board_opens_on_what_is_to_do_soonest_promise_first(floor, ben):
    floor.shipped(("MUG", 1))
    _, (late,) = floor.work(("MUG", 1))
    _, (soon,) = floor.work(("CUP", 1))
    soon.ship_by = late.ship_by - timedelta(days=1)
    soon.save()

    assert numbers(ben.get(BOARD)) == [soon.number, late.number]
    assert len(numbers(ben.get(BOARD + "?status=all"))) == 3
    assert len(numbers(ben.get(BOARD + "?status=shipped"))) == 1
    shipped = Shipment.objects.get().fulfillment_order.number
    assert numbers(ben.get(BOARD + f"?q={shipped}")) == [shipped]


def test_board_keeps_the_location_until_another_is_chosen(floor, ben):
    cache.set("fulfillment:places:FulfillmentOrder", [])  # kept while nobody had work yet
    _, (mug,) = floor.work(("MUG", 1))
    _, (cup,) = floor.work(("CUP", 1))
    assert numbers(ben.get(BOARD + "?location=LEE")) == [cup.number]

    again = ben.get(BOARD + "?status=open", follow=True)

    assert again.redirect_chain == [("?status=open&location=LEE", 302)]
    assert numbers(again) == [cup.number]
    everywhere = ben.get(BOARD + again.context["everywhere"])
    assert {*numbers(everywhere)} == {mug.number, cup.number}
    assert ben.get(BOARD).status_code == 200


def test_location_worked_at_last_is_kept_for_each_person_beyond_the_login(floor, ben):
    cache.set("fulfillment:places:FulfillmentOrder", [])
    floor.work(("MUG", 1))
    _, (cup,) = floor.work(("CUP", 1))
    user = User.objects.get(username="ben")
    ben.get(BOARD + "?location=LEE")

    del ben.cookies[settings.SESSION_COOKIE_NAME]
    ben.force_login(user)
    assert numbers(ben.get(BOARD, follow=True)) == [cup.number]

    wanda = User.objects.create_user("wanda", password="x", is_staff=True)
    wanda.groups.add(Group.objects.get(name="Warehouse"))
    ben.force_login(wanda)
    assert ben.get(BOARD).status_code == 200  # on the same device, nowhere in particular
    ben.cookies[f"workplace-{wanda.pk}"] = ben.cookies[f"workplace-{user.pk}"].value
    assert ben.get(BOARD).status_code == 200  # another's is not believed


def test_scan_says_whether_a_code_is_unknown_foreign_or_no_longer_asked_for(floor, ben):
    floor.cup.barcode = "5012345"
    floor.cup.save()
    _, (document,) = floor.work(("MUG", 1))
    url = reverse("admin:fulfillment_scan", args=[document.pk])

    def scan(code):
        return [str(m) for m in ben.post(url, {"code": code}, follow=True).context["messages"]]

    assert scan("99999") == ["Unknown barcode 99999: no product, lot or serial number has it."]
    assert scan("5012345") == [f"5012345 (CUP) is not on {document}."]
    assert document.lines.get().picked == 0
    scan("MUG")
    assert document.lines.get().picked == 1


def test_refusals_count_one_unit_and_many():
    def said(units):
        return NotReturnable(available=units, sku="MUG").detail

    assert said(1) == "Only 1 unit of MUG can still be returned."
    assert said(2) == "Only 2 units of MUG can still be returned."


def text_of(answer):
    assert answer["Content-Type"] == "application/pdf"
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def choose(client, act, *documents):
    chosen = {"_selected_action": [each.pk for each in documents]}
    return client.post(BOARD, {"action": act, **chosen})


def test_consolidated_list_sums_skus_over_orders_and_leaves_held_ones_out(floor, ben):
    _, (one,) = floor.work(("MUG", 2))
    _, (two,) = floor.work(("MUG", 3))
    held_order, (held,) = floor.work(("MUG", 1))
    orders.place_hold(held_order, by=world.BY, kind="review", reason="Look")

    said = text_of(choose(ben, "wave", one, two, held))

    assert f"{one} × 2" in said
    assert f"{two} × 3" in said
    assert "2 fulfilment orders, 5 units" in said
    assert f"left out: {held}." in said
    assert said.count("Consolidated pick list") == 1
    assert "Ada" not in said


def test_lists_of_a_few_are_printed_at_once(floor, ben):
    _, (one,) = floor.work(("MUG", 2))

    assert f"Pick list {one}" in text_of(choose(ben, "pick_list", one))


def test_packing_slip_names_shop_numbers_and_country_and_keeps_skus_whole(floor, admin_client):
    sku = "PORCELAIN-MUG-WITH-HANDLE-450-ML"
    world.stocked(sku, floor.london, 5)
    order, document = floor.packed((sku, 1))
    Order.objects.filter(pk=order.pk).update(external_id="WEB-1")

    url = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "packing_slip"])
    said = text_of(admin_client.post(url, {"act": "packing_slip"}))

    assert f"Shop: order {order.number}, your number WEB-1" in said
    assert "United Kingdom" in said
    assert sku in said


def test_odd_tracking_number_is_asked_about_once_and_not_refused(floor, ben):
    Carrier.objects.update(tracking_pattern="[A-Z]{2}[0-9]{9}GB")
    _, odd = floor.packed()
    _, fine = floor.packed(("CUP", 1))
    sent = {"carrier": "royal-mail", "tracking_number": "12345"}

    press(ben, odd, "ship", **sent)
    assert odd.shipments.count() == 0
    press(ben, odd, "ship", **sent, as_typed="on")
    press(ben, fine, "ship", carrier="royal-mail", tracking_number="ra 473124829 gb")

    assert odd.shipments.get().tracking_number == "12345"
    assert fine.shipments.get().tracking_number == "ra 473124829 gb"


def test_pattern_of_a_carrier_is_a_regular_expression():
    with pytest.raises(ValidationError, match="not a regular expression"):
        Carrier(code="acme", name="Acme", tracking_pattern="[A-Z").clean_fields()


def test_shipping_methods_of_the_carriers_are_proposed(floor, as_role):
    Carrier.objects.create(code="acme", name="Acme", services="Next day\n\n Two days \n")
    Carrier.objects.create(code="gone", name="Gone", services="By sea", is_active=False)
    order, document = floor.packed()
    client = as_role("Operations")

    for url in (
        reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "ship"]),
        reverse("admin:orders_order_act", args=[order.pk, "ship_with"]),
    ):
        page = client.get(url).content.decode()
        assert 'list="service-proposals"' in page
        assert '<option value="Next day">Acme</option><option value="Two days">Acme<' in page
        assert "By sea" not in page
    page = client.get(reverse("admin:fulfillment_carrier_changelist")).content.decode()
    assert "Next day, Two days" in page


def test_words_of_the_channel_are_no_markup_beside_the_shipping_method(floor, ben):
    words = '<i x-data x-init="alert(1)">'
    order, document = floor.packed()
    order.charges.create(kind="shipping", amount=5, description=words)
    ship = reverse("admin:fulfillment_fulfillmentorder_act", args=[document.pk, "ship"])

    shown = ben.get(ship).content.decode()

    assert "The buyer chose &lt;i x-data" in shown
    assert words not in shown
