"""Each invariant of documents: true of what we do, false of what somebody did behind our back."""

from decimal import Decimal

import pytest

from compliance import consumers
from compliance.models import Invoice
from compliance.queries import invariants
from fulfillment.models import (
    Carrier,
    FulfillmentOrder,
    Return,
    Shipment,
)
from inventory.operations import Units
from oms.ledgers import check
from oms.models import Delivery, DeliveryState, Event
from orders import operations as orders
from orders.models import Order
from tests.factories import BY, place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back, tamper


@pytest.fixture
def documented(uk):
    """An order invoiced in two parts, one unit of it credited."""
    london = warehouse()
    stocked("MUG", london, 10)
    order = place(shop(), ("MUG", 3, "12.00"))
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    consumers.issue_invoice(ship(order, "SH2", MUG=2))
    consumers.issue_credit_note(take_back(order, "RMA1", MUG=1))
    return order


def violated():
    return {
        invariant.name: list(invariant.violations())
        for invariant in invariants()
        if check(invariant).violations
    }


def test_invariants_of_issued_documents_hold(documented):
    assert violated() == {}
    assert [check(invariant).rows for invariant in invariants()] == [2, 3, 3, 3, 1, 0, 0]


def test_invariant_series_finds_a_gap(documented):
    tamper("UPDATE compliance_documentseries SET last_number = 9 WHERE kind = 'invoice'")

    (sentence,) = violated()["invoice.series"]
    assert "2 documents up to number 2, counter at 9" in sentence


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        (
            "UPDATE compliance_invoice SET gross = 1 WHERE sequence = 2",
            {"invoice.digest", "invoice.amounts", "invoice.orders"},
        ),
        (
            "UPDATE compliance_invoiceline SET quantity = 9 WHERE quantity = 2",
            {"invoice.digest", "invoice.units"},
        ),
        ("UPDATE compliance_invoice SET sealed = NULL WHERE sequence = 2", {"invoice.digest"}),
        ("UPDATE orders_orderline SET credited = 0", {"invoice.units"}),
        ("UPDATE orders_order SET total = 1", {"invoice.orders"}),
    ],
)
def test_invariants_find_a_changed_row(sql, names, documented):
    tamper(sql)

    assert set(violated()) == names


@pytest.fixture
def undocumented(documented):
    """A shipment and a return of which no document tells."""
    location = warehouse("YORK")
    work = FulfillmentOrder.objects.create(number="FO9", order=documented, location=location)
    carrier = Carrier.objects.create(code="post", name="Post")
    shipment = Shipment.objects.create(
        number="SH9", order=documented, fulfillment_order=work, carrier=carrier
    )
    back = Return.objects.create(
        number="RMA9", order=documented, location=location, status="received", credit=1
    )
    return shipment, back


def passed_on(row, name, consumer, state):
    event = Event.objects.create(
        name=name, subject_type=row._meta.label_lower, subject_id=row.pk, sequence=1, actor="user:1"
    )
    Delivery.objects.create(event=event, consumer=consumer, subject_key=row.pk, state=state)


@pytest.mark.parametrize("state", [DeliveryState.DONE, DeliveryState.DEAD])
def test_invariants_find_a_shipment_and_a_return_without_document(state, undocumented):
    shipment, back = undocumented
    passed_on(shipment, "shipment.shipped", "compliance.consumers.issue_invoice", state)
    passed_on(back, "return.credited", "compliance.consumers.issue_credit_note", state)

    assert violated() == {
        "invoice.shipments": ["Shipment SH9 has no invoice"],
        "invoice.returns": ["Return RMA9 has no credit note"],
    }


def test_invariants_wait_for_what_is_still_to_be_passed_on(undocumented):
    shipment, _ = undocumented
    passed_on(
        shipment,
        "shipment.shipped",
        "compliance.consumers.issue_invoice",
        DeliveryState.PENDING,
    )

    assert violated() == {}


def test_invariants_hold_when_the_rest_is_cancelled(uk):
    stocked("MUG", warehouse(), 10)
    order = place(shop(price_includes_tax=False), ("MUG", 3, "3.33"))
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    line = order.lines.get()
    location = line.reservations.first().level.location_id
    orders.recall_units(order, by=BY, units=[Units(line.pk, location, 2)], reason="asked")
    orders.cancel_lines(order, by=BY, quantities={line.pk: 2}, reason="customer")

    assert violated() == {}
    assert Invoice.objects.get().gross == Order.objects.get().total == Decimal("4.00")
