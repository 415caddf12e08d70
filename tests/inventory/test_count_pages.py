"""Counts in the back office: the blind sheet, the differences, who may do what."""

import io

import pypdf
import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations as inventory
from inventory.enums import CountStatus
from inventory.models import Count, CountEntry, CountPolicy, CountSchedule, Product
from oms.models import User
from tests.factories import stocked, warehouse

pytestmark = pytest.mark.django_db
LIST = reverse("admin:inventory_count_changelist")


@pytest.fixture
def london():
    return warehouse()


@pytest.fixture
def person(client):
    def become(role, name=None):
        user, _ = User.objects.get_or_create(username=name or role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        client.me = f"user:{user.pk}"
        return client

    return become


def plan(london, **stock):
    products = [stocked(sku, london, units, unit_cost=10) for sku, units in stock.items()]
    return inventory.plan_count(london, by="user:1", products=[row.pk for row in products])


def page(count):
    return reverse("admin:inventory_count_change", args=[count.pk])


def door(count, name):
    return reverse(f"admin:inventory_count_{name}", args=[count.pk])


def disagree(count, *people):
    """Each of these people finds 3 of 10 missing."""
    line = count.lines.get()
    for by in people:
        inventory.enter(count, by=by, quantities={line.pk: 7})
        inventory.finish(count, by=by)
    return line


def test_sheet_is_blind(person, london):
    count = plan(london, MUG=4711)

    shown = person("Warehouse").get(page(count)).content.decode()

    assert "MUG" in shown
    assert "0 of 1" in shown
    assert "4711" not in shown
    assert "4,711" not in shown


def test_sheet_pdf_is_blind_and_names_every_line(person, london):
    count = plan(london, MUG=4711, PEN=3)

    url = reverse("admin:inventory_count_act", args=[count.pk, "sheet"])
    answer = person("Warehouse").get(url)

    text = "".join(p.extract_text() for p in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
    assert count.number in text
    assert "Mug" in text
    assert "Pen" in text
    assert "4711" not in text


def test_scan_in_place_answers_with_the_sheet_alone(person, london):
    count = plan(london, MUG=5)
    ben = person("Warehouse")

    answer = ben.post(door(count, "scan"), {"code": "mug"}, headers={"HX-Request": "true"})

    shown = answer.content.decode()
    assert "<html" not in shown
    assert "Last scanned" in shown
    assert (CountEntry.objects.get().quantity, CountEntry.objects.get().by) == (1, ben.me)


def test_scan_without_scripts_leads_back_to_the_line(person, london):
    count = plan(london, MUG=5)

    answer = person("Warehouse").post(door(count, "scan"), {"code": "MUG"})

    assert answer.url == f"{page(count)}?line={count.lines.get().pk}"


def test_scan_of_a_stranger_offers_to_add_it(person, london):
    count = plan(london, MUG=5)
    stocked("PEN", london, 2)
    ben = person("Warehouse")

    answer = ben.post(door(count, "scan"), {"code": "PEN"}, headers={"HX-Request": "true"})
    ben.post(door(count, "include"), {"code": "PEN"})

    assert "Add PEN to this sheet" in answer.content.decode()
    assert count.lines.count() == 2


@pytest.mark.parametrize("quantity", ["", "-1", "two", "1.5", "9" * 30])
def test_entry_that_is_no_number_is_told_and_changes_nothing(person, london, quantity):
    count = plan(london, MUG=5)
    sent = {"line": count.lines.get().pk, "quantity": quantity}

    answer = person("Warehouse").post(door(count, "enter"), sent, headers={"HX-Request": "true"})

    assert "A whole number, 0 or more" in answer.content.decode()
    assert not CountEntry.objects.exists()


def test_from_the_sheet_to_the_ledger(person, london):
    count = plan(london, MUG=10)
    line = count.lines.get().pk
    for name in ("ben", "cora"):
        client = person("Warehouse", name)
        client.post(door(count, "enter"), {"line": line, "quantity": 7})
        client.post(door(count, "finish"))
    boss = person("Operations")

    shown = boss.get(page(count)).content.decode()
    boss.post(door(count, "decide"), {"lines": [line], "decision": "approve"})
    url = reverse("admin:inventory_count_act", args=[count.pk, "post"])
    boss.post(url, {"act": "post"})

    assert "-30.00" in shown
    count.refresh_from_db()
    assert count.status == CountStatus.POSTED
    assert count.lines.get().level.on_hand == 7


def test_keeping_the_book_needs_a_reason(person, london):
    count = plan(london, MUG=10)
    line = disagree(count, "user:11", "user:12")
    boss = person("Operations")

    answer = boss.post(door(count, "decide"), {"lines": [line.pk], "decision": "keep"}, follow=True)

    assert "Say why the book figure stays." in answer.content.decode()
    line.refresh_from_db()
    assert line.state == "to_approve"


@pytest.mark.parametrize("name", ["scan", "enter", "include", "finish", "decide"])
def test_doors_are_closed_to_readers_and_to_get(person, london, name):
    count = plan(london, MUG=10)

    assert person("Auditor").post(door(count, name)).status_code == 403
    assert person("Operations").get(door(count, name)).status_code == 403


def test_list_names_those_who_counted_and_whose_it_is(person, london):
    ben, cora = User.objects.create_user("ben"), User.objects.create_user("cora")
    count = plan(london, MUG=10)
    disagree(count, f"user:{ben.pk}", f"user:{cora.pk}")
    waiting = plan(london, CUP=10)
    Count.objects.filter(pk=waiting.pk).update(assigned_to=cora)

    rows = person("Warehouse").get(LIST).context["cl"].result_list

    assert [(row.pk, row.counters) for row in rows] == [
        (waiting.pk, []),
        (count.pk, ["ben", "cora"]),
    ]
    page = person("Warehouse").get(LIST).content.decode()
    assert "ben, cora" in page
    assert "for cora" in page


@pytest.mark.parametrize(
    ("code", "said", "offers"),
    [
        ("5012345678900", "does not ask for 5012345678900 in this round.", "Add CUP to this sheet"),
        ("TEA", "TEA is counted by its lot: scan that.", ""),
        ("NIX", "NIX is no SKU, barcode, lot or serial number.", ""),
    ],
)
def test_a_scan_that_the_sheet_does_not_know_is_explained(person, london, code, said, offers):
    count = plan(london, MUG=10)
    Product.objects.create(sku="CUP", name="Cup", barcode="5012345678900")
    Product.objects.create(sku="TEA", name="Tea", tracking="lot")

    page = person("Warehouse").post(
        door(count, "scan"), {"code": code}, headers={"HX-Request": "true"}
    )

    assert said in page.content.decode()
    assert ("to this sheet" in page.content.decode()) == bool(offers)
    assert offers in page.content.decode()


def test_warehouse_counts_and_does_not_approve(person, london):
    count = plan(london, MUG=10)
    line = disagree(count, "user:11", "user:12")

    answer = person("Warehouse").post(
        door(count, "decide"), {"lines": [line.pk], "decision": "approve"}
    )

    assert answer.status_code == 403


def test_plan_by_skus_says_which_are_unknown(person, london):
    stocked("MUG", london, 1)
    boss = person("Operations")
    url = reverse("admin:inventory_count_list_act", args=["plan"])

    wrong = boss.post(url, {"act": "plan", "location": london.pk, "lines": "MUG, NIX"})
    boss.post(url, {"act": "plan", "location": london.pk, "lines": "MUG"})

    assert "There is no product NIX" in wrong.content.decode()
    assert Count.objects.get().lines.get().level.product.sku == "MUG"


def test_classify_and_plan_what_is_due(person, london):
    stocked("MUG", london, 1)
    boss = person("Operations")
    list_act = "admin:inventory_count_list_act"

    boss.post(reverse(list_act, args=["classify"]), {"act": "classify", "location": london.pk})
    sent = {"act": "plan_due", "location": london.pk, "until": "2099-01-01"}
    answer = boss.post(reverse(list_act, args=["plan_due"]), sent, follow=True)

    assert CountSchedule.objects.count() == 1
    assert "1 count planned with 1 line." in answer.content.decode()


def test_level_is_put_on_a_sheet_from_its_own_page(person, london):
    level = stocked("MUG", london, 1).levels.get()
    url = reverse("admin:inventory_stocklevel_act", args=[level.pk, "count"])

    answer = person("Warehouse").post(url, {"act": "count"})

    assert answer.url == page(Count.objects.get())


def test_accuracy_page_shows_each_location(person, london):
    boss = person("Operations")
    url = reverse("admin:inventory_count_accuracy")
    empty = boss.get(url).content.decode()
    count = plan(london, MUG=10)
    inventory.enter(count, by="user:11", quantities={count.lines.get().pk: 10})
    inventory.finish(count, by="user:11")

    shown = boss.get(url).content.decode()

    assert "No count was posted" in empty
    assert "100.0 %" in shown


@pytest.mark.parametrize(
    "name", ["inventory_count", "inventory_countschedule", "inventory_countpolicy"]
)
def test_list_with_three_rows_asks_as_much_as_with_one(person, london, name):
    client, url = person("Operations"), reverse(f"admin:{name}_changelist")
    client.get(url)

    def asked():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    def grow(sku, place):
        plan(place, **{sku: 1})
        inventory.classify(place, by="user:1")
        CountPolicy.objects.get_or_create(location=place)

    grow("MUG", london)
    with_one = asked()
    grow("PEN", london)
    grow("JAR", warehouse("LEE"))

    assert asked() == with_one
