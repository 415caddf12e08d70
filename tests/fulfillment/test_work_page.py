"""What the pages of work tell whoever stands at the bench: the next step, for whom, and by whom."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from oms.models import User
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
