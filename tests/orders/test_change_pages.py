"""The page on which a placed order is changed, and the pages of its versions."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Disclosure, NotificationTemplate
from customers.operations import notify
from oms.dispatch import drain
from oms.models import Event, User
from orders import operations as orders
from orders.models import Order, OrderChange, OrderVersion
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
LIVE = {"HX-Request": "true"}


@pytest.fixture
def order():
    london = world.warehouse()
    world.stocked("MUG", london, 10, unit_price=Decimal("7.50"))
    world.stocked("CUP", london, 2, unit_price=Decimal(5))
    shop = world.shop(duplicate_window_minutes=0, notifies_customers=True)
    placed = world.place(shop, ("MUG", 3, "10.00"))
    drain(webhooks=False)
    return placed


@pytest.fixture
def sign_in(client, settings):
    settings.OMS_REQUIRE_MFA = False

    def enter(role):
        user = User.objects.create_user(role.lower(), password="x", is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def ben(sign_in):
    return sign_in("Operations")


def url(name, order):
    return reverse(f"admin:orders_order_{name}", args=[order.pk])


def text(answer):
    return " ".join(answer.content.decode().split())


def looked_at(client, order, **fields):
    return client.post(url("change_preview", order), fields, headers=LIVE)


def decided(client, order, **fields):
    return client.post(url("change_decide", order), fields, headers=LIVE)


def units(order, wanted):
    return {f"line-{order.lines.first().pk}-quantity": wanted}


def everything():
    tables = (Order, OrderChange, OrderVersion, Event)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_page_shows_lines_stock_and_how_the_order_stands(ben, order):
    shown = text(ben.get(url("change_page", order)))

    assert f'name="line-{order.lines.first().pk}-quantity"' in shown
    assert "Nothing is changed yet" in shown
    assert world.LONDON["postcode"] in shown
    assert url("change_page", order) in text(ben.get(url("change", order)))


def test_preview_compares_and_stores_nothing(ben, order):
    before = everything()

    shown = looked_at(
        ben,
        order,
        **units(order, 1),
        **{"add-0-sku": "CUP"},
        **{"add-0-quantity": "2", "add-0-unit_price": "5.00"},
    )

    assert shown.context["total_row"][1:3] == ("£30.00", "£20.00")
    assert shown.context["can_confirm"]
    assert everything() == before


def test_preview_tells_what_the_customer_would_read(ben, order):
    shown = looked_at(ben, order, **units(order, 1))

    assert [told.event for told in shown.context["told"]] == ["order.changed"]  # once, not twice
    assert "was changed" in text(shown)

    shown = looked_at(ben, order, **units(order, 0))
    assert [told.event for told in shown.context["told"]] == ["order.cancelled"]


def test_preview_of_input_that_cannot_be_read_says_which(ben, order):
    shown = looked_at(ben, order, **units(order, "three"))

    assert "MUG, quantity" in shown.context["problem"]


def test_preview_of_what_is_the_same_is_no_change(ben, order):
    assert looked_at(ben, order, **units(order, 3)).context["untouched"]


def test_confirm_changes_the_order_and_goes_there(ben, order):
    base = looked_at(ben, order, **units(order, 1)).context["base"]

    answer = decided(ben, order, act="confirm", base=base, reason="By phone", **units(order, 1))

    assert answer.headers["HX-Redirect"] == url("change", order)
    order.refresh_from_db()
    assert order.total == Decimal(10)
    assert OrderChange.objects.get().reason == "By phone"
    page = text(ben.get(url("change", order)))
    assert "Version 2" in page
    assert "1 changed quantity" in page


def test_confirm_of_an_order_that_moved_on_shows_it_anew_and_asks_again(ben, order):
    base = looked_at(ben, order, **units(order, 1)).context["base"]
    orders.record_capture(order, by=BY, method="card", amount=Decimal(30), reference="ch_1")
    before = everything()

    again = decided(ben, order, act="confirm", base=base, **units(order, 1))

    assert again.context["moved"]
    assert "£20.00 to the buyer" in text(again)
    assert everything() == before
    done = decided(ben, order, act="confirm", base=again.context["base"], **units(order, 1))
    assert "HX-Redirect" in done.headers


def test_keep_go_on_and_discard(ben, order):
    decided(ben, order, act="keep", reason="Asks again", **units(order, 1))
    kept = OrderChange.objects.get()
    assert kept.number in text(ben.get(url("change", order)))

    page = ben.get(url("change_page", order), {"draft": kept.number})
    assert page.context["rows"][0]["wanted"]["quantity"] == "1"
    assert page.context["can_confirm"]

    decided(ben, order, act="discard", draft=kept.number)
    kept.refresh_from_db()
    assert kept.status == "discarded"
    assert not OrderVersion.objects.exists()


def test_address_of_a_kept_draft_is_in_the_form_again(ben, order):
    moved = {f"address-{part}": value for part, value in world.LONDON.items()}
    moved["address-line1"] = "1 New Road"
    decided(ben, order, act="keep", **moved)

    page = ben.get(url("change_page", order), {"draft": OrderChange.objects.get().number})

    assert "1 New Road" in text(page)
    assert b"1 New Road" not in bytes(OrderChange.objects.get().steps.get().sealed)


def test_entries_of_one_look_at_a_change_are_one_reading(ben, order):
    Disclosure.objects.all().delete()
    ben.get(url("change_page", order))
    for wanted in (1, 2, 4):
        looked_at(ben, order, **units(order, wanted), **{"address-line1": "1 Other Lane"})

    assert Disclosure.objects.filter(what=f"orders.order {order.number}").count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        looked_at(ben, order, **units(order, 1))
        looked_at(ben, order, **units(order, 2))
    assert Disclosure.objects.filter(what=f"orders.order {order.number}").count() == 2


def test_charges_are_added_and_taken_off(ben, order):
    added = {"new-0-kind": "fee", "new-0-amount": "4.00", "new-0-description": "Express"}
    base = looked_at(ben, order, **added).context["base"]
    decided(ben, order, act="confirm", base=base, **added)
    order.refresh_from_db()
    assert order.total == Decimal(34)

    shown = looked_at(ben, order, **{f"charge-{order.charges.get().pk}-off": "on"})

    assert "30" in shown.context["total_row"].after


def test_refusal_names_the_way_and_stores_nothing(ben, order):
    line = order.lines.first()
    before = everything()

    shown = looked_at(ben, order, **{f"line-{line.pk}-discount": "99"})

    assert "not worth a discount" in shown.context["refusal"]
    assert everything() == before


def test_row_of_a_product_comes_with_price_and_stock(ben, order):
    shown = text(ben.get(url("change_row", order), {"add": "MUG", "n": "4"}))

    assert 'name="add-4-sku" value="MUG"' in shown
    assert 'value="7.50"' in shown
    assert ben.get(url("change_row", order), {"add": "NO-SUCH"}).status_code == 204


def test_versions_are_compared(ben, order):
    base = looked_at(ben, order, **units(order, 1)).context["base"]
    decided(ben, order, act="confirm", base=base, **units(order, 1))

    shown = ben.get(url("versions", order))

    first = shown.context["differences"][0]
    assert (first.before, first.after) == ("3", "1")
    same = ben.get(url("versions", order), {"a": 2, "b": 2})
    assert same.context["differences"] == []


def test_versions_tell_another_street_to_those_who_may_read_it(ben, order):
    moved = {f"address-{part}": value for part, value in world.LONDON.items()}
    moved["address-line1"] = "1 Other Lane"
    base = looked_at(ben, order, **moved).context["base"]
    decided(ben, order, act="confirm", base=base, **moved)
    told = ("Street and number", "12 St James's Square", "1 Other Lane")

    shown = ben.get(url("versions", order)).context["differences"]
    read = Permission.objects.get(codename="view_personal_data")
    Group.objects.get(name="Operations").permissions.remove(read)
    hidden = ben.get(url("versions", order))

    assert told in [(each.what, each.before, each.after) for each in shown]
    assert [each.what for each in hidden.context["differences"]] == ["Address"]
    assert "Other Lane" not in hidden.content.decode()


def test_units_that_a_change_takes_off_are_not_told_as_cancelled_by_the_buyer(ben, order):
    base = looked_at(ben, order, **units(order, 1)).context["base"]
    decided(ben, order, act="confirm", base=base, **units(order, 1))
    number = OrderChange.objects.get().number

    told = ben.get(url("change", order)).context["timeline"]

    sentences = {entry.sentence: entry.tone for entry in told}
    assert sentences[f"Taken off by {number}: 2 × MUG, total less £20.00"] == ""
    assert not any(sentence.startswith("Cancelled") for sentence in sentences)


@pytest.mark.parametrize("role", ["Warehouse", "Auditor"])
def test_roles_without_the_permission_change_nothing(sign_in, order, role):
    client = sign_in(role)

    assert client.get(url("change_page", order)).status_code == 403
    assert decided(client, order, act="confirm", **units(order, 1)).status_code == 403
    assert not OrderChange.objects.exists()


def test_changed_order_is_told_to_the_customer_in_each_shipped_language(order):
    line = order.lines.first()
    done = orders.draft_change(
        order, by=BY, steps=[orders.Step("set_quantity", line.pk, {"quantity": 2})]
    )
    orders.confirm_change(done, by=BY)

    told = notify(Event.objects.get(name="order.changed"))

    assert told.template.language == "en"
    rows = NotificationTemplate.objects.filter(event="order.changed")
    assert set(rows.values_list("language", flat=True)) == {"en", "de", "fr"}


def test_pages_ask_no_more_questions_line_by_line(ben, order):
    long = world.place(order.channel, *[("MUG", 1, "1.00")] * 30)
    drain(webhooks=False)

    def asked(which):
        with CaptureQueriesContext(connection) as page:
            ben.get(url("change_page", which))
        with CaptureQueriesContext(connection) as preview:
            shown = looked_at(ben, which, **{f"line-{which.lines.last().pk}-unit_price": "2.00"})
        assert shown.context["can_confirm"]
        return len(page), len(preview)

    asked(order)  # the first visit asks what is remembered afterwards

    (page, preview), (longer_page, longer_preview) = asked(order), asked(long)
    assert longer_page == page
    assert longer_preview < preview + 15  # a question per line would be 29 more
