import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.urls import reverse
from openpyxl import load_workbook

from customers.operations import Party
from oms.dispatch import drain
from oms.models import Job, JobState, User
from orders import operations as orders
from orders.models import Order
from reporting.adapters.files import CsvFile, XlsxFile
from reporting.queries import exports
from tests import factories as world

pytestmark = pytest.mark.django_db

EXPORT = "/admin/export/orders.order/"


@pytest.fixture
def shop(db):
    return world.shop(needs_payment=True, duplicate_window_minutes=0)


@pytest.fixture
def placed(shop):
    london = world.warehouse()
    world.stocked("MUG", london, 50)
    bob = Party(name="Robert Tables", email="bob@example.com")
    return [
        world.place(shop, ("MUG", 2, "10.05"), external_id="=1+1", customer=bob),
        world.place(shop, ("MUG", 1, "7"), ("NONE", 1, "3"), external_id="held"),
    ]


def run(client, url, **data):
    answer = client.post(url, {"content": "orders", "form": "csv", **data})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.latest("pk")
    assert answer.url == reverse("admin:oms_job_change", args=[job.pk])
    drain()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    return job


def csv_rows(job):
    with job.result_file.open("rb") as file:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        return list(csv.DictReader(text))


def sheet_rows(job):
    with job.result_file.open("rb") as file:
        sheet = load_workbook(file, read_only=True).active
        return list(sheet.iter_rows(values_only=True))


def test_export_writes_the_filtered_list_and_no_other_row(placed, sign_in):
    client = sign_in("Operations")

    job = run(client, f"{EXPORT}?stage__exact=validation")

    [row] = csv_rows(job)
    assert row["Order"] == placed[1].number
    assert (row["Stage"], row["Currency"], row["Total"]) == ("validation", "GBP", "10.00")
    assert (job.done, job.total, job.created_by) == (1, 1, f"user:{client.user.pk}")


def test_export_holds_no_personal_data_and_nothing_that_runs(placed, sign_in):
    client = sign_in("Operations")

    rows = csv_rows(run(client, EXPORT))

    assert [row["External ID"] for row in rows] == ["'=1+1", "held"]
    assert "Robert" not in str(rows)
    assert "bob@example.com" not in str(rows)


def test_export_lines_of_the_filtered_orders(placed, sign_in):
    client = sign_in("Operations")

    job = run(client, f"{EXPORT}?stage__exact=validation", content="lines")

    rows = csv_rows(job)
    assert [(row["Order"], row["SKU"], row["SKU as sent"], row["Ordered"]) for row in rows] == [
        (placed[1].number, "MUG", "MUG", "1"),
        (placed[1].number, "", "NONE", "1"),
    ]


def test_export_to_excel_keeps_numbers_and_text_what_they_are(placed, sign_in):
    job = run(sign_in("Operations"), EXPORT, form="xlsx")

    titles, first, second = sheet_rows(job)
    row = dict(zip(titles, first, strict=False))  # empty cells at the end are not kept
    assert row["External ID"] == "=1+1"
    assert row["Total"] == 20.1
    assert row["Placed (UTC)"] == datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 (sheets know no zones)
    assert second[titles.index("Stage")] == "validation"


def test_export_searches_as_the_list_does(placed, sign_in):
    job = run(sign_in("Operations"), f"{EXPORT}?q={placed[0].number}")

    assert [row["Order"] for row in csv_rows(job)] == [placed[0].number]


def test_export_refuses_unknown_lists_and_filters(placed, sign_in):
    client = sign_in("Operations")

    assert client.get("/admin/export/orders.skualias/").status_code == 404
    assert client.get("/admin/export/no.such/").status_code == 404
    assert client.get(f"{EXPORT}?nonsense__exact=1").status_code == 404
    assert client.get(f"{EXPORT}?customer__subject__operational_key__startswith=a").status_code in {
        400,
        404,
    }
    assert Job.objects.count() == 0


def test_export_is_closed_to_those_who_may_not_see_the_list(placed, sign_in):
    client = sign_in("Warehouse")

    assert client.get("/admin/export/orders.payment/").status_code == 404
    assert client.post("/admin/export/orders.payment/", {}).status_code == 404
    assert Job.objects.count() == 0


def test_export_runs_with_the_rights_of_the_moment(placed, sign_in):
    client = sign_in("Operations")
    client.post(EXPORT, {"content": "orders", "form": "csv"})
    client.user.groups.clear()

    drain()

    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert not job.result_file


def test_export_page_says_how_many_rows_and_which_filter(placed, sign_in):
    page = sign_in("Operations").get(f"{EXPORT}?stage__exact=validation")

    text = " ".join(page.content.decode().split())
    assert "1 row of the list, filtered by" in text
    assert "stage: validation" in text


def test_export_button_stands_over_lists_with_their_filters(placed, sign_in):
    client = sign_in("Operations")

    page = client.get("/admin/orders/order/?stage__exact=validation").content.decode()

    assert f'href="{EXPORT}?stage__exact=validation"' in page


