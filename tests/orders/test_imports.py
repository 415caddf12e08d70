"""Files of orders as batches: sealed, reported, mended, read again, undone, forgotten."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from compliance.operations import privacy
from oms import dispatch, jobs
from oms.models import Event, Job, User
from orders import operations
from orders.models import ImportBatch, ImportedOrder, Order
from tests.factories import BY, shop, stocked, warehouse

pytestmark = pytest.mark.django_db
HEADER = [
    "external_id",
    "sku",
    "quantity",
    "unit_price",
    "name",
    "email",
    "line1",
    "city",
    "postcode",
    "country",
]
ADA = ["Ada Byron", "ada@example.com", "12 St James's Square", "London", "SW1Y 4JH", "GB"]
GOOD = ["A1", "MUG", "1", "10.00", *ADA]
BAD = ["A2", "MUG", "two", "10.00", *ADA]
BAD_TOO = ["A2", "PEN", "1", "2.00", *ADA]


@pytest.fixture
def channel(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    stocked("MUG", warehouse(), 50)
    stocked("PEN", warehouse("LDS"), 50)
    return shop(duplicate_window_minutes=0, auto_release=False)


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


def as_csv(*rows, delimiter=","):
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows([HEADER, *rows])
    return text.getvalue().encode()


def as_xlsx(*rows):
    book, file = Workbook(), BytesIO()
    for row in [HEADER, *rows]:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def as_json(*external_ids, quantity=1):
    address = {"name": "Ada Byron", "line1": "12 St James's Square", "city": "London"}
    return [
        {
            "external_id": external_id,
            "currency": "GBP",
            "customer": {"name": "Ada Byron", "email": "ada@example.com"},
            "shipping_address": address | {"postcode": "SW1Y 4JH", "country": "GB"},
            "lines": [{"sku": "MUG", "quantity": quantity, "unit_price": "10.00"}],
        }
        for external_id in external_ids
    ]


def send(client, channel, content, **fields):
    """Upload a file and have a worker read it; the import as it is then."""
    file = SimpleUploadedFile("Orders of Ada Byron.csv", content)
    form = {"file": file, "channel": channel.pk, "profile": "default", **fields}
    response = client.post(reverse("admin:orders_import"), form)
    batch = ImportBatch.objects.latest("pk")
    assert response.url == url(batch, "change")
    dispatch.drain()
    batch.refresh_from_db()
    return batch


def url(batch, name, *more):
    return reverse(f"admin:orders_importbatch_{name}", args=[batch.pk, *more])


def press(client, batch, act):
    client.post(url(batch, "act", act), {"act": act})
    dispatch.drain()
    batch.refresh_from_db()
    return batch


def to_mend(client, batch):
    return b"".join(client.get(url(batch, "failed")).streaming_content)


def placed():
    return sorted(Order.objects.values_list("external_id", flat=True))


def test_import_places_whole_orders_and_says_of_the_others_why(ben, channel):
    batch = send(ben, channel, as_csv(GOOD, BAD, BAD_TOO))

    assert placed() == ["A1"]
    assert [row.order.external_id for row in ImportedOrder.objects.filter(batch=batch)] == ["A1"]
    assert (batch.known, batch.failed, batch.left_out, batch.rows) == (0, 0, 2, 1)
    page = ben.get(url(batch, "change")).content.decode()
    assert "The quantity is not a whole number." in page
    assert "Not placed until its rows can all be used; look at row 3." in page
    assert "Ada" not in page


def test_upload_lies_sealed_and_goes_once_all_of_it_is_placed(
    ben, channel, django_capture_on_commit_callbacks
):
    kept = send(ben, channel, as_csv(BAD))
    with default_storage.open(kept.upload) as file:
        sealed = file.read()
    assert b"Ada" not in sealed
    assert b"Ada" not in json.dumps(kept.job.params).encode()

    with django_capture_on_commit_callbacks(execute=True):
        gone = send(ben, channel, as_csv(GOOD))

    assert gone.upload == ""
    assert default_storage.listdir("imports")[1] == [kept.upload.rpartition("/")[2]]
    assert Event.objects.filter(name="import.upload_forgotten").get().subject_id == gone.pk


def test_what_was_left_out_is_mended_and_sent_again(ben, channel):
    batch = send(ben, channel, as_csv(GOOD, BAD, BAD_TOO, delimiter=";"))

    rows = list(csv.reader(StringIO(to_mend(ben, batch).decode("utf-8-sig")), delimiter=";"))

    assert rows[0] == [*HEADER, "import_error"]
    assert [row[:4] for row in rows[1:]] == [BAD[:4], BAD_TOO[:4]]
    assert rows[1][-1] == "bad_quantity: The quantity is not a whole number."
    assert Event.objects.filter(name="import.failed_rows_read").count() == 1
    rows[1][2] = "2"
    text = StringIO()
    csv.writer(text, delimiter=";").writerows(rows)

    again = send(ben, channel, text.getvalue().encode())

    assert (again.left_out, placed()) == (0, ["A1", "A2"])


def test_what_was_left_out_of_a_spreadsheet_comes_back_as_one(ben, channel):
    batch = send(ben, channel, as_xlsx(GOOD, ["=A2", *BAD[1:]]))

    rows = list(load_workbook(BytesIO(to_mend(ben, batch))).active.iter_rows())

    assert (batch.form, placed()) == ("xlsx", ["A1"])
    assert (rows[0][0].value, rows[0][0].data_type) == ("external_id", "s")
    assert batch.left_out == 1  # a formula without a value names no order


def test_orders_of_a_json_file_are_placed_and_given_back(ben, channel):
    sent = [*as_json("J1"), *as_json("J2", quantity=0)]

    batch = send(ben, channel, json.dumps({"orders": sent}).encode())

    assert (batch.form, placed(), batch.left_out) == ("json", ["J1"], 1)
    wrong = json.loads(to_mend(ben, batch))
    assert [row["external_id"] for row in wrong] == ["J2"]
    assert wrong[0]["import_error"].startswith("invalid: /lines/0/quantity")
    wrong[0]["lines"][0]["quantity"] = 1
    lines = b"\n".join(json.dumps(row).encode() for row in wrong)
    send(ben, channel, lines)
    assert placed() == ["J1", "J2"]


def test_dry_run_places_nothing_and_is_placed_from_its_page(ben, channel):
    batch = send(ben, channel, as_csv(GOOD), dry_run="on")
    assert (batch.would_place, placed(), bool(batch.upload)) == (1, [], True)

    press(ben, batch, "place")

    assert (batch.would_place, placed(), batch.orders.count()) == (0, ["A1"], 1)


def test_file_read_again_places_nothing_twice(ben, channel):
    batch = send(ben, channel, as_csv(GOOD, BAD))

    press(ben, batch, "retry")

    assert (batch.known, placed(), batch.orders.count()) == (0, ["A1"], 1)


def test_import_killed_in_the_middle_goes_on(ben, channel, monkeypatch):
    monkeypatch.setattr("orders.adapters.tabular.loading.MOST_ORDERS", 1)
    real, calls = operations.place_imported, []

    def dies(batch, sales, **given):
        calls.append(sales[0].external_id)
        result = real(batch, sales, **given)
        if calls == ["A1", "A3"]:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(operations, "place_imported", dies)
    batch = operations.begin_import(
        channel, BytesIO(as_csv(GOOD, ["A3", *GOOD[1:]])),
        by=BY, form="csv", profile="default", dry_run=False,
    )  # fmt: skip
    with pytest.raises(KeyboardInterrupt):
        jobs.run.call(batch.job.pk)
    assert operations.is_running(batch)

    jobs.run.call(batch.job.pk)

    batch.refresh_from_db()
    assert (placed(), batch.orders.count(), batch.job.state) == (["A1", "A3"], 2, "done")
    told = batch.job.results[-1]["message"]
    assert (batch.known, told[:58]) == (
        0,
        "0 orders placed (0 on hold), 2 by an earlier reading of th",
    )


def test_undo_cancels_what_can_be_cancelled_and_says_what_cannot_and_why(ben, channel):
    batch = send(ben, channel, as_csv(GOOD, ["A3", *GOOD[1:]], BAD))
    first, second = Order.objects.order_by("pk")
    operations.release(first, by=BY)

    press(ben, batch, "undo")

    assert [(row.label, row.state, row.message) for row in batch.undo.rows.order_by("pk")] == [
        (first.number, "refused", "A location works on it, or it has left; recall it first."),
        (second.number, "done", f"{second.number} is cancelled; its total fell by £10.00."),
    ]
    second.refresh_from_db()
    assert second.status == "cancelled"
    assert second.cancellations.get().note == f"Import {batch.number} undone"
    assert f'{reverse("admin:oms_job_change", args=[batch.undo_id])}"' in (
        ben.get(url(batch, "change")).content.decode()
    )


def test_page_tells_rows_in_order_and_what_became_of_them(ben, channel):
    lost = ["A3", "NONE", "x", "10.00", *ADA]
    batch = send(ben, channel, as_csv(GOOD, BAD, BAD_TOO, lost))
    assert (batch.job.done, batch.job.total) == (4, 4)

    page = ben.get(url(batch, "change"))
    rows = [row["row"].partition(":")[0] for row in page.context["findings"]]
    assert rows == ["Row 3", "Row 3", "Row 5", "Whole file"]
    assert "placed since" not in page.content.decode()
    send(ben, channel, as_csv(["A2", "MUG", "2", "10.00", *ADA]))

    page = ben.get(url(batch, "change")).content.decode()
    assert "1 order that was left out here is placed since." in page
    assert f"Placed since as {Order.objects.get(external_id='A2').number}" in page

    press(ben, batch, "undo")

    page = ben.get(url(batch, "change")).content.decode()
    assert "1 of 1 orders are cancelled." in page
    assert "Undo this import" not in page
    assert "Try again" not in page


def test_dry_run_stays_as_it_was_chosen_last(ben, channel):
    def chosen():
        return ben.get(reverse("admin:orders_import")).context["form"]["dry_run"].value()

    assert chosen() is True
    send(ben, channel, as_csv(GOOD))
    assert chosen() is False
    send(ben, channel, as_csv(GOOD), dry_run="on")
    assert chosen() is True


def test_command_leaves_a_batch_that_can_be_undone(ben, channel, tmp_path):
    path = tmp_path / "orders.csv"
    path.write_bytes(as_csv(GOOD))

    call_command("import_orders", str(path), channel=channel.code, report=tmp_path / "r.csv")

    batch = ImportBatch.objects.get()
    assert (batch.upload, batch.created_by) == ("", "command:import_orders")
    assert ben.get(url(batch, "change")).context["batch"].placed == 1
    press(ben, batch, "undo")
    assert Order.objects.get().status == "cancelled"


@pytest.mark.parametrize("how", ["by age", "by erasure", "by a person"])
def test_upload_is_forgotten(ben, channel, how, django_capture_on_commit_callbacks):
    batch = send(ben, channel, as_csv(GOOD, BAD))
    assert default_storage.exists(batch.upload)

    with django_capture_on_commit_callbacks(execute=True):
        if how == "by age":
            week = timezone.now() - timedelta(days=8)
            ImportBatch.objects.update(created_at=week)
            assert operations.forget_old_uploads() == 1
        elif how == "by erasure":
            privacy.erase_subject(Order.objects.get().subject, by=BY, reason="asked for it")
            dispatch.drain()
        else:
            press(ben, batch, "forget")

    batch.refresh_from_db()
    assert batch.upload == ""
    assert default_storage.listdir("imports")[1] == []
    assert ben.get(url(batch, "failed")).status_code == 404
    with pytest.raises(operations.UploadGone):
        operations.read_again(batch, by=BY)


def test_what_was_left_out_is_for_those_who_may_read_personal_data(ben, channel):
    batch = send(ben, channel, as_csv(BAD))
    user = User.objects.get(username="ben")
    user.groups.clear()
    auditor = Group.objects.get(name="Auditor")
    user.groups.add(auditor)

    assert ben.get(url(batch, "change")).status_code == 200
    assert ben.get(url(batch, "failed")).status_code == 403
    assert ben.post(url(batch, "act", "retry"), {"act": "retry"}).status_code == 403
    assert Job.objects.count() == 1


def test_list_of_imports_says_what_waits_for_somebody(ben, channel):
    first = send(ben, channel, as_csv(GOOD, BAD))
    send(ben, channel, as_csv(GOOD))

    page = ben.get(reverse("admin:orders_importbatch_changelist")).content.decode()
    number = first.number.lower()  # as somebody may type it
    orders = ben.get(f"{reverse('admin:orders_order_changelist')}?import={number}")

    assert page.count("Rows left out") == 1
    assert orders.context["cl"].result_count == 1
