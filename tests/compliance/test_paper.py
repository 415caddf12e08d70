"""Documents on paper: complete, the same bytes every time, readable in every alphabet we print."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from compliance import consumers, queries
from compliance.adapters.paper import render
from compliance.models import Invoice
from customers.operations import Party
from tests.factories import LONDON, place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back


def pages(invoice, buyer=None):
    data = render(invoice, queries.buyer_of(invoice) if buyer is None else buyer)
    return [page.extract_text() for page in PdfReader(BytesIO(data)).pages]


def invoiced(channel, location, *lines, **fields):
    for sku, *_ in lines:
        stocked(sku, location, 500)
    order = place(channel, *lines, **fields)
    consumers.issue_invoice(ship(order, "SH1", **{sku: count for sku, count, *_ in lines}))
    return order, Invoice.objects.get(kind="invoice")


def test_render_invoice_says_what_the_law_asks(uk):
    _, invoice = invoiced(shop(), warehouse(), ("MUG", 3, "12.00"))

    (text,) = pages(invoice)

    for words in (
        "Invoice",
        invoice.number,
        "Lovelace Homewares Ltd",
        "VAT GB980780684",
        "Ada Byron",
        "London SW1Y 4JH",
        "United Kingdom",
        invoice.order.number,
        "SH1",
        "VAT 20 % on £30.00",
        "£36.00",
        "page 1 of 1",
    ):
        assert words in text


def test_render_same_document_gives_same_bytes(uk):
    _, invoice = invoiced(shop(), warehouse(), ("MUG", 3, "12.00"))
    buyer = queries.buyer_of(invoice)

    assert render(invoice, buyer) == render(Invoice.objects.get(), buyer)


def test_render_embeds_its_fonts(uk):
    _, invoice = invoiced(shop(), warehouse(), ("MUG", 1, "12.00"))
    reader = PdfReader(BytesIO(render(invoice, {})))

    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]

    embedded = [f for f in fonts if f["/BaseFont"].endswith(("DejaVuSans", "DejaVuSans-Bold"))]
    assert len(embedded) >= 2
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)


def test_render_long_invoice_numbers_its_pages_and_repeats_the_head(uk):
    _, invoice = invoiced(shop(), warehouse(), *[(f"M{n}", 1, "1.00") for n in range(60)])

    texts = pages(invoice)

    assert len(texts) == 3
    assert [f"page {n} of 3" in text for n, text in enumerate(texts, 1)] == [True] * 3
    assert all("Unit price" in text for text in texts)


def test_render_indian_invoice_shows_both_parts_in_rupees(india):
    place_ = warehouse("BOM", country="IN", region="Maharashtra")
    address = {**LONDON, "country": "IN", "city": "Pune", "region": "MH", "postcode": "411001"}
    _, invoice = invoiced(
        shop(currency="INR"),
        place_,
        ("TEA", 300, "1180.00"),
        currency="INR",
        shipping_address=address,
    )

    (text,) = pages(invoice)

    for words in (
        "Tax invoice",
        "GSTIN 27AAPFU0939F1ZV",
        "Maharashtra (27)",
        "CGST",
        "SGST 9 % on ₹3,00,000.00",
        "₹3,54,000.00",
    ):
        assert words in text


def test_render_credit_note_names_what_it_corrects(uk):
    order, invoice = invoiced(shop(), warehouse(), ("MUG", 3, "12.00"))
    consumers.issue_credit_note(take_back(order, "RMA1", MUG=1))

    (text,) = pages(Invoice.objects.get(kind="credit_note"))

    for words in ("Credit note", f"Corrects invoice {invoice.number}.", "Total credit GBP", "£12"):
        assert words in text


def test_render_erased_buyer_says_so(uk):
    _, invoice = invoiced(shop(), warehouse(), ("MUG", 1, "12.00"))

    (text,) = pages(invoice, buyer={})

    assert "[erased]" in text
    assert "Ada" not in text


@pytest.mark.parametrize("name", ["Łukasz Dvořák", "Γιώργος Σεφέρης", "Анна Ахматова", "<b>&"])
def test_render_names_of_any_alphabet_are_readable(name, uk):
    _, invoice = invoiced(
        shop(),
        warehouse(),
        ("MUG", 1, "12.00"),
        customer=Party(name=name, email="x@example.com"),
        shipping_address={**LONDON, "name": name},
    )

    (text,) = pages(invoice)

    assert name in text


def test_render_unit_price_below_a_cent_keeps_its_decimals(uk):
    channel = shop(price_includes_tax=False)
    _, invoice = invoiced(channel, warehouse(), ("NAIL", 100, "0.0125"))

    (text,) = pages(invoice)

    assert "0.0125" in text
    assert invoice.net == Decimal("1.25")
    assert invoice.issued_on <= date.today()  # noqa: DTZ011