@pytest.mark.parametrize("label", sorted(exports.CONTENTS))
def test_export_of_each_list_names_columns_that_exist(label, db):
    for what in exports.contents(label):
        assert list(exports._rows([1], what)) == []


@pytest.mark.parametrize("label", sorted(exports.CONTENTS))
def test_export_page_of_each_list_opens_and_its_button_stands_over_the_list(
    label, db, client, settings
):
    settings.OMS_REQUIRE_MFA = False
    client.force_login(User.objects.create_superuser("root"))

    page = client.get(f"/admin/export/{label}/")
    over = client.get(f"/admin/{label.replace('.', '/')}/")

    assert (page.status_code, over.status_code) == (200, 200)
    lists = (
        f"/admin/{label.replace('.', '/')}/export/"  # of products: a file to edit and bring back
    )
    own = getattr(site.get_model_admin(apps.get_model(label)), "has_own_export", False)
    assert f'href="{lists if own else f"/admin/export/{label}/"}' in over.content.decode()


def test_chunks_go_on_after_the_last_key(placed, monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 1)
    user = User.objects.create_superuser("root")
    rows = exports.listed("orders.order", "", user)

    pieces = list(exports.chunks(rows, exports.ORDERS))

    assert [taken for taken, _ in pieces] == [1, 1]
    assert [piece[0][0] for _, piece in pieces] == [order.number for order in placed]


def test_excel_goes_on_in_a_second_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr("reporting.adapters.files.ROWS_A_SHEET", 2)
    path = tmp_path / "x.xlsx"
    file = XlsxFile(path, ["N"])

    file.write([[n] for n in range(3)])
    file.close()

    book = load_workbook(path)
    sheets = [[row[0] for row in sheet.values] for sheet in book]
    assert sheets == [["N", 0, 1], ["N", 2]]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "=HYPERLINK(1)"])
def test_files_show_text_that_could_run(tmp_path, text):
    path = tmp_path / "x.csv"
    file = CsvFile(path, ["T", "N"])
    file.write([[text, Decimal("-1.50")]])
    file.close()
    book = XlsxFile(tmp_path / "x.xlsx", ["T"])
    book.write([[text]])
    book.close()

    [row] = list(csv.reader(path.open(encoding="utf-8-sig", newline="")))[1:]
    assert row == [f"'{text}", "-1.50"]
    cell = load_workbook(tmp_path / "x.xlsx").active["A2"]
    assert cell.data_type == "s"


def test_files_leave_out_signs_that_excel_cannot_hold(tmp_path):
    book = XlsxFile(tmp_path / "x.xlsx", ["T"])
    book.write([["a\x00b\x1f"], [datetime(2026, 1, 1, tzinfo=UTC)]])
    book.close()

    values = [row[0] for row in load_workbook(tmp_path / "x.xlsx").active.values]
    assert values == ["T", "ab", datetime(2026, 1, 1)]  # noqa: DTZ001 (sheets know no zones)


def test_ledger_sets_money_beside_documents(placed, sign_in):
    orders.record_capture(placed[0], by=world.BY, method="manual", amount=Decimal("20.10"))
    client = sign_in("Finance")

    answer = client.post(
        "/admin/reports/ledger/", {"first": "2020-01-01", "last": "2099-12-31", "form": "csv"}
    )
    drain()

    job = Job.objects.get()
    assert (answer.status_code, job.state) == (302, JobState.DONE)
    rows = [row for row in csv_rows(job) if row["Received"]]
    assert [(row["Order"], row["Currency"], row["Received"], row["Invoiced"]) for row in rows] == [
        (placed[0].number, "GBP", "20.10", "")
    ]


def test_cover_writes_every_product(placed, sign_in):
    answer = sign_in("Finance").post("/admin/reports/stock/export/", {"days": "90"})
    drain()

    job = Job.objects.get()
    assert (answer.status_code, job.state, job.params["days"]) == (302, JobState.DONE, 90)
    titles, *rows = sheet_rows(job)
    assert [row[titles.index("SKU")] for row in rows] == ["MUG"]
    assert rows[0][titles.index("On hand")] == 50


def test_cover_is_started_by_a_button_alone(placed, sign_in):
    assert sign_in("Finance").get("/admin/reports/stock/export/").status_code == 405
    assert Job.objects.count() == 0


def test_ledger_refuses_a_period_that_ends_before_it_begins(placed, sign_in):
    page = sign_in("Finance").post(
        "/admin/reports/ledger/", {"first": "2026-02-01", "last": "2026-01-01", "form": "csv"}
    )

    assert page.status_code == 200
    assert "The last day comes before the first." in page.content.decode()
    assert Job.objects.count() == 0


def test_ledger_is_closed_to_the_warehouse(placed, sign_in):
    assert sign_in("Warehouse").get("/admin/reports/ledger/").status_code == 403


def test_export_of_many_orders_is_told_as_it_goes(placed, sign_in):
    job = run(sign_in("Operations"), EXPORT)

    assert (job.done, job.total) == (Order.objects.count(), Order.objects.count())
