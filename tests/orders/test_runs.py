"""One act on many orders: counted beforehand, told row by row, stopped, gone on with, undone."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from oms import jobs, keys
from oms.admin import runs
from oms.dispatch import drain
from oms.models import ApiKey, Event, Job, JobRow, JobState, User
from orders import operations, queries
from orders.admin import acts
from orders.models import Hold, Order
from tests.factories import BY, CORA, place, shop, stocked, warehouse

pytestmark = pytest.mark.django_db
LIST = "/admin/orders/order/"
HOLD = {"action": "place_hold", "act": "place_hold", "kind": "other", "reason": "Stocktaking"}


@pytest.fixture(autouse=True)
def _no_counts_kept():
    cache.clear()


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


@pytest.fixture
def orders():
    """Three orders with stock that wait for a person, and one that is cancelled."""
    stocked("MUG", warehouse(), 10)
    channel = shop(auto_release=False, duplicate_window_minutes=0)
    placed = [place(channel, ("MUG", 1), external_id=str(number)) for number in range(4)]
    operations.cancel(placed[3], by=BY, reason="staff")
    return placed


def run(client, *rows, path=LIST, follow=False, **data):
    """Press the bulk act and let the worker do it; the job."""
    client.post(path, data | {"_selected_action": [row.pk for row in rows]}, follow=follow)
    drain()
    return Job.objects.filter(kind="act").latest("pk")


def told(job):
    return dict(job.rows.order_by("pk").values_list("label", "state"))


def page_of(job, *name):
    return reverse(f"admin:oms_job_{'_'.join(name) or 'change'}", args=[job.pk])


def press(client, job, act):
    client.post(reverse("admin:oms_job_act", args=[job.pk, act]), {"act": act})
    drain()
    return Job.objects.latest("pk")


def test_run_counts_beforehand_what_would_be_refused_and_why(ben, orders):
    keys = [order.pk for order in orders]

    page = ben.post(LIST, {"action": "place_hold", "_selected_action": keys, "index": "0"})

    forecast = page.context["forecast"]
    assert (forecast.total, forecast.allowed) == (4, 3)
    assert forecast.refused == {"It is closed or cancelled.": 1}
    assert "Refused: It is closed or cancelled." in page.content.decode()
    assert not Job.objects.exists()


def test_run_gives_every_row_its_own_result(ben, orders):
    job = run(ben, *orders, **HOLD)

    assert told(job) == {
        order.number: "refused" if order == orders[3] else "done" for order in orders
    }
    assert (job.state, job.done, job.total, job.failed) == ("done", 4, 4, 1)
    assert {hold.order for hold in Hold.objects.all()} == set(orders[:3])
    assert {hold.placed_by for hold in Hold.objects.all()} == {job.created_by}
    assert job.rows.get(state="refused").message == "It is closed or cancelled."


def test_run_over_all_that_match_takes_the_filtered_set_and_not_the_page(ben, orders, monkeypatch):
    monkeypatch.setattr("orders.admin.order.OrderAdmin.list_per_page", 1)
    operations.place_hold(orders[0], by=BY, kind="fraud", reason="Look")

    path = f"{LIST}?view=hold"
    held = run(ben, orders[0], path=path, action="tag", act="tag", tags="a", select_across="1")
    every = run(ben, orders[0], action="tag", act="tag", tags="b, c", select_across="1")

    assert told(held) == {orders[0].number: "done"}
    assert set(told(every)) == {order.number for order in orders}
    assert sorted(Order.objects.get(pk=orders[0].pk).tags) == ["a", "b", "c"]


def test_run_that_is_sent_twice_starts_once(ben, orders):
    token = {"once": "0" * 31 + "1", "_selected_action": [orders[0].pk]}

    for _ in range(2):
        ben.post(LIST, HOLD | token)

    assert Job.objects.count() == 1


def test_run_with_bad_input_or_nothing_chosen_starts_nothing(ben, orders):
    gone = ben.post(LIST, HOLD | {"_selected_action": [0]}, follow=True)
    assert "Nothing matches; choose rows or change the filters." in gone.content.decode()

    wrong = HOLD | {"kind": "nonsense", "_selected_action": [orders[0].pk]}
    assert "kind" in ben.post(LIST, wrong).context["form"].errors

    assert not Job.objects.exists()


def test_run_larger_than_allowed_is_refused(ben, orders, monkeypatch):
    monkeypatch.setattr(runs, "MOST_ROWS", 3)

    page = ben.post(LIST, HOLD | {"_selected_action": [order.pk for order in orders]}, follow=True)

    assert "At most 3 rows at once; narrow the filters." in page.content.decode()
    assert not Job.objects.exists()
    assert not JobRow.objects.exists()


def test_run_killed_in_the_middle_goes_on_without_doing_a_row_twice(ben, orders, monkeypatch):
    ben.post(LIST, HOLD | {"_selected_action": [order.pk for order in orders[:3]]})
    job = Job.objects.get()
    real, calls = operations.ask_hold, []

    def dies_at_the_second(order, **given):
        calls.append(order)
        hold = real(order, **given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return hold

    monkeypatch.setattr(operations, "ask_hold", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        jobs.run.call(job.pk)
    assert Hold.objects.count() == 1  # the second went with its transaction

    jobs.run.call(job.pk)

    job.refresh_from_db()
    assert (job.state, set(told(job).values())) == ("done", {"done"})
    assert Hold.objects.count() == Event.objects.filter(name="order.held").count() == 3
    assert [calls.count(order) for order in orders[:3]] == [1, 2, 1]


def test_run_is_stopped_and_gone_on_with(ben, orders, monkeypatch):
    monkeypatch.setattr(jobs, "EVERY_SECONDS", 0)
    ben.post(LIST, HOLD | {"_selected_action": [order.pk for order in orders[:3]]})
    job = Job.objects.get()
    real = operations.ask_hold

    def somebody_stops(order, **given):
        jobs.stop(job, by=BY)
        return real(order, **given)

    monkeypatch.setattr(operations, "ask_hold", somebody_stops)
    drain()
    job.refresh_from_db()
    assert (job.state, job.stopped_by) == (JobState.STOPPED, BY)
    assert sorted(told(job).values()) == ["done", "waiting"]  # labels come with the act
    assert job.rows.filter(state="waiting").count() == 2

    monkeypatch.setattr(operations, "ask_hold", real)
    press(ben, job, "go_on")

    resumed = Event.objects.get(name="job.resumed")
    assert (resumed.subject_id, resumed.actor) == (job.pk, f"user:{User.objects.get().pk}")
    job.refresh_from_db()
    assert (job.state, set(told(job).values())) == ("done", {"done"})
    assert Hold.objects.count() == 3


def test_run_that_was_undone_is_not_gone_on_with(ben, orders):
    job = run(ben, *orders[:3], **HOLD)
    Job.objects.filter(pk=job.pk).update(state=JobState.STOPPED)
    job.rows.filter(key=orders[2].pk).update(state="waiting", back=None)
    press(ben, job, "undo")

    with pytest.raises(jobs.NothingLeft):
        jobs.go_on(Job.objects.get(pk=job.pk), by=BY)

    assert job.rows.filter(state="waiting").count() == 1
    assert not Event.objects.filter(name="job.resumed").exists()


def test_row_that_lost_a_deadlock_is_tried_again(ben, orders, monkeypatch):
    real, lost = operations.ask_hold, []

    def loses(order, **given):
        if order == orders[1] and len(lost) < 2:
            lost.append(order)
            raise OperationalError from DeadlockDetected()
        return real(order, **given)

    monkeypatch.setattr(operations, "ask_hold", loses)
    job = run(ben, *orders[:3], **HOLD)

    assert (len(lost), set(told(job).values())) == (2, {"done"})
    assert Hold.objects.count() == 3


def test_run_of_a_key_ends_with_the_key():
    key, _ = keys.create("shop", channel=shop().code)
    by = f"api-key:{key.prefix}"
    assert runs.OnBehalf(by).may("orders.place_hold")

    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert not runs.OnBehalf(by).may("orders.place_hold")


def test_run_where_one_row_breaks_goes_on_with_the_others(ben, orders, monkeypatch):
    real = operations.ask_hold

    def breaks(order, **given):
        if order == orders[1]:
            raise ValueError("ada@example.com")
        return real(order, **given)

    monkeypatch.setattr(operations, "ask_hold", breaks)
    job = run(ben, *orders[:3], **HOLD)

    assert (job.state, job.failed) == ("done", 1)
    assert job.rows.get(state="failed").message == "ValueError; the log says more."
    assert Hold.objects.count() == 2


def test_run_by_whoever_lost_the_right_does_nothing(ben, orders):
    ben.post(LIST, HOLD | {"_selected_action": [orders[0].pk]})
    User.objects.get().groups.clear()

    drain()

    job = Job.objects.get()
    assert (job.state, job.error) == ("failed", "Whoever started this may not do it, or no longer.")
    assert told(job) == {"": "waiting"}
    assert not Hold.objects.exists()


def test_run_shows_its_rows_by_outcome_and_as_a_file(ben, orders):
    job = run(ben, *orders, **HOLD)

    refused = ben.get(page_of(job), {"outcome": "refused"})
    lines = b"".join(ben.get(page_of(job, "rows")).streaming_content).decode("utf-8-sig")

    assert [row.label for row in refused.context["rows"]] == [orders[3].number]
    rows = list(csv.reader(StringIO(lines)))
    assert rows[0] == ["row", "outcome", "message"]
    assert [row[:2] for row in rows[1:]] == [
        [order.number, "refused" if order == orders[3] else "done"] for order in orders
    ]


def test_run_that_waits_calls_its_rows_by_name_and_shows_them_anew(ben, orders):
    ben.post(LIST, HOLD | {"_selected_action": [order.pk for order in orders]})
    job = Job.objects.get()

    waiting = ben.get(page_of(job))
    drain()
    done = ben.get(page_of(job))

    assert [row.label for row in waiting.context["rows"]] == [order.number for order in orders]
    assert 'hx-select="#job-rows"' in waiting.content.decode()
    assert 'hx-select="#job-rows"' not in done.content.decode()


# --- Undo -------------------------------------------------------------------------------------


def test_undo_of_a_hold_lifts_what_the_run_placed_and_nobody_lifted_since(ben, orders):
    before = operations.place_hold(orders[2], by=BY, kind="other", reason="Before")
    job = run(ben, *orders[:3], **HOLD)
    operations.lift_hold(Hold.objects.get(order=orders[0]), by="user:99", reason="Mine")

    undone = press(ben, job, "undo")

    assert undone.undoes == job
    assert told(undone) == {orders[0].number: "refused", orders[1].number: "done"}
    assert list(Hold.objects.filter(lifted_at=None)) == [before]
    assert undone.rows.get(state="refused").message == "This hold was lifted by user:99."


def test_undo_of_lifting_places_the_same_holds_again(ben, orders):
    for order in orders[:2]:
        operations.place_hold(order, by=BY, kind="fraud", reason="Look", owner="Finance")
    job = run(ben, *orders[:2], action="lift_holds", act="lift_holds", reason="Looked")
    operations.place_hold(orders[0], by=BY, kind="fraud", reason="Once more")

    undone = press(ben, job, "undo")

    assert told(undone) == {orders[0].number: "refused", orders[1].number: "done"}
    again = Hold.objects.get(order=orders[1], lifted_at=None)
    assert (again.kind, again.owner, again.reason) == ("fraud", "Finance", "Look (Run undone)")
    assert Hold.objects.get(order=orders[0], lifted_at=None).reason == "Once more"


def test_undo_of_priorities_and_tags_leaves_what_others_decided_since(ben, orders):
    operations.tag(orders[0], by=BY, add=["vip"])
    first = run(ben, *orders[:3], action="tag", act="tag", tags="vip, gift")
    second = run(
        ben, *orders[:3], action="set_priority", act="set_priority", priority="7", reason="Fair"
    )
    operations.set_priority(orders[1], by="user:99", priority=9, reason="Mine")
    operations.tag(orders[2], by="user:99", remove=["gift"])

    tags, priorities = press(ben, first, "undo"), press(ben, second, "undo")

    found = {order.pk: order for order in Order.objects.all()}
    assert [found[order.pk].priority for order in orders[:3]] == [0, 9, 0]
    assert [found[order.pk].tags for order in orders[:3]] == [["vip"], [], ["vip"]]
    assert list(told(priorities).values()) == ["done", "refused", "done"]
    assert list(told(tags).values()) == ["done", "done", "refused"]
    assert "changed since; it stays as it is now." in tags.rows.get(state="refused").message


def test_undo_happens_once_and_only_where_there_is_a_way_back(ben, orders):
    job = run(ben, orders[0], **HOLD)
    press(ben, job, "undo")
    cancelled = run(ben, orders[1], action="cancel", act="cancel", reason="staff")

    for ended in (Job.objects.get(pk=job.pk), cancelled, Job.objects.get(undoes=job)):
        with pytest.raises(runs.CannotBeUndone):
            runs.undo(ended, by=BY)
    assert Job.objects.count() == 3


# --- The forecast and the buttons -------------------------------------------------------------


def test_forecast_agrees_with_the_buttons_of_each_order(orders):
    channel = orders[0].channel
    working = place(channel, ("MUG", 1), external_id="r", customer=CORA)
    operations.release(working, by=BY)
    operations.place_hold(orders[1], by=BY, kind="fraud", reason="Look")
    unpaid = place(shop("paid", auto_release=False, needs_payment=True), ("MUG", 1), customer=CORA)
    waits = place(channel, ("MUG", 99), external_id="w", customer=CORA)
    every = [*orders, waits, working, unpaid]
    names = {"lift_holds": "lift_hold", "set_priority": "place_hold"}

    checked = [act for act in acts.ORDER_ACTS if act.refuses and act.name != "untag"]

    assert {act.name for act in checked} >= {"release", "reroute", "place_hold", "cancel"}
    for act in checked:
        said = dict(Order.objects.annotate(why=runs.why_not(act)).values_list("pk", "why"))
        shown = {
            order.pk: names.get(act.name, act.name)
            in queries.allowed_actions(Order.objects.get(pk=order.pk))
            for order in every
        }
        assert {pk: why == runs.ALLOWED for pk, why in said.items()} == shown, act.name
