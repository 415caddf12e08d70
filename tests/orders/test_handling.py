"""Who looks after an order, what is scheduled for it, and tasks; by people and by rules."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from customers.models import Notification
from fulfillment.models import Carrier, FulfillmentOrder
from inventory import operations as inventory
from inventory.models import RoutingRule
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import Event, User
from orders import operations as orders
from orders.models import Handling, Task
from orders.operations import cancelling
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
SOON = timedelta(hours=2)


@pytest.fixture
def order():
    """An order that waits for stock, so that no location works on it."""
    world.product("TEA")
    return world.place(world.shop(duplicate_window_minutes=0), ("TEA", 1))


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def anything(_right):
    return True


def rule(name, actions, **said):
    defaults = {"moment": "event", "events": ["order.tagged"]}
    drafted = orders.draft_rule(
        name, orders.Wording(**{**defaults, **said}, actions=actions), by=BY
    )
    return orders.activate_rule(drafted, by=BY, may=anything)


def names(order):
    rows = Event.objects.filter(subject_type="orders.order", subject_id=order.pk)
    return list(rows.order_by("sequence").values_list("name", flat=True))


def test_assigning_twice_is_told_once(order):
    orders.assign(order, by=BY, owner="Finance")
    orders.assign(order, by=BY, owner="Finance")

    assert Handling.objects.get().owner == "Finance"
    told = Event.objects.get(name="order.assigned")
    assert (told.facts, told.actor) == ({"before": "", "after": "Finance"}, BY)


def test_a_finished_order_is_given_to_nobody(order):
    orders.cancel(order, by=BY, reason="customer")
    for act in (
        lambda: orders.assign(order, by=BY, owner="Finance"),
        lambda: orders.ship_with(order, by=BY, carrier="dhl"),
        lambda: orders.schedule_cancellation(
            order, by=BY, at=timezone.now() + SOON, reason="expired"
        ),
    ):
        with pytest.raises(orders.NothingToHandle):
            act()
    assert Handling.objects.count() == 0


def test_whoever_ships_is_offered_the_carrier_that_was_chosen(ben, client):
    Carrier.objects.create(code="dhl", name="DHL")
    Carrier.objects.create(code="ups", name="UPS")
    shop = world.shop()
    world.stocked("MUG", world.warehouse(), 5)
    placed = world.place(shop, ("MUG", 1))
    orders.ship_with(placed, by=BY, carrier="ups", service="Express")
    drain()
    work = FulfillmentOrder.objects.get()

    from fulfillment.forms import ShipForm

    form = ShipForm(obj=work)
    assert (form["carrier"].value(), form["service"].value()) == ("ups", "Express")
    page = client.get(reverse("admin:orders_order_change", args=[placed.pk])).content.decode()
    assert "UPS, Express" in page
    assert "To be shipped with UPS Express" in page


def test_a_scheduled_cancellation_happens_when_its_time_has_come(order, time_machine):
    orders.schedule_cancellation(order, by=BY, at=timezone.now() + SOON, reason="expired")
    assert orders.cancel_due() == 0

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert (orders.cancel_due(), orders.cancel_due()) == (1, 0)

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert order.cancellations.get().reason == "expired"
    assert Handling.objects.get().cancel_at is None
    assert_ledgers_hold()


def test_a_scheduled_cancellation_can_be_dropped(order, time_machine):
    orders.schedule_cancellation(order, by=BY, at=timezone.now() + SOON, reason="expired")
    orders.drop_cancellation(order, by=BY, reason="buyer called")
    with pytest.raises(orders.NoCancellationScheduled):
        orders.drop_cancellation(order, by=BY, reason="again")

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert orders.cancel_due() == 0
    order.refresh_from_db()
    assert order.status == "placed"
    assert names(order)[-2:] == ["order.cancellation_scheduled", "order.cancellation_dropped"]


def test_an_order_that_a_location_works_on_outlives_its_cancellation(time_machine):
    world.stocked("MUG", world.warehouse(), 5)
    placed = world.place(world.shop(), ("MUG", 1))
    orders.schedule_cancellation(placed, by=BY, at=timezone.now() + SOON, reason="expired")

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert orders.cancel_due() == 0

    placed.refresh_from_db()
    assert placed.status == "confirmed"
    dropped = Event.objects.get(name="order.cancellation_dropped")
    assert "Recall those" in dropped.facts["reason"]


def test_a_rule_cancels_later_only_what_it_still_fits(order, time_machine):
    rule(
        "Unwanted",
        [{"do": "cancel_later", "hours": 2, "reason": "expired"}],
        conditions={"all": [leaf("tags", "has_any", ["unwanted"])]},
    )
    other = world.place(order.channel, ("TEA", 2))
    for each in (order, other):
        orders.tag(each, by=BY, add=["unwanted"])
    drain()
    assert Handling.objects.filter(cancel_at__isnull=False).count() == 2
    orders.tag(other, by=BY, remove=["unwanted"])

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert orders.cancel_due() == 1

    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.status, other.status) == ("cancelled", "placed")
    dropped = Event.objects.get(name="order.cancellation_dropped")
    assert dropped.facts["reason"] == "the rule Unwanted no longer fits"


def test_a_rule_that_was_switched_off_cancels_nothing_later(order, time_machine):
    acts = rule("Unwanted", [{"do": "cancel_later", "hours": 2, "reason": "expired"}])
    orders.tag(order, by=BY, add=["unwanted"])
    drain()
    orders.switch_off(acts.rule, by=BY, reason="Wrong")

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert orders.cancel_due() == 0

    order.refresh_from_db()
    dropped = Event.objects.get(name="order.cancellation_dropped")
    assert (order.status, Handling.objects.get().cancel_at) == ("placed", None)
    assert dropped.facts["reason"] == "the rule Unwanted is no longer in force"


def test_scheduled_cancellations_are_dropped_in_bulk(ben, client, order):
    other = world.place(order.channel, ("TEA", 2))
    for each in (order, other):
        orders.schedule_cancellation(each, by=BY, at=timezone.now() + SOON, reason="expired")

    sent = {"action": "drop_cancellation", "act": "1", "reason": "Wrong rule"}
    chosen = {"_selected_action": [order.pk, other.pk]}
    client.post(reverse("admin:orders_order_changelist"), {**sent, **chosen})
    drain()

    assert not Handling.objects.filter(cancel_at__isnull=False).exists()


def test_a_scheduled_cancellation_that_breaks_stops_no_other(order, time_machine, monkeypatch):
    broken = world.place(world.shop("later"), ("TEA", 2))
    for each in (broken, order):
        orders.schedule_cancellation(each, by=BY, at=timezone.now() + SOON, reason="expired")
    cancel = cancelling.cancel

    def lost(found, **said):
        if found.pk == broken.pk:
            raise OSError("the connection broke")
        return cancel(found, **said)

    monkeypatch.setattr("orders.operations.cancelling.cancel", lost)

    time_machine.move_to(timezone.now() + timedelta(hours=3))
    assert orders.cancel_due() == 1

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert Handling.objects.get(order=broken).cancel_at is not None


def test_the_database_wants_a_scheduled_cancellation_whole(order):
    with pytest.raises(IntegrityError), transaction.atomic():
        Handling.objects.create(order=order, cancel_at=timezone.now())


def test_a_task_is_asked_once_and_done_once(order):
    task = orders.create_task(order, by=BY, title="Call the buyer", owner="Support")
    assert orders.create_task(order, by=BY, title="Call the buyer", owner="Support") == task

    orders.finish_task(task, by="user:2", note="Will wait")
    with pytest.raises(orders.TaskDone):
        orders.finish_task(task, by="user:3")

    task.refresh_from_db()
    assert (task.done_by, task.note, Task.objects.count()) == ("user:2", "Will wait", 1)
    assert names(order)[-2:] == ["order.task_created", "order.task_done"]


def test_tasks_stand_on_the_order_and_in_the_list_until_they_are_done(ben, client, order):
    url = reverse("admin:orders_order_act", args=[order.pk, "give_task"])
    client.post(url, {"act": "1", "title": "Call the buyer", "owner": "Support"})
    task = Task.objects.get()
    page = reverse("admin:orders_order_change", args=[order.pk])
    listed = reverse("admin:orders_task_changelist")
    assert "Call the buyer" in client.get(page).content.decode()
    assert "Call the buyer" in client.get(listed).content.decode()

    finish = reverse("admin:orders_task_act", args=[task.pk, "finish"])
    client.post(finish, {"act": "1", "note": "Reached them"})

    assert "Reached them" in client.get(page).content.decode()
    assert "Call the buyer" not in client.get(listed).content.decode()


def test_rules_assign_choose_the_carrier_give_tasks_and_write(order, settings):
    Carrier.objects.create(code="ups", name="UPS")
    order.channel.notifies_customers = True
    order.channel.save()
    acting = rule(
        "Look after",
        [
            {"do": "assign", "owner": "Support"},
            {"do": "ship_with", "carrier": "ups"},
            {"do": "task", "title": "Call the buyer", "owner": "Support", "due_hours": 4},
            {"do": "notify", "template": "delay"},
            {"do": "mail", "to": world.colleague("floor"), "message": "Look at this one"},
        ],
    )
    orders.tag(order, by=BY, add=["x"])
    drain()

    run = order.rule_runs.get()
    assert [row["ok"] for row in run.did] == [True] * 5
    assert run.did[1]["said"] == "ship it with UPS"
    row, task = Handling.objects.get(), Task.objects.get()
    assert (row.owner, row.carrier) == ("Support", "ups")
    assert (task.created_by, task.due_at > timezone.now()) == (f"rule:{acting.rule_id}", True)
    told = Notification.objects.values_list("template__event", flat=True)
    assert list(told.filter(event__name="rule.notified")) == ["rule.notified:delay"]
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (
        ["floor@shop.example"],
        f"{order.number}: Look at this one",
    )
    assert "Ada" not in sent.body


@pytest.mark.parametrize(
    "action",
    [
        {"do": "assign", "owner": "Nobody here"},
        {"do": "ship_with", "carrier": "unknown"},
        {"do": "notify", "template": "unknown"},
        {"do": "mail", "to": "anybody@example.com", "message": "x"},
        {"do": "mail", "to": "Support", "message": "two\nlines"},
        {"do": "mail", "to": "Support", "message": "  "},
        {"do": "task", "title": "x", "owner": "Support", "due_hours": 0},
        {"do": "cancel_later", "hours": 2, "reason": "moved"},
    ],
)
def test_actions_that_name_what_is_not_there_are_refused(action):
    with pytest.raises(orders.BadRule):
        orders.draft_rule("Bad", orders.Wording("event", [action], events=["order.placed"]), by=BY)


def test_a_rule_at_placing_routes_the_order_by_its_tag():
    world.stocked("MUG", world.warehouse("NEAR", priority=1), 5)
    world.stocked("MUG", world.warehouse("FAR", priority=2), 5)
    shop = world.shop(duplicate_window_minutes=0)
    far = inventory.draft_rules("Far first", by=BY)
    group = inventory_group("far", "FAR")
    inventory.save_rule(far, routing("Big", [group], [leaf("tags", "has_any", ["big"])]), by=BY)
    inventory.save_rule(far, routing("Others", [], []), by=BY)
    inventory.activate_rules(far, by=BY)
    rule(
        "Big",
        [{"do": "route", "tag": "big"}],
        moment="placing",
        events=[],
        conditions={"all": [leaf("units", "gte", "3")]},
    )
    shop.refresh_from_db()

    big, small = world.place(shop, ("MUG", 3)), world.place(shop, ("MUG", 1))
    drain()

    places = dict(FulfillmentOrder.objects.values_list("order", "location__code"))
    assert (big.tags, small.tags) == (["big"], [])
    assert places == {big.pk: "FAR", small.pk: "NEAR"}
    assert_ledgers_hold()


def inventory_group(code, *locations):
    from inventory.models import Location, LocationGroup

    group = LocationGroup.objects.create(code=code, name=code)
    group.locations.set(Location.objects.filter(code__in=locations))
    return code


def routing(name, groups, leaves):
    row = RoutingRule(name=name)
    return {
        "name": name,
        "groups": groups,
        "without": [],
        "apart": [],
        "ranking": {"order": ["priority"]},
        "conditions": {"all": leaves},
        "on_failure": row.on_failure,
    }
