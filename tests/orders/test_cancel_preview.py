"""What cancelling would do, said before anything of it is done: on the page and through the API."""

from contextlib import suppress

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.urls import reverse

from inventory.models import StockLevel
from oms import keys, numbers, rehearsing
from oms.dispatch import drain
from oms.models import Counter, Event, User
from orders import operations as orders
from orders.models import Order, OrderChange, Payment
from orders.operations import Step
from orders.queries.notices import notice_values
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def order():
    world.stocked("MUG", world.warehouse(), 10)
    shop = world.shop("web", auto_release=False, notifies_customers=True, undo_minutes=0)
    placed = world.place(shop, ("MUG", 3, "10.00"))
    drain(webhooks=False)
    return placed


@pytest.fixture
def press(client, settings, order):
    settings.OMS_REQUIRE_MFA = False
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)

    def send(act="cancel", /, **data):
        url = reverse("admin:orders_order_act", args=[order.pk, act])
        return client.post(url, {"act": act, "reason": "customer", "note": "", **data})

    return send


@pytest.fixture
def call(client, order):
    key = keys.create("Web", channel="web")[1]

    def send(method="post", **data):
        answer = getattr(client, method)(
            f"/api/v1/orders/{order.number}/cancellation/",
            {"reason": "customer", **data},
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )
        return answer.status_code, answer.json()

    return send


def everything():
    tables = (Order, Event, StockLevel, Payment, OrderChange)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def cells(answer):
    """What the comparison says: label -> (now, then)."""
    return {row.label: (row.before, row.after) for row in answer.context["figures"]}


# --- The page ---------------------------------------------------------------------------------


def test_page_asks_for_the_preview_of_an_act_on_a_row(press, order, client):
    shown = client.get(reverse("admin:orders_order_act", args=[order.pk, "cancel"]))

    assert 'id="change-preview"' in shown.content.decode()
    assert "What would come of it" in shown.content.decode()


def test_page_shows_what_a_cancel_would_leave_and_keeps_nothing_of_it(press, order):
    before = everything()

    shown = press(preview="1")

    assert cells(shown)["Total"] == ("£30.00", "£0.00")
    assert cells(shown)["Status"] == ("placed", "cancelled")
    assert cells(shown)["From LON"] == ("3 units", "0 units")
    assert cells(shown)["Ship by"][1] == "–"
    assert [told.event for told in shown.context["told"]] == ["order.cancelled"]
    assert "at once" in shown.content.decode()
    assert everything() == before


def test_page_says_until_when_a_cancel_can_be_undone(press, order):
    order.channel.undo_minutes = 5
    order.channel.save()

    assert "in 5 minutes; until then it can be undone" in press(preview="1").content.decode()


def test_page_shows_units_as_soon_as_the_form_is_complete(press, order):
    line = order.lines.get()

    lacking = press("cancel_lines", preview="1")
    shown = press("cancel_lines", preview="1", **{f"line_{line.pk}": 1})

    assert "Say how many units of which line." in lacking.content.decode()
    assert cells(lacking)["Total"] == ("£30.00", "£30.00")
    assert cells(shown)["Total"] == ("£30.00", "£20.00")


def test_page_shows_why_it_is_impossible(press, order):
    orders.release(order, by=BY)
    before = everything()

    shown = press(preview="1")

    assert "Recall those" in shown.context["refusal"]
    assert everything() == before


def test_cancel_is_refused_when_the_order_is_not_what_was_looked_at(press, order):
    base = press(preview="1").context["base"]
    orders.place_hold(order, by=BY, kind="other", reason="Wait")
    before = everything()

    answer = press(base=base)

    assert "look again at what this would do" in answer.content.decode()
    assert everything() == before
    assert press(base=press(preview="1").context["base"]).status_code == 302
    order.refresh_from_db()
    assert order.status == "cancelled"


# --- The API ----------------------------------------------------------------------------------


def test_dry_run_answers_and_does_nothing(call, order):
    before = everything()

    status, seen = call(dry_run=True)

    assert (status, seen["refusal"], seen["tells"]) == (200, None, ["order.cancelled"])
    assert (seen["before"]["total"], seen["after"]["total"]) == ("30.00", "0.00")
    assert (seen["after"]["status"], seen["after"]["promised_at"]) == ("cancelled", None)
    assert seen["before"]["promised_at"] is not None
    assert everything() == before


