"""Reading tables of orders: what becomes of each row, without a database."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from openpyxl import Workbook

from orders.adapters import tabular
from orders.adapters.tabular import files
from orders.adapters.tabular.profile import FOLDER
from orders.adapters.tabular.sales import Match, Sales, SoldLine

UCI = Path(__file__).parent / "data" / "uci.csv"
HEADER = "external_id,placed_at,sku,quantity,unit_price,name,email,line1,city,postcode,country"
ADA = "Ada Byron,ada@example.com,12 St James's Square,London,SW1Y 4JH,GB"


def read(path, profile="default", currency="GBP"):
    told = []
    documents = list(
        tabular.read(path, tabular.read_profile(profile), currency=currency, tell=told.append)
    )
    return documents, [(finding.row, finding.code) for finding in told]


def table(tmp_path, *rows, header=HEADER, name="orders.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def profile(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    return str(path)


def test_read_groups_rows_into_orders(tmp_path):
    path = table(
        tmp_path,
        f"A-1,2026-11-20 09:30,MUG,2,4.50,{ADA}",
        "A-1,,TRAY,1,12.00,,,,,,",
        f"A-2,2026-11-20T10:00:00+01:00,MUG,1,4.50,{ADA}",
    )

    (first, second), told = read(path)

    assert told == []
    assert [(line.sku, line.quantity, line.unit_price) for line in first.placed.lines] == [
        ("MUG", 2, Decimal("4.50")),
        ("TRAY", 1, Decimal("12.00")),
    ]
    assert first.placed.placed_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert second.placed.placed_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert first.placed.customer.email == "ada@example.com"
    assert first.placed.shipping_address["name"] == "Ada Byron"
    assert first.placed.shipping_address["postcode"] == "SW1Y 4JH"
    assert first.placed.currency == "GBP"


def test_read_joins_interleaved_rows_of_an_order(tmp_path):
    path = table(tmp_path, f"A-1,,MUG,1,4,{ADA}", f"A-2,,MUG,1,4,{ADA}", "A-1,,TRAY,1,12,,,,,,")

    documents, _ = read(path)

    assert [len(sale.placed.lines) for sale in documents] == [2, 1]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",2026-11-20,MUG,1,4,,,,,,", "missing_order_id"),
        ("A-1,2026-11-20,,1,4,,,,,,", "missing_sku"),
        ("A-1,2026-11-20,MUG,one,4,,,,,,", "bad_quantity"),
        ("A-1,2026-11-20,MUG,1.5,4,,,,,,", "bad_quantity"),
        ("A-1,2026-11-20,MUG,0,4,,,,,,", "bad_quantity"),
        ("A-1,2026-11-20,MUG,-2,4,,,,,,", "negative_quantity"),
        ("A-1,2026-11-20,MUG,1,,,,,,,", "bad_unit_price"),
        ("A-1,2026-11-20,MUG,1,NaN,,,,,,", "bad_unit_price"),
        ("A-1,2026-11-20,MUG,1,1e40,,,,,,", "bad_unit_price"),
        ("A-1,2026-11-20,MUG,1,-4,,,,,,", "bad_unit_price"),
        ("A-1,2026-11-20,MUG,1,0,,,,,,", "zero_price"),
        ("A-1,20th of November,MUG,1,4,,,,,,", "bad_placed_at"),
        ("A-1,2026-11-20,SHIPPING,1,4,,,,,,", "no_goods"),
    ],
)
def test_read_leaves_out_a_bad_row_and_says_why(tmp_path, row, code):
    path = table(tmp_path, row, f"A-9,2026-11-20,MUG,1,4,{ADA}")

    documents, told = read(path)

    assert told == [(2, code)]
    assert [sale.placed.external_id for sale in documents] == ["A-9"]


def test_read_tells_every_fault_of_a_row_and_how_dates_are_told(tmp_path):
    own = profile(tmp_path, (FOLDER / "default.toml").read_text().replace(
        '# date_formats = ["%d/%m/%Y"]', 'date_formats = ["%d/%m/%Y"]'
    ))  # fmt: skip
    told = []
    path = table(tmp_path, "A-1,20th,MUG,one,x,,,,,,", "A-2,27/11/2026,MUG,1,4,,,,,,")

    documents = list(
        tabular.read(path, tabular.read_profile(own), currency="GBP", tell=told.append)
    )

    assert [sale.placed.placed_at.date().isoformat() for sale in documents] == ["2026-11-27"]
    assert [(finding.row, finding.reason) for finding in told] == [
        (2, "The quantity is not a whole number. The unit price is not an amount."),
        (2, "The date is in no known form: 2026-11-27 or 2026-11-27T14:30+01:00 or 27/11/2026."),
    ]


def test_read_names_the_columns_that_it_does_not_know(tmp_path):
    path = table(
        tmp_path, f"A-1,,MUG,1,4,{ADA},red,x", header=f"{HEADER},Colour,Gift note,import_error"
    )  # fmt: skip
    told = []

    [sale] = tabular.read(
        path, tabular.read_profile("default"), currency="GBP", tell=told.append
    )  # fmt: skip

    assert sale.placed.external_id == "A-1"
    assert [(finding.row, finding.level, finding.reason) for finding in told] == [
        (1, "note", "Not known, and ignored: column Colour, Gift note.")
    ]


def test_sample_file_is_understood_whole():
    sample = Path(settings.BASE_DIR) / "static" / "oms" / "import-sample.csv"

    documents, told = read(sample)

    assert told == []
    assert [len(sale.placed.lines) for sale in documents] == [2, 1]
    assert [sale.placed.shipping_address["country"] for sale in documents] == ["GB", "GB"]


def parts_allowed(tmp_path):
    """The default profile, but an order is placed without its rows that cannot be used."""
    text = (FOLDER / "default.toml").read_text()
    return profile(tmp_path, text.replace("whole_orders = true", "whole_orders = false"))


def test_read_keeps_an_order_out_until_all_its_rows_can_be_used(tmp_path):
    path = table(
        tmp_path,
        *(f"A-1,,MUG,1,4,{ADA}", f"A-2,,MUG,1,4,{ADA}", f"A-1,,TRAY,x,12,{ADA}"),
    )

    (sale,), told = read(path)

    assert sale.placed.external_id == "A-2"
    assert told == [(4, "bad_quantity"), (2, "incomplete_order")]


def test_read_keeps_the_good_rows_of_an_order_where_the_profile_says_so(tmp_path):
    path = table(tmp_path, f"A-1,,MUG,1,4,{ADA}", f"A-1,,TRAY,x,12,{ADA}")

    (sale,), told = read(path, parts_allowed(tmp_path))

    assert [line.sku for line in sale.placed.lines] == ["MUG"]
    assert told == [(3, "bad_quantity")]


def test_read_leaves_out_a_row_of_another_buyer(tmp_path):
    header = "external_id,sku,quantity,unit_price,customer"
    path = table(tmp_path, "A-1,MUG,1,4,7", "A-1,TRAY,1,12,8", header=header)

    (sale,), told = read(path, parts_allowed(tmp_path))

    assert [line.sku for line in sale.placed.lines] == ["MUG"]
    assert told == [(3, "other_buyer")]


def test_read_takes_charges_payment_and_total(tmp_path):
    header = f"{HEADER},shipping,total,payment_method,payment_state,payment_reference"
    path = table(
        tmp_path,
        f"A-1,,MUG,1,4.00,{ADA},3.50,6.50,card,authorized,ch_1",
        "A-1,,DISCOUNT,1,1.00,,,,,,,,,,,",
        header=header,
    )

    (sale,), told = read(path)

    charges = [(charge.kind, charge.amount) for charge in sale.placed.charges]
    assert charges == [("discount", Decimal("-1.00")), ("shipping", Decimal("3.50"))]
    payment = sale.placed.payments[0]
    assert (payment.method, payment.amount, payment.state) == (
        "card",
        Decimal("6.50"),
        "authorized",
    )
    assert payment.reference == "ch_1"
    assert sale.placed.total == Decimal("6.50")
    assert told == [(3, "charge")]


@pytest.mark.parametrize(
    ("method", "state"),
    [("card", "captured"), ("bank_transfer", "captured"), ("on_account", "pending")],
)
def test_read_takes_money_as_received_where_the_method_is_not_to_pay_later(tmp_path, method, state):
    header = f"{HEADER},total,payment_method"
    path = table(tmp_path, f"A-1,,MUG,1,4.00,{ADA},4.00,{method}", header=header)

    (sale,), _ = read(path)

    assert [(row.amount, row.state) for row in sale.placed.payments] == [(Decimal(4), state)]


def test_read_understands_semicolons_and_decimal_commas(tmp_path):
    path = table(
        tmp_path,
        "B-1;31.12.2026;MUG;1.000;1.234,50",
        header="Bestellung;Datum;Artikel;Menge;Preis",
    )
    own = profile(
        tmp_path,
        'decimal_comma = true\ndate_formats = ["%d.%m.%Y"]\ntime_zone = "Europe/Berlin"\n'
        '[columns]\nexternal_id = "Bestellung"\nplaced_at = "Datum"\nsku = "Artikel"\n'
        'quantity = "Menge"\nunit_price = "Preis"\n',
    )

    (sale,), told = read(path, own, currency="EUR")

    assert told == []
    assert sale.placed.lines[0].unit_price == Decimal("1234.50")
    assert sale.placed.lines[0].quantity == 1000
    assert sale.placed.placed_at == datetime(2026, 12, 30, 23, 0, tzinfo=UTC)


def test_read_xlsx_gives_what_the_same_csv_gives(tmp_path):
    book = Workbook()
    book.active.append(HEADER.split(","))
    book.active.append(
        ["A-1", datetime(2026, 11, 20, 9, 30), "MUG", 2, 4.5, *ADA.split(",")]  # noqa: DTZ001
    )
    book.save(tmp_path / "orders.xlsx")
    path = table(tmp_path, f"A-1,2026-11-20 09:30:00,MUG,2,4.5,{ADA}")

    assert read(tmp_path / "orders.xlsx") == read(path)


def test_read_gzip_gives_what_the_plain_file_gives(tmp_path):
    path = tmp_path / "uci.csv.gz"
    path.write_bytes(gzip.compress(UCI.read_bytes()))

    assert read(path, "uci-online-retail") == read(UCI, "uci-online-retail")


def test_read_uci_tells_sales_credits_charges_and_what_is_neither():
    documents, told = read(UCI, "uci-online-retail")

    sales = [one for one in documents if isinstance(one, tabular.Sale)]
    credits_ = [one for one in documents if isinstance(one, tabular.Credit)]
    assert [(s.placed.external_id, len(s.placed.lines)) for s in sales] == [
        ("536365", 7),
        ("536370", 3),
        ("536488", 1),
        ("536544", 1),
    ]
    assert [(c.external_id, [(i.sku, i.quantity) for i in c.lines]) for c in credits_] == [
        ("C536383", [("35004C", 1)]),
        ("C536506", [("22960", 6)]),
    ]
    assert sorted(code for _, code in told) == [
        "charge",
        "charge",
        "charge_credit",
        "negative_quantity",
        "not_sold",
        "zero_price",
    ]


def test_read_uci_stands_in_for_what_the_file_does_not_say():
    documents, _ = read(UCI, "uci-online-retail")

    first, french, guest = documents[0].placed, documents[1].placed, documents[-1].placed
    assert first.customer.email == "17850@uci.example"
    assert first.shipping_address["line1"] == "On file with the channel"
    assert first.placed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert french.shipping_address["country"] == "FR"
    assert [(c.kind, c.amount) for c in french.charges] == [("shipping", Decimal("54.00"))]
    assert (guest.customer.name, guest.customer.email) == ("Guest, invoice 536544", "")


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("EIRE", "IE"),
        ("RSA", "ZA"),
        ("USA", "US"),
        ("Channel Islands", "JE"),
        ("Czech Republic", "CZ"),
        ("Hong Kong", "HK"),
        ("European Community", ""),
        ("Unspecified", ""),
        ("Atlantis", ""),
        ("gb", "GB"),
    ],
)
def test_country_of_the_uci_file_becomes_a_code(told, code):
    assert tabular.read_profile("uci-online-retail").country_code(told) == code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1\n", "unknown settings: colour"),
        ('[columns]\nshade = "x"\n', "unknown meanings: shade"),
        ('[charges]\nPOST = "stamps"\n', "unknown kinds of charge: stamps"),
        ("[columns\n", "column"),
        ('time_zone = "Mars/Base"\n', "Mars/Base"),
    ],
)
def test_profile_that_cannot_be_understood_is_refused(tmp_path, text, said):
    with pytest.raises(tabular.ProfileInvalid, match=said):
        tabular.read_profile(profile(tmp_path, text))


def test_profile_that_does_not_exist_is_refused():
    with pytest.raises(tabular.ProfileInvalid, match="default, uci-online-retail"):
        tabular.read_profile("nothing")


def test_read_file_without_a_needed_column_is_refused(tmp_path):
    path = table(tmp_path, "A-1,MUG,1", header="external_id,sku,quantity")

    with pytest.raises(
        tabular.ProfileInvalid, match="no column for unit_price: unit_price or price"
    ):
        read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"external_id,sku\xff\n", "utf-8"),
        (b"\x1f\x8bbroken", "cannot be read"),
        (b"PK\x03\x04broken", "cannot be read"),
    ],
)
def test_read_file_that_is_no_table_is_refused(tmp_path, content, said):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)

    with pytest.raises(files.Unreadable, match=said):
        read(path)


def test_read_missing_file_is_refused(tmp_path):
    with pytest.raises(files.Unreadable, match="No such file"):
        read(tmp_path / "none.csv")


def test_report_keeps_formulas_harmless(tmp_path):
    path = tmp_path / "deep" / "report.csv"
    with tabular.Report(path) as report:
        report.add(tabular.Finding(2, "=1+1", tabular.Level.NOTE, "charge", "-5 of it"))

    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "row,external_id,level,code,reason",
        "2,'=1+1,note,charge,'-5 of it",
    ]
    assert report.counts == {("note", "charge"): 1}


def sold(external_id, quantity, price="4.00", day=1):
    at = datetime(2026, 11, day, tzinfo=UTC)
    return SoldLine("7", "MUG", Decimal(price), at, external_id, 1, quantity)


def take(sales, quantity, price="4", day=9):
    at = datetime(2026, 11, day, tzinfo=UTC)
    return sales.take("7", "MUG", quantity, price=Decimal(price), at=at)


def test_take_prefers_the_latest_sale_that_suffices():
    with Sales() as sales:
        sales.add([sold("A", 5, day=1), sold("B", 5, day=2), sold("C", 2, day=3)])

        assert take(sales, 4) == [Match("B", 1, 4)]


def test_take_prefers_the_same_price():
    with Sales() as sales:
        sales.add([sold("A", 5, day=1), sold("B", 5, price="3.50", day=2)])

        assert take(sales, 4) == [Match("A", 1, 4)]


def test_take_spreads_over_sales_and_never_takes_a_unit_twice():
    with Sales() as sales:
        sales.add([sold("A", 3, day=1), sold("B", 2, day=2)])

        assert take(sales, 4) == [Match("B", 1, 2), Match("A", 1, 2)]
        assert take(sales, 4) == [Match("A", 1, 1)]
        assert take(sales, 4) == []


def test_take_leaves_later_sales_alone():
    with Sales() as sales:
        sales.add([sold("A", 3, day=10)])

        assert take(sales, 1, day=9) == []
