"""The tax report: sums of documents, by territory and rate, each figure leading to its documents."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.db.models import Sum

from compliance import consumers
from compliance.models import Invoice
from compliance.queries import tax_report
from compliance.queries.tax_report import Period, TaxRow
from tests.factories import LONDON, place, shop, stocked, warehouse
from tests.factories.documents import ship, take_back

D = Decimal
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
PAGE = "/admin/compliance/invoice/tax-report/"


@pytest.fixture
def month(uk, de, india):
    """Sales at home, abroad, in India, and one return, all issued on 23 November."""
    with time_machine.travel("2026-11-23T10:00Z", tick=False):
        london, berlin = warehouse(), warehouse("BER", country="DE")
        mumbai = warehouse("BOM", country="IN", region="Maharashtra")
        for location, skus in ((london, "MUG"), (berlin, "POT"), (mumbai, "TEA")):
            stocked(skus, location, 50)
        pounds, euros, rupees = shop(), shop("eu", currency="EUR"), shop("in", currency="INR")
        paris = {**LONDON, "country": "FR", "city": "Paris", "postcode": "75001"}
        pune = {**LONDON, "country": "IN", "region": "MH", "postcode": "411001"}
        mugs = place(pounds, ("MUG", 3, "12.00"))
        consumers.issue_invoice(ship(mugs, "SH1", MUG=3))
        consumers.issue_credit_note(take_back(mugs, "RMA1", MUG=1))
        pots = place(euros, ("POT", 1, "24.00"), currency="EUR", shipping_address=paris)
        consumers.issue_invoice(ship(pots, "SH2", POT=1))
        tea = place(rupees, ("TEA", 1, "118.00"), currency="INR", shipping_address=pune)
        consumers.issue_invoice(ship(tea, "SH3", TEA=1))


def test_tax_rows_sum_invoices_and_take_off_credit_notes(month):
    rows = tax_report.tax_rows(NOVEMBER)

    assert rows == [
        TaxRow("de", "oss", "FR", "", "S", D(20), "EUR", 1, D(20), D(4)),
        TaxRow("in", "intra_state", "IN", "27", "S", D(18), "INR", 1, D(100), D(18)),
        TaxRow("uk", "domestic", "GB", "", "S", D(20), "GBP", 2, D(20), D(4)),
    ]
    assert rows[1].parts == {"CGST": D(9), "SGST": D(9)}
    assert rows[1].place == "IN Maharashtra"


def test_tax_totals_equal_the_documents(month):
    totals = tax_report.totals(tax_report.tax_rows(NOVEMBER))

    signed = {
        currency: sum(
            (1 if kind == "invoice" else -1)
            * Invoice.objects.filter(currency=currency, kind=kind).aggregate(s=Sum("gross"))["s"]
            for kind in ("invoice", "credit_note")
            if Invoice.objects.filter(currency=currency, kind=kind).exists()
        )
        for currency in ("EUR", "GBP", "INR")
    }
    assert {currency: sums[2] for currency, sums in totals.items()} == signed


def test_tax_rows_ask_one_query(month, django_assert_num_queries):
    with django_assert_num_queries(1):
        tax_report.tax_rows(NOVEMBER)


def test_tax_rows_of_another_month_or_seller_are_none(month):
    assert tax_report.tax_rows(Period(date(2026, 10, 1), date(2026, 10, 31))) == []
    assert [row.seller for row in tax_report.tax_rows(NOVEMBER, "uk")] == ["uk"]


def test_tax_documents_of_a_row_sum_to_it(month):
    row = tax_report.tax_rows(NOVEMBER)[2]

    documents = list(tax_report.tax_documents(NOVEMBER, row.key()))

    assert [(d["invoice__kind"], d["net"]) for d in documents] == [
        ("credit_note", D(10)),
        ("invoice", D(30)),
    ]


@pytest.mark.parametrize(
    ("title", "start", "end"),
    [
        ("This month", "2026-02-01", "2026-02-10"),
        ("Last month", "2026-01-01", "2026-01-31"),
        ("This quarter", "2026-01-01", "2026-02-10"),
        ("Last quarter", "2025-10-01", "2025-12-31"),
        ("This year", "2026-01-01", "2026-02-10"),
    ],
)
def test_periods_are_those_of_declarations(title, start, end):
    found = tax_report.periods(date(2026, 2, 10))[title]

    assert found == Period(date.fromisoformat(start), date.fromisoformat(end))


def test_distance_sales_below_the_threshold_are_told(uk, de):
    de.oss_from = None
    de.save()
    berlin = warehouse("BER", country="DE")
    stocked("POT", berlin, 5)
    paris = {**LONDON, "country": "FR", "city": "Paris", "postcode": "75001"}
    pots = place(shop(currency="EUR"), ("POT", 1, "11.90"), currency="EUR", shipping_address=paris)
    consumers.issue_invoice(ship(pots, "SH2", POT=1))

    (row,) = tax_report.distance_sales(Invoice.objects.get().issued_on.year)

    assert (row.territory, row.rate, row.net) == ("DE", D(19), D(10))


# --- Page -----------------------------------------------------------------------------------------

WHOLE = {"from": "2026-11-01", "to": "2026-11-30"}


def test_page_shows_rows_and_totals(month, admin_client):
    text = admin_client.get(PAGE, WHOLE).text

    for words in ("IN Maharashtra", "Distance sale, One-Stop Shop", "CGST ₹9.00", "Total GBP"):
        assert words in text


def test_page_as_csv_has_a_column_for_each_tax(month, admin_client):
    answer = admin_client.get(PAGE, {**WHOLE, "format": "csv"})

    rows = list(csv.DictReader(StringIO(answer.text)))
    assert answer["Content-Disposition"] == 'attachment; filename="tax-2026-11-01-2026-11-30.csv"'
    assert [(row["seller"], row["territory"], D(row["net"])) for row in rows] == [
        ("de", "FR", 20),
        ("in", "IN", 100),
        ("uk", "GB", 20),
    ]
    india = rows[1]
    assert [D(india[code]) for code in ("vat", "cgst", "sgst", "igst")] == [0, 9, 9, 0]


def test_page_of_documents_leads_to_each(month, admin_client):
    row = tax_report.tax_rows(NOVEMBER)[2]

    text = admin_client.get(f"{PAGE}documents/", {**WHOLE, **row.key()}).text

    for invoice in Invoice.objects.filter(entity__code="uk"):
        assert invoice.number in text
    assert Invoice.objects.get(entity__code="de").number not in text


@pytest.mark.parametrize(
    "params", [{"from": "2026-13-99", "to": "x"}, {"from": "2026-12-01", "to": "2026-01-01"}]
)
def test_page_with_a_period_that_makes_no_sense_shows_this_quarter(params, db, admin_client):
    answer = admin_client.get(PAGE, params)

    assert answer.status_code == 200
    assert "No document was issued in this period." in answer.text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}documents/"])
def test_page_is_refused_without_permission(path, db, client, django_user_model):
    ben = django_user_model.objects.create_user("ben", password="x", is_staff=True)
    client.force_login(ben)

    assert client.get(path).status_code == 403