def test_dry_run_of_units_says_what_refuses_it(call, order):
    status, seen = call(dry_run=True, lines=[{"line": 1, "quantity": 9}])

    assert (status, seen["after"], seen["refusal"]["code"]) == (200, None, "nothing_to_cancel")


def test_cancel_as_seen_is_refused_after_the_order_moved(call, order):
    seen = call(dry_run=True)[1]["seen"]
    orders.place_hold(order, by=BY, kind="other", reason="Wait")
    before = everything()

    status, problem = call(seen=seen)

    assert (status, problem["code"]) == (409, "order_moved")
    assert everything() == before
    assert call(seen=call(dry_run=True)[1]["seen"])[0] == 201


def test_undoable_cancel_waits_and_is_taken_back(call, order):
    order.channel.undo_minutes = 5
    order.channel.save()

    looked = call(undoable=True, dry_run=True)[1]
    status, waiting = call(undoable=True, seen=looked["seen"])

    assert looked["done_at"] > "2026"
    assert call(undoable=True, seen=looked["seen"])[0] == 202  # a repeat
    assert (status, waiting["amount"], waiting["order"]["status"]) == (202, "0.00", "placed")
    assert "undo_cancel" in waiting["order"]["allowed_actions"]
    assert call("delete")[0] == 200
    order.refresh_from_db()
    assert (order.status, order.holds.filter(lifted_at=None).exists()) == ("placed", False)


def test_undoable_cancel_without_a_window_is_done_at_once(call, order):
    status, done = call(undoable=True)

    assert (status, done["amount"], done["order"]["status"]) == (201, "30.00", "cancelled")


def test_undoable_is_for_whole_orders(call, order):
    status, problem = call(undoable=True, lines=[{"line": 1, "quantity": 1}])

    assert (status, problem["errors"][0]["pointer"]) == (400, "/undoable")


# --- Rehearsals -------------------------------------------------------------------------------


def last(series):
    if connection.vendor != "postgresql":
        return list(Counter.objects.filter(name=series).values_list("value", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT last_value FROM oms_number_{series}")
        return cursor.fetchone()


def test_a_preview_that_makes_documents_uses_up_no_number(order):
    before = {series: last(series) for series in ("order", "change", "payment")}
    split = Step("split_off", order.lines.get().pk, {"quantity": 1})

    seen = orders.preview_steps(order, by=BY, steps=[split])

    ((number, _),) = seen.others
    assert number.startswith("SO~")
    assert {series: last(series) for series in before} == before


def test_a_rehearsal_knows_its_own_events_and_leaves_none(order):
    def act():
        orders.place_hold(order, by=BY, kind="other", reason="Wait")
        return [event.name for event in rehearsing.events()], numbers.take("order", 2)

    names, (first, second) = rehearsing.rehearse(act)

    assert "order.held" in names
    assert first != second
    assert rehearsing.readable(f"Order {first}.") == "Order SO…."
    assert rehearsing.events() == []
    assert numbers.take("order")[0].removeprefix("SO").isdigit()
    assert not order.holds.exists()


def test_a_rehearsal_is_not_rehearsed():
    with pytest.raises(RuntimeError, match="not rehearsed"):
        rehearsing.rehearse(lambda: rehearsing.rehearse(lambda: 1))


def test_a_rehearsal_forgets_what_the_act_itself_has_undone(order):
    def act():
        with suppress(ValueError), transaction.atomic():
            orders.place_hold(order, by=BY, kind="other", reason="Wait")
            raise ValueError
        orders.place_hold(order, by=BY, kind="fraud", reason="Odd")
        return [event.facts["kind"] for event in rehearsing.events() if event.name == "order.held"]

    assert rehearsing.rehearse(act) == ["fraud"]


def test_buyer_is_told_what_the_units_that_are_left_cost(order):
    line = order.lines.get()
    orders.cancel_lines(order, by=BY, quantities={line.pk: 1}, reason="customer")
    order.refresh_from_db()

    (told,) = notice_values(order)["lines"]

    assert (told["quantity"], told["total"].amount) == (2, 20)
