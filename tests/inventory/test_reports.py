"""What a warehouse system says it has: differences become movements, dated back."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from inventory import operations as inventory
from inventory.models import InventoryReport, StockLevel, StockMovement
from inventory.queries import Stated, preview_report
from inventory.queries.moments import stock_at
from oms import keys
from oms.models import User
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def london():
    place = world.warehouse()
    for sku, units in (("MUG", 10), ("CUP", 5), ("POT", 3)):
        world.stocked(sku, place, units)
    return place


def stated(*rows):
    return [Stated(number, *row) for number, row in enumerate(rows, start=2)]


def posted(location, *rows, reference="R1", **more):
    report = inventory.draft_report(location, stated(*rows), by=BY, reference=reference, **more)
    return preview_report(inventory.post_report(report, by=BY))


def level(sku):
    return StockLevel.objects.get(product__sku=sku)


def on_hand(sku):
    return level(sku).on_hand


def set_apart(sku, units):
    place = level(sku)
    why = inventory.Why("transit-damage", "Wet")
    inventory.quarantine(place.product, place.location, units, by=BY, why=why)


def outcomes(results):
    return [(row.sku, row.outcome, row.book, row.posted) for row in results]


def test_differences_become_counted_movements_and_the_rest_stays(london):
    results = posted(london, ("MUG", 12), ("CUP", 4), ("POT", 3))

    assert outcomes(results) == [
        ("MUG", "posted", 10, 2),
        ("CUP", "posted", 5, -1),
        ("POT", "same", 3, 0),
    ]
    moved = StockMovement.objects.filter(kind="counted").order_by("pk")
    report = InventoryReport.objects.get()
    assert [(row.quantity, row.reference) for row in moved] == [
        (2, report.number),
        (-1, report.number),
    ]
    assert (on_hand("MUG"), on_hand("CUP"), on_hand("POT")) == (12, 4, 3)
    assert_ledgers_hold()


def test_preview_says_what_posting_would_do_and_moves_nothing(london):
    before = list(StockLevel.objects.order_by("pk").values())
    report = inventory.draft_report(london, stated(("MUG", 12)), by=BY, reference="R1")

    seen = preview_report(report)

    assert list(StockLevel.objects.order_by("pk").values()) == before
    assert seen == preview_report(inventory.post_report(report, by=BY))


def test_bad_rows_are_refused_with_their_line_and_the_good_ones_go_in(london):
    tracked = world.product("PILL", tracking="lot")
    results = posted(
        london,
        ("MUG", 11),
        ("NO-SUCH", 4),
        ("MUG", 9),
        ("CUP", -1),
        (tracked.sku, 1),
        ("POT", 1, "lost"),
        ("POT", 10_000_001),
    )

    refused = {row.row: row.message for row in results if row.outcome == "refused"}
    assert refused == {
        3: "There is no product NO-SUCH.",
        4: "Row 2 has said something of it already.",
        5: "The quantity is no whole number of units.",
        6: "PILL is kept by lot; have it counted.",
        7: "lost is no condition; there are available, quarantined, damaged.",
        8: "More than 10,000,000 units: the quantity is in another column, or mistyped.",
    }
    assert (on_hand("MUG"), on_hand("CUP"), on_hand("POT")) == (11, 5, 3)


def test_what_moved_since_the_report_stays_moved(london):
    then = timezone.now()
    with time_machine.travel(then + timedelta(hours=1), tick=False):
        inventory.receive(level("MUG").product, london, 7, by=BY, reference="DN1")
    with time_machine.travel(then + timedelta(hours=2), tick=False):
        results = posted(london, ("MUG", 9), as_of=then + timedelta(minutes=1))

    assert outcomes(results) == [("MUG", "posted", 10, -1)]
    assert on_hand("MUG") == 16
    moment = stock_at([level("MUG").pk], then + timedelta(minutes=1))[level("MUG").pk]
    assert (moment.on_hand, moment.corrected) == (10, 9)


def test_a_late_report_of_a_corrected_moment_corrects_it_once(london):
    then = timezone.now()
    with time_machine.travel(then + timedelta(hours=1), tick=False):
        posted(london, ("MUG", 9), as_of=then)
        again = posted(london, ("MUG", 9), as_of=then, reference="R2")
    assert outcomes(again) == [("MUG", "same", 9, 0)]
    assert on_hand("MUG") == 9


def test_a_corrected_moment_is_corrected_once_in_every_condition(london):
    set_apart("MUG", 2)
    then = timezone.now()
    row = ("MUG", 5, "quarantined")
    with time_machine.travel(then + timedelta(hours=1), tick=False):
        first = posted(london, row, as_of=then)
        again = posted(london, row, as_of=then, reference="R2")

    assert outcomes(first) == [("MUG", "posted", 2, 3)]
    assert outcomes(again) == [("MUG", "same", 5, 0)]
    assert level("MUG").quarantined == 5


def test_reserved_units_are_left_and_their_orders_named(london):
    order = world.place(world.shop(), ("MUG", 8))

    [result] = posted(london, ("MUG", 5))

    assert (result.outcome, result.book, result.posted) == ("short", 10, -2)
    assert result.sentence == (
        f"3 more are missing that are reserved for orders; re-route those. Orders: {order.number}."
    )
    assert (on_hand("MUG"), level("MUG").reserved) == (8, 8)
    assert_ledgers_hold()


def test_a_complete_report_says_that_what_it_does_not_name_is_gone(london):
    results = posted(london, ("MUG", 10), complete=True, as_of=timezone.now())

    assert sorted(outcomes(results)) == [
        ("CUP", "posted", 5, -5),
        ("MUG", "same", 10, 0),
        ("POT", "posted", 3, -3),
    ]
    assert on_hand("CUP") == 0


def test_a_complete_report_takes_what_it_does_not_name_in_every_condition(london):
    set_apart("CUP", 2)
    set_apart("MUG", 1)
    results = posted(london, ("MUG", 9), ("POT", 3), complete=True, as_of=timezone.now())

    changed = [(row.sku, row.condition, row.posted) for row in results if row.posted]
    assert changed == [("CUP", "available", -3), ("CUP", "quarantined", -2)]
    assert level("MUG").quarantined == 1  # the report tells no conditions apart of what it names


def test_a_complete_report_that_tells_conditions_apart_means_all_of_them(london):
    set_apart("CUP", 2)
    set_apart("MUG", 1)
    rows = [("MUG", 9), ("MUG", 1, "quarantined"), ("POT", 3), ("CUP", 3)]
    results = posted(london, *rows, complete=True, as_of=timezone.now())
    changed = [(row.sku, row.condition, row.posted) for row in results if row.posted]
    assert changed == [("CUP", "quarantined", -2)]


def test_a_complete_report_asks_for_its_moment_once(london, django_assert_num_queries):
    for number in range(3):
        world.stocked(f"SKU{number}", london, 1)
    report = inventory.draft_report(
        london,
        stated(("MUG", 10)),
        by=BY,
        reference="R1",
        as_of=timezone.now(),
        complete=True,
    )
    with django_assert_num_queries(4):  # products, levels, safety stock then, figures then
        assert len(preview_report(report)) == 6


def test_a_complete_report_with_a_refused_row_or_without_its_moment_wipes_nothing(london):
    with pytest.raises(inventory.ReportNotPossible, match="not posted"):
        posted(london, ("mug", 10), complete=True, as_of=timezone.now())
    with pytest.raises(inventory.ReportNotPossible, match="which moment"):
        posted(london, ("MUG", 10), complete=True, reference="R2")
    assert (on_hand("MUG"), on_hand("CUP"), on_hand("POT")) == (10, 5, 3)


def test_conditions_are_compared_each_by_itself(london):
    set_apart("MUG", 2)
    results = posted(london, ("MUG", 8), ("MUG", 3, "quarantined"))
    assert outcomes(results) == [("MUG", "same", 8, 0), ("MUG", "posted", 2, 1)]


def test_the_same_report_twice_posts_once_and_another_one_of_its_name_is_refused(london):
    first = posted(london, ("MUG", 12))
    again = posted(london, ("MUG", 12))
    assert (again, on_hand("MUG")) == (first, 12)

    with pytest.raises(inventory.ReportReused):
        posted(london, ("MUG", 13))
    with pytest.raises(inventory.ReportReused):
        posted(london, ("MUG", 12), as_of=timezone.now() - timedelta(days=1))
    assert on_hand("MUG") == 12


def test_no_report_of_the_future_without_rows_or_of_a_discarded_one(london):
    with pytest.raises(inventory.ReportNotPossible):
        posted(london, ("MUG", 1), as_of=timezone.now() + timedelta(hours=1))
    with pytest.raises(inventory.ReportNotPossible):
        posted(london)
    report = inventory.draft_report(london, stated(("MUG", 1)), by=BY, reference="R1")
    inventory.discard_report(report, by=BY)
    with pytest.raises(inventory.ReportDecided):
        inventory.post_report(report, by=BY)
    assert on_hand("MUG") == 10


def test_waiting_orders_are_served_from_what_a_report_found(london):
    from oms.dispatch import drain

    order = world.place(world.shop(), ("POT", 5))
    posted(london, ("POT", 5))
    drain(webhooks=False)
    assert order.lines.get().allocated == 5


# --- Doors ------------------------------------------------------------------------------------


def test_api_posts_tries_and_repeats(london, client):
    world.shop()
    key = keys.create("WMS", channel="", scopes=["stock:write"])[1]
    sent = {"location": "LON", "reference": "W1", "rows": [{"sku": "MUG", "quantity": 12}]}

    def send(**more):
        return client.post(
            "/api/v1/stock/reports/",
            json.dumps(sent | more),
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )

    tried = send(dry_run=True)
    told = tried.json()
    assert (tried.status_code, told["counted"], on_hand("MUG")) == (200, {"would_post": 1}, 10)
    assert [(row["outcome"], row["posted"]) for row in told["results"]] == [("would_post", 2)]
    done = send()
    assert (done.status_code, done.json()["results"][0]["posted"], on_hand("MUG")) == (201, 2, 12)
    assert done.json()["counted"] == {"posted": 1}
    assert send().json() == done.json()
    assert send(rows=[{"sku": "MUG", "quantity": 1}]).status_code == 409
    assert send(location="NO").status_code == 404
    number = done.json()["number"]
    shown = client.get(
        f"/api/v1/stock/reports/{number}/", headers={"Authorization": f"Api-Key {key}"}
    )
    assert shown.json() == done.json()


def test_api_names_to_a_channels_key_no_orders_of_other_channels(london, client):
    theirs = world.place(world.shop("other"), ("MUG", 4), external_id="1")
    ours = world.place(world.shop("shop"), ("MUG", 4), external_id="2", customer=world.CORA)
    sent = {"location": "LON", "reference": "W1", "rows": [{"sku": "MUG", "quantity": 1}]}

    def orders_seen(channel):
        key = keys.create("WMS", channel=channel, scopes=["stock:write"])[1]
        answer = client.post(
            "/api/v1/stock/reports/",
            json.dumps(sent | {"dry_run": True}),
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        assert (theirs.number in answer.content.decode()) == (not channel)
        return answer.json()["results"][0]["orders"]

    assert orders_seen("shop") == [ours.number]
    assert sorted(orders_seen("")) == sorted([theirs.number, ours.number])


def run(*arguments):
    out = StringIO()
    code = 0
    try:
        call_command("import_stock", *arguments, stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_command_reads_a_file_tells_bad_rows_and_repeats_nothing(london, tmp_path):
    file, report = tmp_path / "stock.csv", tmp_path / "results.csv"
    file.write_text("Item;On hand\nMUG;12.0\nCUP;\u00b2\nNO-SUCH;1\n")

    code, text = run(str(file), "--location", "LON", "--dry-run")
    assert (code, on_hand("MUG")) == (3, 10)
    assert "row 3: CUP: The quantity is no whole number of units." in text

    code, text = run(str(file), "--location", "LON", "--report", str(report))
    assert (code, on_hand("MUG")) == (3, 12)
    assert "1 posted, 2 refused; 2 units moved" in text
    assert len(report.read_text().splitlines()) == 4
    code, text = run(str(file), "--location", "LON")
    assert (code, on_hand("MUG")) == (3, 12)
    number = InventoryReport.objects.get().number
    assert f"{number} was posted before by this reference; this came of it:" in text


def test_the_same_file_of_another_day_is_another_report(london, tmp_path):
    file, today = tmp_path / "stock.csv", timezone.now()
    file.write_text("sku,qty\nMUG,12\n")
    run(str(file), "--location", "LON")
    with time_machine.travel(today + timedelta(days=1), tick=False):
        inventory.receive(level("MUG").product, london, 1, by=BY)
        run(str(file), "--location", "LON")
        assert on_hand("MUG") == 12
        run(str(file), "--location", "LON", "--as-of", today.isoformat())
    assert InventoryReport.objects.count() == 3


def test_command_says_what_it_cannot_read(london, tmp_path):
    file = tmp_path / "stock.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="Columns missing: sku, quantity"):
        run(str(file), "--location", "LON")
    with pytest.raises(CommandError, match="no location"):
        run(str(file), "--location", "NOWHERE")
    for moment in ("2026-02-30T10:00:00Z", "yesterday"):
        with pytest.raises(CommandError, match="no time such as"):
            run(str(file), "--location", "LON", "--as-of", moment)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="no CSV or XLSX file"):
        run(str(file), "--location", "LON")


def test_page_shows_the_differences_before_they_are_posted(london, client, settings):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("wanda", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    world.place(world.shop(), ("POT", 3))
    file = SimpleUploadedFile("stock.csv", b"sku,quantity\nMUG,12\nNO-SUCH,1\nPOT,1\n")

    upload = reverse("admin:inventory_inventoryreport_list_act", args=["upload"])
    sent = {"act": "upload", "location": london.pk, "file": file}
    page = client.post(upload, sent, follow=True).content.decode()
    assert "What posting would do" in page
    assert "There is no product NO-SUCH." in page
    assert on_hand("MUG") == 10

    report = InventoryReport.objects.get()
    post = reverse("admin:inventory_inventoryreport_act", args=[report.pk, "post"])
    page = client.post(post, {"act": "post"}, follow=True).content.decode()
    assert "2 rows could not be posted whole" in page
    assert on_hand("MUG") == 12

    file.seek(0)
    page = client.post(upload, sent, follow=True).content.decode()
    assert f"{report.number} has this reference and is posted; nothing is posted twice." in page


def test_the_list_of_reports_reads_none_of_their_rows(london, admin_client, settings):
    settings.OMS_REQUIRE_MFA = False
    posted(london, ("MUG", 12), ("CUP", 5))
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get(reverse("admin:inventory_inventoryreport_changelist"))
    assert page.status_code == 200
    own = [query["sql"] for query in asked if 'FROM "inventory_inventoryreport"' in query["sql"]]
    assert own
    assert not any('"rows"' in sql or '"results"' in sql for sql in own)
