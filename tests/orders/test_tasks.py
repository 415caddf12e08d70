"""Tasks are claimed so that two colleagues do not do one; in pages and through the API."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.models import Event, User
from orders import operations as orders
from orders.models import Task
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
BY = world.BY
LIST = "/admin/orders/task/"


@pytest.fixture
def order():
    world.stocked("MUG", world.warehouse(), 50)
    return world.place(world.shop("web", duplicate_window_minutes=0), ("MUG", 3))


@pytest.fixture
def task(order):
    return orders.create_task(order, by=BY, title="Call the buyer", owner="Support")


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True, first_name="Ben")
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def names(order):
    found = Event.objects.filter(subject_id=order.pk, name__startswith="order.task")
    return list(found.order_by("sequence").values_list("name", flat=True))


def test_claim_refuses_the_second_until_it_is_given_back_or_lapses(order, task):
    user = User.objects.create_user("ben", first_name="Ben")
    orders.claim_task(task, by=f"user:{user.pk}")
    orders.claim_task(task, by=f"user:{user.pk}")

    with pytest.raises(orders.TaskClaimed, match="Ben is working on this since"):
        orders.claim_task(task, by="user:77")
    with pytest.raises(orders.TaskClaimed):
        orders.give_back_task(task, by="user:77")
    task.refresh_from_db()
    assert task.claimed_by == f"user:{user.pk}"
    orders.give_back_task(task, by=f"user:{user.pk}")
    with pytest.raises(orders.TaskNotClaimed):
        orders.give_back_task(task, by=f"user:{user.pk}")

    orders.claim_task(task, by="user:77")
    Task.objects.update(claimed_at=timezone.now() - timedelta(hours=9))
    assert orders.claim_task(task, by="user:78").claimed_by == "user:78"
    assert (
        names(order)[1:]
        == ["order.task_claimed", "order.task_given_back"] + ["order.task_claimed"] * 2
    )


def test_what_is_done_is_claimed_by_nobody(order, task):
    orders.finish_task(task, by=BY)
    with pytest.raises(orders.TaskDone):
        orders.claim_task(task, by=BY)
    assert names(order) == ["order.task_created", "order.task_done"]


def test_the_database_wants_a_claim_whole(task):
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.update(claimed_by="user:1")


def test_list_opens_with_what_one_can_take_due_first(ben, client, order, task):
    soon = orders.create_task(
        order, by=BY, title="Ship it", owner="Warehouse", due_at=timezone.now() + timedelta(hours=1)
    )
    taken = orders.create_task(order, by=BY, title="Ask", owner="Finance")
    orders.claim_task(taken, by="user:77")

    page = client.get(LIST)
    assert list(page.context["cl"].result_list) == [soon, task]
    client.post(reverse("admin:orders_task_claim", args=[task.pk]))
    task.refresh_from_db()
    assert task.claimed_by == f"user:{ben.pk}"
    assert "Give back" in client.get(f"{LIST}?view=mine").content.decode()
    shown = client.get(f"{LIST}?view=all")
    assert len(shown.context["cl"].result_list) == 3
    assert [tab["count"] for tab in shown.context["view_tabs"]] == ["2", "1", "3"]
    assert list(client.get(f"{LIST}?q={order}").context["cl"].result_list) == [soon, task, taken]

    client.post(reverse("admin:orders_task_give_back", args=[task.pk]))
    task.refresh_from_db()
    assert task.claimed_by == ""
    answer = client.post(reverse("admin:orders_task_claim", args=[taken.pk]), follow=True)
    assert "is working on this since" in answer.content.decode()


def test_list_costs_the_same_for_one_and_three(ben, client, order, task):
    def count():
        quiet_sidebar()
        with CaptureQueriesContext(connection) as found:
            client.get(LIST)
        return len(found)

    orders.claim_task(task, by=f"user:{ben.pk}")
    count()
    one = count()
    for title in ("Ask", "Look"):
        orders.create_task(order, by=BY, title=title, owner="Support")
    assert count() == one


def test_who_may_only_look_claims_nothing(client, task):
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(user)
    assert client.post(reverse("admin:orders_task_claim", args=[task.pk])).status_code == 403
    assert Task.objects.get().claimed_by == ""


# --- API --------------------------------------------------------------------------------------


def test_task_is_given_listed_claimed_and_done(call, order):
    sent = {"title": "Call the buyer", "owner": "Support", "due_at": "2030-01-01T09:00:00Z"}
    status, task = call("post", f"orders/{order}/tasks/", sent)
    assert (status, task["order"], task["claimed_by"]) == (201, order.number, "")
    assert call("post", f"orders/{order}/tasks/", sent)[1]["id"] == task["id"]

    status, claimed = call("post", f"tasks/{task['id']}/claim/")
    assert (status, claimed["claimed_by"][:8]) == (200, "api-key:")
    assert call("post", f"tasks/{task['id']}/claim/")[1]["code"] == "task_claimed"  # another key
    assert len(call("get", f"tasks/?claimed=true&owner=Support&order={order}")[1]["results"]) == 1
    assert call("get", "tasks/?claimed=false")[1]["results"] == []

    status, done = call("post", f"tasks/{task['id']}/completion/", {"note": "Will wait"})
    assert (status, done["note"], done["claimed_by"]) == (200, "Will wait", "")
    assert call("post", f"tasks/{task['id']}/completion/", {})[1]["code"] == "task_done"
    assert call("get", "tasks/?done=false")[1]["results"] == []
    assert len(call("get", "tasks/?done=true&claimed=false")[1]["results"]) == 1


def test_role_is_known_in_any_case_and_written_as_it_is(call, order):
    sent = {"title": "Call the buyer", "owner": "support"}
    assert call("post", f"orders/{order}/tasks/", sent)[1]["owner"] == "Support"
    assert len(call("get", "tasks/?owner=SUPPORT")[1]["results"]) == 1

    orders.place_hold(order, by=BY, kind="review", reason="Look", owner="finance")
    assert order.holds.get(type="review").owner == "Finance"


def test_task_of_another_channel_is_not_there_and_an_unknown_role_is_refused(call, order, task):
    world.shop("other")
    assert call("get", "tasks/", channel="other")[1]["results"] == []
    assert call("post", f"tasks/{task.pk}/claim/", channel="other")[0] == 404
    status, answer = call("post", f"orders/{order}/tasks/", {"title": "x", "owner": "Nobody"})
    assert (status, answer["errors"][0]["pointer"]) == (400, "/owner")
    assert Task.objects.count() == 1
