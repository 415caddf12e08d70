"""Delivery wishes travel with orders and end with the person; a merge takes belongings along."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from customers import operations as customers
from customers import queries
from customers.models import Buyer, Company, Customer
from customers.operations import BuyerTerms, DeliveryWishes, Party
from fulfillment.adapters import paper
from fulfillment.models import FulfillmentOrder
from oms.dispatch import drain
from oms.models import Event
from orders.queries.sealing import CONTEXT
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
WISHES = DeliveryWishes(no_ring=True, leave_with="the porter of no. 14")


@pytest.fixture
def ada(db):
    row = customers.identify([world.ADA], by=BY)[0]
    return customers.set_delivery_wishes(row, WISHES, by=BY)


def slip(order):
    drain(webhooks=False)
    document = FulfillmentOrder.objects.select_related("order__subject", "location").get()
    return PdfReader(BytesIO(paper.packing_slip(document, by=BY))).pages[0].extract_text()


def test_wishes_are_copied_onto_the_order_and_stand_on_its_slip(ada):
    world.stocked("MUG", world.warehouse(), 5)

    order = world.place(world.shop(), ("MUG", 1))
    customers.set_delivery_wishes(ada, DeliveryWishes(), by=BY)

    assert "Do not ring" in (text := slip(order))
    assert "Leave with: the porter of no. 14" in text
    customers.correct(ada, by=BY, party=world.ADA, reason="Same")
    assert queries.delivery_wishes(Customer.objects.get(pk=ada.pk)) == {}
    assert "porter" not in str(list(Event.objects.values_list("facts", flat=True)))


def test_wishes_end_with_the_person(ada):
    order = world.place(world.shop(), ("MUG", 1))

    customers.erase(ada.subject, by=BY, reason="Asked for it")

    order.refresh_from_db()
    assert queries.unseal(order.subject, order.sealed, CONTEXT) == {}
    assert queries.delivery_wishes(Customer.objects.get(pk=ada.pk)) == {}


def test_merge_takes_company_limits_and_wishes_along_and_undo_brings_them_back(ada):
    firm = Company.objects.create(code="ENGINES", name="Engines")
    customers.classify(ada, by=BY, group="", company=firm, reason="Works there")
    buyer = customers.set_buyer(ada, BuyerTerms(order_limit=50), by=BY, reason="Agreed")
    other = customers.identify([Party(name="Ada B", email="ab@example.com")], by=BY)[0]

    def held():
        row = Customer.objects.select_related("subject").get(pk=other.pk)
        return row.company, Buyer.objects.get().customer, bool(queries.delivery_wishes(row))

    customers.merge(ada, into=other, by=BY, reason="Same person")
    assert held() == (firm, other, True)

    customers.undo_merge(ada, by=BY, reason="Two people")

    assert held() == (None, ada, False)
    assert Buyer.objects.get().pk == buyer.pk
    assert queries.delivery_wishes(Customer.objects.get(pk=ada.pk))["no_ring"] == "yes"
