"""Issuing documents: content, numbers, repeats, refusals."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction

from compliance import consumers, queries
from compliance.enums import Treatment
from compliance.models import DocumentSeries, Invoice, InvoiceLine
from compliance.operations import NotInvoiced
from customers import operations as customers
from customers.models import PaymentTerms
from customers.operations import Party
from inventory.operations import Units
from oms.models import AppendOnlyError, Event
from orders import operations as orders
from orders.models import Order
from orders.operations import PlacedCharge, PlacedLine
from tests.factories import BY, LONDON, NOW, place, shop, stocked, warehouse
from tests.factories.documents import event, ship, take_back, tamper

D = Decimal
SHIPPING = (PlacedCharge(kind="shipping", amount=D("4.80")),)


@pytest.fixture
def london(uk):
    return warehouse()


@pytest.fixture
def order(london):
    """Three mugs at 12.00, a pot at 30.00, shipping 4.80; prices include 20 % VAT."""
    stocked("MUG", london, 10)
    stocked("POT", london, 10)
    return place(shop(), ("MUG", 3, "12.00"), ("POT", 1, "30.00"), charges=SHIPPING)


def figures(invoice):
    return [
        (line.position, line.sku, line.quantity, line.net, line.tax)
        for line in invoice.lines.order_by("position")
    ]


# --- Invoices -------------------------------------------------------------------------------------


@time_machine.travel("2026-11-23T10:00Z", tick=False)
def test_issue_invoice_whole_order_shows_units_charges_and_tax(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))

    invoice = Invoice.objects.get()
    assert invoice.number == "UK26-000001"
    assert (invoice.net, invoice.tax, invoice.gross) == (D("59.00"), D("11.80"), D("70.80"))
    assert invoice.gross == Order.objects.get().total
    assert figures(invoice) == [
        (1, "MUG", 3, D("30.00"), D("6.00")),
        (2, "POT", 1, D("25.00"), D("5.00")),
        (3, "", 1, D("4.00"), D("0.80")),
    ]
    assert invoice.tax_groups == [
        {"code": "VAT", "category": "S", "rate": "20", "base": "59.00", "amount": "11.80"}
    ]
    assert (invoice.treatment, invoice.territory) == (Treatment.DOMESTIC, "GB")
    assert (invoice.issued_on, invoice.supplied_on) == (date(2026, 11, 23), date(2026, 11, 23))
    assert invoice.seller["tax_id"] == "GB980780684"
    buyer = queries.buyer_of(invoice)
    assert (buyer["name"], buyer["postcode"]) == ("Ada Byron", "SW1Y 4JH")
    assert queries.is_unchanged(invoice)


def test_issue_invoice_records_the_event_and_who(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))

    recorded = Event.objects.get(name="invoice.issued")
    assert (recorded.actor, recorded.channel) == ("consumer:invoices", "shop")
    assert recorded.facts == {
        "order": order.pk,
        "source": "shipment:SH1",
        "gross": "70.80",
        "currency": "GBP",
    }


@time_machine.travel("2026-11-23T10:00Z", tick=False)
def test_issue_invoice_on_terms_says_until_when_it_is_due(london):
    stocked("MUG", london, 10)
    on_terms = shop(terms=PaymentTerms.objects.get(code="2-10-net-30"))
    order = place(on_terms, ("MUG", 1, "12.00"), purchase_order_number="PO-7")

    consumers.issue_invoice(ship(order, "SH1", MUG=1))

    invoice = Invoice.objects.get()
    assert invoice.due_on == date(2026, 12, 23)
    assert invoice.notes == [
        "Your purchase order: PO-7.",
        "Payable by 23 December 2026 (2/10 net 30). Less 2 % if paid by 03 December 2026.",
    ]
    assert queries.is_unchanged(invoice)
    tamper("UPDATE compliance_invoice SET due_on = '2027-01-01'")
    assert not queries.is_unchanged(Invoice.objects.get())


def test_issue_invoice_twice_for_a_shipment_gives_the_same_one(order):
    shipped = ship(order, "SH1", MUG=3)

    consumers.issue_invoice(shipped)
    consumers.issue_invoice(shipped)

    assert Invoice.objects.count() == 1
    assert DocumentSeries.objects.get().last_number == 1


def test_issue_invoice_parts_sum_to_the_order_and_charges_stand_on_the_first(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    consumers.issue_invoice(ship(order, "SH2", MUG=2, POT=1))

    first, second = Invoice.objects.order_by("pk")
    assert first.gross == D("16.80")
    assert second.gross == D("54.00")
    assert first.gross + second.gross == Order.objects.get().total
    assert [line.charge is not None for line in first.lines.order_by("position")] == [False, True]
    assert not second.lines.exclude(charge=None).exists()


def test_issue_invoice_without_any_entity_does_nothing(db):
    place_ = warehouse()
    stocked("MUG", place_, 5)
    unsold = place(shop(), ("MUG", 1))

    consumers.issue_invoice(ship(unsold, "SH1", MUG=1))

    assert not Invoice.objects.exists()


def test_issue_invoice_of_erased_person_keeps_what_earlier_invoice_says(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    customers.erase(order.subject, by=BY, reason="asked")

    consumers.issue_invoice(ship(Order.objects.get(), "SH2", MUG=1))

    first, second = Invoice.objects.order_by("pk")
    assert queries.buyer_of(second)["name"] == "Ada Byron"
    assert queries.is_unchanged(first)


def test_issue_invoice_to_business_abroad_bears_no_vat_and_says_why(de):
    berlin = warehouse("BER", country="DE")
    stocked("MUG", berlin, 5)
    sold = place(
        shop(currency="EUR", price_includes_tax=False),
        ("MUG", 2, "10.00"),
        currency="EUR",
        customer=Party(name="Blaise", company="Pascal SARL", tax_id="FR40303265045"),
        shipping_address={**LONDON, "country": "FR", "city": "Paris", "postcode": "75001"},
    )

    consumers.issue_invoice(ship(sold, "SH1", MUG=2))

    invoice = Invoice.objects.get()
    assert (invoice.net, invoice.tax) == (D("20.00"), D(0))
    assert (invoice.treatment, invoice.territory) == (Treatment.INTRA_EU, "DE")
    assert invoice.notes == [
        (
            "Intra-Community supply, exempt under Article 138 of Directive 2006/112/EC. "
            "Reverse charge: the buyer accounts for the VAT."
        )
    ]
    assert invoice.lines.get().category == "K"
    assert queries.buyer_of(invoice)["tax_id"] == "FR40303265045"


@time_machine.travel("2026-03-31T20:00Z", tick=False)
def test_issue_invoice_in_india_splits_gst_and_counts_from_april(india):
    mumbai = warehouse("BOM", country="IN", region="Maharashtra")
    stocked("MUG", mumbai, 5, hs_code="6912", tax_class="gst18")
    address = {**LONDON, "country": "IN", "city": "Pune", "region": "MH", "postcode": "411001"}
    sold = place(
        shop(currency="INR"), ("MUG", 1, "1180.00"), currency="INR", shipping_address=address
    )

    consumers.issue_invoice(ship(sold, "SH1", MUG=1))

    # It is 1 April in Mumbai already: a new fiscal year.
    invoice = Invoice.objects.get()
    assert (invoice.series.fiscal_year, invoice.number) == ("2026-27", "IN26-000001")
    assert re.fullmatch(r"[A-Z1-9][A-Z0-9/-]{0,15}", invoice.number)
    assert invoice.place_of_supply == "27"
    assert [(g["code"], g["rate"], g["base"], g["amount"]) for g in invoice.tax_groups] == [
        ("CGST", "9", "1000.00", "90.00"),
        ("SGST", "9", "1000.00", "90.00"),
    ]
    assert invoice.lines.get().hs_code == "6912"


# --- Credit notes ---------------------------------------------------------------------------------


def test_issue_credit_note_for_a_return_corrects_its_invoice(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))

    consumers.issue_credit_note(take_back(order, "RMA1", MUG=1))

    note = Invoice.objects.get(kind="credit_note")
    assert re.fullmatch(r"UK\d\d-C00001", note.number)
    assert note.corrects == Invoice.objects.get(kind="invoice")
    assert (note.net, note.tax, note.gross) == (D("10.00"), D("2.00"), D("12.00"))
    assert note.notes == [f"Corrects invoice {note.corrects.number}."]
    assert queries.buyer_of(note)["name"] == "Ada Byron"
    assert queries.is_unchanged(note)
    assert Event.objects.filter(name="credit_note.issued").count() == 1


def test_issue_credit_note_over_two_invoices_names_both(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    consumers.issue_invoice(ship(order, "SH2", MUG=2))

    consumers.issue_credit_note(take_back(order, "RMA1", MUG=2))

    first, second = Invoice.objects.filter(kind="invoice").order_by("pk")
    note = Invoice.objects.get(kind="credit_note")
    assert note.corrects == first
    assert note.notes == [f"Corrects invoice {first.number}, {second.number}."]


def test_issue_credit_notes_all_returned_leave_the_charges(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))
    consumers.issue_credit_note(take_back(order, "RMA1", MUG=2))
    consumers.issue_credit_note(take_back(order, "RMA2", MUG=1, POT=1))

    signed = [
        invoice.gross if invoice.kind == "invoice" else -invoice.gross
        for invoice in Invoice.objects.all()
    ]

    assert sum(signed) == Order.objects.get().total == D("4.80")


def test_issue_credit_note_twice_for_a_return_gives_one(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3))
    returned = take_back(order, "RMA1", MUG=1)

    consumers.issue_credit_note(returned)
    consumers.issue_credit_note(returned)

    assert Invoice.objects.filter(kind="credit_note").count() == 1


def test_issue_credit_note_before_its_invoice_is_refused_and_tried_again(order):
    shipped = ship(order, "SH1", MUG=3)
    returned = take_back(order, "RMA1", MUG=1)

    with pytest.raises(NotInvoiced) as refusal:
        consumers.issue_credit_note(returned)

    assert refusal.value.code == "not_invoiced"
    assert not Invoice.objects.exists()
    consumers.issue_invoice(shipped)
    consumers.issue_credit_note(returned)
    assert Invoice.objects.count() == 2


def test_issue_credit_note_for_goods_of_two_entities_gives_each_its_own(uk, de):
    london, berlin = warehouse(), warehouse("BER", country="DE")
    stocked("MUG", london, 1)
    stocked("MUG", berlin, 1)
    sold = place(shop(), ("MUG", 2, "12.00"))
    line = sold.lines.get()
    for number, location in (("SH1", london), ("SH2", berlin)):
        moved = [Units(line.pk, location.pk, 1)]
        orders.record_shipment(sold, by=BY, units=moved, reference=number)
        consumers.issue_invoice(
            event("shipment.shipped", number, sold, "units", moved, location=location.pk)
        )

    consumers.issue_credit_note(take_back(sold, "RMA1", MUG=2))

    notes = Invoice.objects.filter(kind="credit_note").order_by("pk")
    assert [(note.source, note.entity.code, note.gross) for note in notes] == [
        ("return:RMA1", "uk", D("12.00")),
        ("return:RMA1/2", "de", D("12.00")),
    ]


# --- What holds -----------------------------------------------------------------------------------


def test_invoice_changed_behind_our_back_is_found(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    tamper("UPDATE compliance_invoiceline SET name = 'Gold mug' WHERE position = 1")

    assert not queries.is_unchanged(Invoice.objects.get())


def test_invoice_may_not_be_saved_again(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=1))
    invoice = Invoice.objects.get()
    invoice.gross = D(0)

    with pytest.raises(AppendOnlyError):
        invoice.save()
    with pytest.raises(AppendOnlyError):
        InvoiceLine.objects.first().delete()

    assert Invoice.objects.get().gross == D("16.80")


def test_number_of_rolled_back_invoice_is_given_to_the_next(order):
    shipped = ship(order, "SH1", MUG=1)
    with transaction.atomic():
        consumers.issue_invoice(shipped)
        transaction.set_rollback(True)

    consumers.issue_invoice(shipped)

    assert Invoice.objects.get().sequence == 1


def test_issue_invoice_line_with_a_stated_tax_keeps_it(london):
    stocked("BOOK", london, 5)
    stated = PlacedLine(sku="BOOK", quantity=2, unit_price=D("10.00"), tax_amount=D(0))
    sold = orders.place_one(
        shop(),
        orders.PlacedOrder(
            external_id="1",
            currency="GBP",
            customer=Party(name="Ada", email="ada@example.com"),
            shipping_address=LONDON,
            billing_address={},
            lines=(stated,),
            placed_at=NOW,
        ),
        by=BY,
    ).order

    consumers.issue_invoice(ship(sold, "SH1", BOOK=2))

    assert [(g["category"], g["rate"], g["amount"]) for g in Invoice.objects.get().tax_groups] == [
        ("Z", "0", "0.00")
    ]


def test_issue_credit_note_of_a_return_in_parts_credits_each_part_once(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))
    first = take_back(order, "RMA1", MUG=1)
    take_back(order, "RMA1", MUG=1, POT=1)
    line = {line.sku: line.pk for line in order.lines.all()}
    whole = event("return.credited", "RMA1", order, "lines", [])
    whole.facts["lines"] = [[line["MUG"], 0, 2], [line["POT"], 0, 1]]

    for _ in range(2):
        consumers.issue_credit_note(first)
        consumers.issue_credit_note(whole)

    notes = Invoice.objects.filter(kind="credit_note").order_by("pk")
    assert [(note.source, note.gross) for note in notes] == [
        ("return:RMA1", D("12.00")),
        ("return:RMA1/2", D("42.00")),
    ]
    assert Order.objects.get().total == D("70.80") - D("54.00")


def credited(order, fee):
    """One mug of the order came back; a fee of it is kept. The event that fulfillment records."""
    mug = order.lines.get(sku="MUG").pk
    orders.record_return(order, by=BY, units=[Units(mug, 0, 1)], reference="RMA1")
    parts = [orders.Credited(mug, 1, D(fee))]
    orders.credit_return(order, by=BY, credited=parts, reference="RMA1")
    return event("return.credited", "RMA1", order, "lines", [Units(mug, 0, 1)])


def test_issue_credit_note_takes_off_the_fee_that_is_kept_with_its_tax(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=2))
    back = credited(order, "2.40")
    consumers.issue_invoice(ship(order, "SH2", MUG=1, POT=1))  # shows no fee of returns

    consumers.issue_credit_note(back)
    consumers.issue_credit_note(back)

    note = Invoice.objects.get(kind="credit_note")
    assert (note.gross, note.tax) == (D("9.60"), D("1.60"))
    lines = note.lines.order_by("position").values_list("name", "net", "tax")
    assert list(lines)[1] == ("Return fee RMA1", D("-2.00"), D("-0.40"))
    invoiced = sum(row.gross for row in Invoice.objects.filter(kind="invoice"))
    assert Order.objects.get().total == invoiced - note.gross


def test_issue_invoice_for_what_was_credited_and_never_came(order):
    consumers.issue_invoice(ship(order, "SH1", MUG=3, POT=1))
    consumers.issue_credit_note(credited(order, "0"))
    mug = order.lines.get(sku="MUG").pk
    orders.charge_unreturned(order, by=BY, amounts={mug: D("12.00")}, reference="RMA1")
    charged = event("return.charged", "RMA1", order, "lines", [], location=None)
    charged.sequence = 4

    for _ in range(2):
        consumers.issue_invoice(charged)

    invoice = Invoice.objects.get(source="charged:RMA1/4")
    assert (invoice.gross, invoice.tax) == (D("12.00"), D("2.00"))
    assert [line.name for line in invoice.lines.all()] == ["Not returned RMA1"]
    assert Order.objects.get().total == D("70.80")
