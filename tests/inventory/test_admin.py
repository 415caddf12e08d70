import re
from io import BytesIO

import pytest
import tablib
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations
from inventory.models import Product, StockLevel, StockMovement
from inventory.queries import Stated
from oms import words
from oms.models import User
from tests.factories import CORA, place, product, shop, stocked, warehouse
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(client):
    def as_role(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return as_role


@pytest.fixture
def ben(login):
    return login("Warehouse")


def act(obj, name):
    return reverse(f"admin:inventory_{obj._meta.model_name}_act", args=[obj.pk, name])


def press(client, url, **data):
    return client.post(url, {"act": url.split("/")[-2], **data}, follow=True)


@pytest.mark.parametrize(
    ("page", "asked"),
    [("inventory_stocklevel", 8), ("inventory_product", 9), ("inventory_stockmovement", 9)],
)
def test_list_with_three_rows_asks_as_much_as_with_one(ben, page, asked):
    url, place_ = reverse(f"admin:{page}_changelist"), warehouse()
    ben.get(url)

    def count():
        quiet_sidebar()
        with CaptureQueriesContext(connection) as queries:
            assert ben.get(url).status_code == 200
        return len(queries)

    stocked("MUG", place_, 1)
    with_one = count()
    stocked("PEN", place_, 2)
    stocked("JAR", place_, 3)

    assert count() == with_one == asked


def test_receive_at_a_level_adds_units_and_a_movement(ben):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    response = press(ben, act(level, "receive"), quantity=3, reference="DN-1", unit_cost="2.50")

    assert "3 × MUG received at LON; 8 on hand" in response.content.decode()
    last = StockMovement.objects.order_by("-pk").first()
    user = User.objects.get()
    assert (last.kind, last.quantity, last.balance) == ("received", 3, 8)
    assert (last.reference, last.actor) == ("DN-1", f"user:{user.pk}")


def test_receive_at_a_product_asks_for_the_location(ben):
    mug, place_ = product("MUG"), warehouse()

    press(ben, act(mug, "receive"), location=place_.pk, quantity=4)

    assert StockLevel.objects.get(product=mug, location=place_).on_hand == 4


def test_adjust_without_a_reason_changes_nothing(ben):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    response = press(ben, act(level, "adjust"), quantity=-1, reason_code="")

    assert "reason_code" in response.context["form"].errors
    assert StockLevel.objects.get().on_hand == 5


def test_adjust_below_what_is_reserved_is_refused_with_the_reason(ben):
    stocked("MUG", warehouse(), 5)
    place(shop(), ("MUG", 4))
    level = StockLevel.objects.get()

    response = press(ben, act(level, "adjust"), quantity=-2, reason_code="not-found")

    assert "fewer than 2 units are on hand and not reserved" in response.content.decode()
    assert StockLevel.objects.get().on_hand == 5
    assert StockMovement.objects.count() == 1


def test_safety_stock_needs_its_own_permission(ben, login):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    refused = press(ben, act(level, "safety"), quantity=2)
    press(login("Operations"), act(level, "safety"), quantity=2)

    assert refused.status_code == 403
    assert StockLevel.objects.get().available == 3


def test_level_page_says_why_this_much_is_there(ben):
    stocked("MUG", warehouse(), 5)
    order = place(shop(), ("MUG", 2))
    level = StockLevel.objects.get()

    page = ben.get(reverse("admin:inventory_stocklevel_change", args=[level.pk])).content.decode()

    assert "Why 5: the movements" in page
    assert "opening" in page
    assert order.number in page


def test_product_page_lists_who_waits_in_the_order_of_service(ben):
    stocked("MUG", warehouse(), 0 + 1)
    channel = shop()
    first = place(channel, ("MUG", 2), external_id="1")
    second = place(channel, ("MUG", 2), external_id="2", customer=CORA)

    page = ben.get(reverse("admin:inventory_product_change", args=[Product.objects.get().pk]))

    waiting = [(line.order.number, line.backordered) for line in page.context["waiting"]]
    assert waiting == [(first.number, 1), (second.number, 2)]


def test_movement_list_can_be_narrowed_to_one_product(ben):
    place_ = warehouse()
    mug = stocked("MUG", place_, 5)
    stocked("PEN", place_, 5)

    page = ben.get(reverse("admin:inventory_stockmovement_changelist"), {"level__product": mug.pk})

    assert [row.level.product.sku for row in page.context["cl"].result_list] == ["MUG"]


def upload(rows, kind="csv"):
    data = tablib.Dataset(*rows, headers=["SKU", "Location", "Quantity"]).export(kind)
    return SimpleUploadedFile(f"stock.{kind}", data.encode() if kind == "csv" else data)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_import_moves_every_row(ben, kind):
    product("MUG"), product("PEN"), warehouse()
    url = reverse("admin:inventory_stocklevel_list_act", args=["import"])
    file = upload([("MUG", "LON", 5), ("PEN", "LON", 7)], kind)

    response = press(ben, url, kind="received", reason="First count", file=file)

    assert "2 movements written, +12 units" in response.content.decode()
    assert list(StockMovement.objects.values_list("reason", flat=True)) == ["First count"] * 2


def test_import_with_a_bad_row_names_it_and_writes_nothing(ben):
    product("MUG"), warehouse()
    url = reverse("admin:inventory_stocklevel_list_act", args=["import"])
    file = upload([("MUG", "LON", 5), ("NOBODY", "LON", 1), ("MUG", "MARS", 1)])

    response = press(ben, url, kind="received", reason="Count", file=file)

    assert response.context["form"].non_field_errors() == [
        "Row 3: NOBODY at LON: 1",
        "Row 4: MUG at MARS: 1",
    ]
    assert StockMovement.objects.count() == 0


def test_products_in_files_are_for_whoever_may_change_and_see_them(login):
    product("MUG")
    client = login("Auditor")
    assert client.get(reverse("admin:inventory_product_import")).status_code == 403
    assert client.post(reverse("admin:inventory_product_process_import")).status_code == 403
    assert client.get(reverse("admin:inventory_product_export")).status_code == 200
    user = User.objects.get(username="auditor")
    user.groups.clear()
    assert client.get(reverse("admin:inventory_product_export")).status_code == 403


def test_products_come_in_by_file_and_keep_their_history(login):
    client = login("Operations")
    product("MUG", name="Old name")
    rows = tablib.Dataset(("MUG", "New name"), ("PEN", "Pen"), headers=["sku", "name"])
    file = BytesIO(rows.export("csv").encode())
    file.name = "products.csv"
    url = reverse("admin:inventory_product_import")

    form = client.post(url, {"import_file": file, "format": "0", "resource": ""}).context[
        "confirm_form"
    ]
    client.post(reverse("admin:inventory_product_process_import"), form.initial)

    assert dict(Product.objects.values_list("sku", "name")) == {"MUG": "New name", "PEN": "Pen"}
    assert Product.objects.get(sku="MUG").history.first().history_user.username == "operations"


def test_location_page_opens_for_operations(login):
    place_ = warehouse()

    response = login("Operations").get(reverse("admin:inventory_location_change", args=[place_.pk]))

    assert response.status_code == 200


def test_search_box_for_products_offers_sku_and_name(login):
    client = login("Operations")
    product("MUG", name="Blue mug")
    query = {"app_label": "orders", "model_name": "orderline", "field_name": "product"}

    answer = client.get(reverse("admin:autocomplete"), {"term": "mu", **query}).json()

    assert [row["text"] for row in answer["results"]] == ["MUG – Blue mug"]


def test_quarantine_and_release_buttons_move_units_and_say_so(ben):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    apart = press(ben, act(level, "quarantine"), quantity=3, reason_code="inspection", reason="")
    back = press(ben, act(level, "restore"), quantity=2, reason_code="passed", reason="")

    assert "3 × MUG at LON are in quarantine" in apart.content.decode()
    assert "2 × MUG at LON are sold again" in back.content.decode()
    level.refresh_from_db()
    assert (level.on_hand, level.quarantined) == (4, 1)


def test_damage_and_write_off_take_units_from_the_condition_that_was_chosen(ben):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    chosen = {"reason_code": "broken", "reason": ""}
    press(ben, act(level, "damage"), quantity=2, condition="available", **chosen)
    press(ben, act(level, "write_off"), quantity=1, condition="damaged", **chosen)

    level.refresh_from_db()
    assert (level.on_hand, level.damaged) == (3, 1)


def test_release_is_offered_only_where_something_is_in_quarantine(ben):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    answer = ben.get(act(level, "restore"), follow=True)

    assert "not possible in its present state" in answer.content.decode()


def test_undo_needs_its_own_permission(ben):
    stocked("MUG", warehouse(), 5)

    assert press(ben, act(StockMovement.objects.get(), "correct")).status_code == 403


def test_undo_is_done_once_and_then_no_longer_offered(login):
    mia = login("Operations")
    stocked("MUG", warehouse(), 5)
    wrong, level = StockMovement.objects.get(), StockLevel.objects.get()
    page = reverse("admin:inventory_stocklevel_change", args=[level.pk])
    assert act(wrong, "correct") in mia.get(page).content.decode()

    done = press(mia, act(wrong, "correct"), reason_code="typing-error", reason="", next=page)

    assert "Undone by -5 available" in done.content.decode()
    assert act(wrong, "correct") not in done.content.decode()
    assert "not possible" in mia.get(act(wrong, "correct"), follow=True).content.decode()


@pytest.mark.parametrize(
    "query", ["", "?at=2020-01-01T00:00", "?at=2199-01-01T00:00", "?at=x&days=y"]
)
def test_time_machine_page_opens_at_any_moment(ben, query):
    stocked("MUG", warehouse(), 5)
    place(shop(), ("MUG", 2))
    level = StockLevel.objects.get()

    page = ben.get(reverse("admin:inventory_stocklevel_at", args=[level.pk]) + query)

    assert page.status_code == 200
    assert page.context["moment"].on_hand == (0 if "2020" in query else 5)
    assert page.context["moment"].reserved == (0 if "2020" in query else 2)


def test_time_machine_page_asks_the_same_for_many_rows_as_for_few(ben):
    mug = stocked("MUG", warehouse(), 50)
    url = reverse("admin:inventory_stocklevel_at", args=[StockLevel.objects.get().pk])
    channel = shop(duplicate_window_minutes=0)

    def count():
        quiet_sidebar()
        with CaptureQueriesContext(connection) as queries:
            ben.get(url)
        return len(queries)

    place(channel, ("MUG", 1))
    few = count()
    for _ in range(4):
        stocked(mug.sku, StockLevel.objects.get().location, 1)
        place(channel, ("MUG", 1))

    assert count() == few


@pytest.mark.parametrize(
    ("query", "found"),
    [("condition__exact=quarantined", 1), ("reason=inspection", 2), ("kind__exact=received", 1)],
)
def test_movements_are_filtered_by_kind_condition_and_reason(ben, query, found):
    stocked("MUG", warehouse(), 5)
    chosen = {"reason_code": "inspection", "reason": ""}
    press(ben, act(StockLevel.objects.get(), "quarantine"), quantity=3, **chosen)

    page = ben.get(reverse("admin:inventory_stockmovement_changelist") + f"?{query}")

    assert len(page.context["cl"].result_list) == found


def test_products_have_one_export(ben):
    page = ben.get(reverse("admin:inventory_product_changelist")).content.decode()

    assert len(re.findall(r">\s*Export\s*<", page)) == 1
    assert reverse("admin:inventory_product_export") in page


def test_a_level_says_what_it_has_where_units_are_asked_for(login):
    stocked("MUG", warehouse(), 5)
    place(shop(), ("MUG", 2))
    StockLevel.objects.update(damaged=1)

    page = login("Operations").get(act(StockLevel.objects.get(), "adjust")).content.decode()

    assert "There are 5 on hand, 2 reserved, 1 damaged." in page


def test_a_product_offers_its_only_location_and_otherwise_none(login):
    mug = stocked("MUG", warehouse(), 5)
    client = login("Operations")
    one = client.get(act(mug, "adjust")).context["form"]
    stocked("MUG", warehouse("LEE"), 7)
    two = client.get(act(mug, "adjust")).context["form"]

    assert one["location"].value() == mug.levels.get(location__code="LON").location_id
    assert two["location"].value() is None
    assert "(LEE): 7 on hand" in str(two["location"])


def test_a_reason_has_to_be_chosen(login):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()

    answer = press(login("Operations"), act(level, "adjust"), quantity=-1, reason_code="")

    assert answer.context["form"].errors["reason_code"] == ["This field is required."]
    level.refresh_from_db()
    assert level.on_hand == 5


def test_since_when_is_chosen_from_a_calendar(login):
    stocked("MUG", warehouse(), 5)
    level = StockLevel.objects.get()
    client = login("Operations")
    form = client.get(act(level, "adjust")).context["form"]

    press(
        client,
        act(level, "adjust"),
        quantity=-1,
        reason_code="other",
        reason="Found later",
        effective_at="2026-01-05T08:30",
    )

    assert 'type="datetime-local"' in str(form["effective_at"])
    moved = StockMovement.objects.get(kind="adjusted")
    assert f"{moved.effective_at:%Y-%m-%d %H:%M}" == "2026-01-05 08:30"


def test_time_machine_tells_the_reason_since_when_and_the_report_behind_a_movement(login):
    mug = stocked("MUG", warehouse(), 5)
    level = mug.levels.get()
    client = login("Operations")
    press(
        client,
        act(level, "adjust"),
        quantity=-1,
        reason_code="other",
        reason="Found later",
        effective_at="2026-01-05T08:30",
    )
    report = operations.draft_report(
        level.location, [Stated(1, "MUG", 7)], by="user:1", reference="WMS-1"
    )
    operations.post_report(report, by="user:1")

    url = reverse("admin:inventory_stocklevel_at", args=[level.pk])
    page = client.get(url, {"days": 2}).content.decode()

    assert "Another reason · Found later" in page
    adjusted = StockMovement.objects.get(kind="adjusted")
    assert f"true since {words.moment(adjusted.effective_at)}" in page
    assert reverse("admin:inventory_inventoryreport_change", args=[report.pk]) in page
    assert "units at the end of each hour" in page
    assert "units at the end of each day" in client.get(url, {"days": 30}).content.decode()


def test_the_ledger_leads_to_the_documents_behind_it(login):
    mug = stocked("MUG", warehouse(), 5)
    receipt = operations.receive_blind(
        mug.levels.get().location,
        operations.Delivery((operations.Delivered(mug.pk, 2),), "DN-1"),
        by="user:1",
    )

    page = login("Auditor").get(reverse("admin:inventory_stockmovement_changelist"))

    url = reverse("admin:inventory_goodsreceipt_change", args=[receipt.pk])
    assert f'<a class="oms-link" href="{url}">{receipt.number}</a>' in page.content.decode()


def test_stock_is_listed_by_sku_with_the_locations_of_each_side_by_side(ben):
    london, leeds = warehouse(), warehouse("LEE")
    for sku, where in (("PEN", london), ("MUG", london), ("PEN", leeds), ("JAR", leeds)):
        stocked(sku, where, 1)

    rows = ben.get(reverse("admin:inventory_stocklevel_changelist")).context["cl"].result_list

    assert [str(row) for row in rows] == ["JAR at LEE", "MUG at LON", "PEN at LEE", "PEN at LON"]
