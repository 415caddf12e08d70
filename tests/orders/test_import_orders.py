"""Importing files by the command: once, twice, dry."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from inventory.models import Product
from oms.models import Event
from orders import operations
from orders.adapters import tabular
from orders.adapters.tabular import loading
from orders.adapters.tabular.findings import Report
from orders.management.commands import import_orders
from orders.models import Cancellation, Hold, Order, OrderLine
from tests import factories

pytestmark = pytest.mark.django_db
UCI = Path(__file__).parent / "data" / "uci.csv"
HEADER = "external_id,placed_at,sku,quantity,unit_price,name,email,line1,city,postcode,country"
ADA = "Ada Byron,ada@example.com,12 St James's Square,London,SW1Y 4JH,GB"


def run(path, tmp_path, *options, profile="uci-online-retail"):
    report = tmp_path / "report.csv"
    call_command(
        "import_orders",
        str(path),
        *("--channel", "shop", "--profile", profile, "--report", str(report)),
        *options,
    )
    with report.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def counts():
    return (
        Order.objects.count(),
        OrderLine.objects.count(),
        Product.objects.count(),
        Cancellation.objects.count(),
        Event.objects.exclude(name__startswith="import.").count(),
    )


def orders(tmp_path, *rows):
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_import_places_good_rows_and_reports_the_others(tmp_path):
    factories.shop()

    report = run(UCI, tmp_path)

    assert sorted(Order.objects.values_list("external_id", flat=True)) == [
        "536365",
        "536370",
        "536488",
        "536544",
    ]
    assert OrderLine.objects.count() == Product.objects.count() == 12
    assert [(row["row"], row["external_id"], row["code"]) for row in report] == [
        ("12", "536370", "charge"),
        ("13", "C536379", "charge_credit"),
        ("14", "C536383", "credit_unmatched"),
        ("15", "536414", "zero_price"),
        ("19", "536544", "charge"),
        ("20", "536589", "negative_quantity"),
        ("21", "C537600", "not_sold"),
    ]


def test_import_takes_back_the_units_of_a_credit(tmp_path):
    factories.shop()

    run(UCI, tmp_path)

    line = OrderLine.objects.get(order__external_id="536488")
    assert (line.quantity, line.cancelled) == (8, 6)
    assert Cancellation.objects.get().note == "C536506"


def test_import_of_shipped_units_announces_their_return(tmp_path):
    factories.shop()
    london = factories.warehouse()
    factories.stocked("22960", london, 100)

    run(UCI, tmp_path)

    event = Event.objects.get(name="order.return_announced")
    line = OrderLine.objects.get(order__external_id="536488")
    assert line.released == 8
    assert event.facts["reference"] == "C536506"
    assert event.facts["lines"] == [[line.pk, 6]]
    assert event.actor == "command:import_orders"


def test_import_twice_places_and_credits_nothing_twice(tmp_path):
    factories.shop()
    factories.stocked("22960", factories.warehouse(), 100)
    first = run(UCI, tmp_path)
    before = counts()

    second = run(UCI, tmp_path)

    assert counts() == before
    assert second == first


def test_import_of_a_credit_finds_sales_of_an_earlier_file(tmp_path):
    factories.shop()
    rows = UCI.read_text().splitlines(keepends=True)
    sales, credits_ = tmp_path / "sales.csv", tmp_path / "credits.csv"
    sales.write_text("".join(row for row in rows if not row.startswith("C5")))
    credits_.write_text("".join(row for row in rows if row.startswith(("Inv", "C5"))))
    run(sales, tmp_path)

    run(credits_, tmp_path)
    run(credits_, tmp_path)

    assert OrderLine.objects.get(order__external_id="536488").cancelled == 6
    assert Cancellation.objects.count() == 1


def test_import_dry_run_reports_the_same_and_writes_nothing(tmp_path):
    factories.shop()
    before = counts()

    dry = run(UCI, tmp_path, "--dry-run")

    assert counts() == before
    assert run(UCI, tmp_path) == dry


def test_import_same_id_with_other_content_is_refused_and_reported(tmp_path):
    factories.shop()
    factories.product("MUG")
    run(orders(tmp_path, f"A-1,2026-11-20,MUG,1,4,{ADA}"), tmp_path, profile="default")
    before = counts()

    report = run(orders(tmp_path, f"A-1,2026-11-20,MUG,2,4,{ADA}"), tmp_path, profile="default")

    assert [(row["level"], row["code"]) for row in report] == [("left out", "external_id_reused")]
    assert counts() == before


def test_import_holds_what_a_person_can_put_right(tmp_path):
    factories.shop()

    report = run(orders(tmp_path, f"A-1,2026-11-20,CUP,1,4,{ADA}"), tmp_path, profile="default")

    assert [(row["level"], row["code"]) for row in report] == [("held", "unknown_sku")]
    assert Hold.objects.get().kind == "unknown_sku"
    assert not Product.objects.exists()


def test_import_creates_products_when_told_to(tmp_path):
    factories.shop()
    path = orders(tmp_path, f"A-1,2026-11-20,CUP,1,4,{ADA}")

    report = run(path, tmp_path, "--create-products", profile="default")

    assert report == []
    assert Event.objects.filter(name="product.created").count() == 1


def test_import_keeps_names_out_of_report_and_events(tmp_path):
    factories.shop()

    run(orders(tmp_path, f"A-1,2026-11-20,CUP,1,4,{ADA}"), tmp_path, profile="default")

    told = (tmp_path / "report.csv").read_text() + str(list(Event.objects.values_list("facts")))
    assert "Ada" not in told
    assert "ada@" not in told


def test_import_into_unknown_channel_is_refused(tmp_path):
    with pytest.raises(CommandError, match="There is no channel shop; there are: none yet"):
        run(UCI, tmp_path)


def test_import_of_missing_file_is_refused(tmp_path):
    factories.shop()

    with pytest.raises(CommandError, match="cannot be read"):
        run(tmp_path / "none.csv", tmp_path)

    assert Order.objects.count() == 0


def test_import_strict_fails_when_rows_were_left_out(tmp_path):
    factories.shop()

    with pytest.raises(CommandError) as refusal:
        run(UCI, tmp_path, "--strict")

    assert refusal.value.returncode == 3
    assert Order.objects.count() == 4


def test_upload_without_permission_is_refused(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("cora", is_staff=True))

    assert client.get(reverse("admin:orders_import")).status_code == 403


def test_upload_page_names_the_columns(admin_client):
    page = admin_client.get(reverse("admin:orders_import")).content.decode()

    assert "external_id" in page
    assert "UCI Online Retail" in page
    assert page.count(">needed<") == 4
    assert 'import-sample.csv" download' in page
    assert "unit_price: unit_price, price" in import_orders.HELP


def test_a_rule_switched_on_during_an_import_counts_from_the_next_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "MOST_ORDERS", 1)
    rows = [f"A-{at},2026-11-20 09:30,MUG,2,4.50,{ADA}" for at in range(3)]
    hold = {"do": "hold", "kind": "review", "reason": "Look"}
    drafted = operations.draft_rule("All", operations.Wording("placing", [hold]), by="user:1")
    factories.stocked("MUG", factories.warehouse(), 50)

    def switch_on(_row):
        if Order.objects.count() == 1 and drafted.rule.versions.filter(state="draft").exists():
            operations.activate_rule(drafted, by="user:1", may=lambda _right: True)

    loading.load(
        orders(tmp_path, *rows),
        factories.shop(duplicate_window_minutes=0),
        tabular.read_profile("default"),
        Report(tmp_path / "report.csv"),
        by="user:1",
        way=loading.Way(progress=switch_on),
    )

    assert [order.holds.count() for order in Order.objects.order_by("pk")] == [0, 1, 1]
