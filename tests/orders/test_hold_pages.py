"""Pages of holds: types in Settings, the queue of exceptions."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.dispatch import drain
from oms.models import Job, User
from orders import operations as orders
from orders.models import Hold, HoldType
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db
BY = world.BY
QUEUE = "/admin/orders/hold/"
SENT = {
    "name": "Gift check",
    "code": "gift-check",
    "owner": "Support",
    "due_hours": "4",
    "stops_allocation": "on",
    "lifted_by": "anyone",
    "needs_person": "on",
    "is_active": "on",
    "test": "condition",
    "conditions": '{"all": [{"field": "tags", "op": "has_any", "value": "gift-ok"}]}',
}


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def test_type_is_added_changed_and_said_in_words(ben, client):
    said = client.post(reverse("admin:orders_holdtype_words"), SENT).content.decode()
    assert said == (
        "While a hold of this type is open, the order is not released and gets no stock. Support "
        "looks after it, within 4 h. It ends by itself when: tags include gift-ok."
    )

    bad = client.post(
        reverse("admin:orders_holdtype_add"),
        {**SENT, "conditions": SENT["conditions"].replace("gift-ok", "")},
    )
    assert "needs at least one value" in bad.content.decode()
    client.post(reverse("admin:orders_holdtype_add"), SENT)
    kind = HoldType.objects.get(code="gift-check")
    url = reverse("admin:orders_holdtype_change", args=[kind.pk])
    assert "Gift check" in client.get(url).content.decode()
    client.post(url, {**SENT, "due_hours": "8", "test": ""})

    kind.refresh_from_db()
    assert (kind.due_hours, kind.test, kind.conditions) == (8, "", {})
    assert kind.history.count() == 2
    listed = client.get(reverse("admin:orders_holdtype_changelist")).content.decode()
    assert "8 h" in listed


def test_type_of_the_system_is_shown_and_stays(ben, client):
    kind = HoldType.objects.get(code="remorse")
    url = reverse("admin:orders_holdtype_change", args=[kind.pk])

    page = client.post(url, {**SENT, "name": "Mine"}).content.decode()

    kind.refresh_from_db()
    assert kind.name == "Time to change one's mind"
    assert "stays as it is" in page
    assert ">Save<" not in page


# --- Holds ------------------------------------------------------------------------------------


@pytest.fixture
def held():
    cache.clear()
    world.stocked("MUG", world.warehouse(), 50)
    shop = world.shop()
    made = [world.place(shop, ("MUG", at), external_id=str(at)) for at in (1, 2, 3)]
    kinds = ("fraud", "other", "incomplete_address")
    return [
        orders.place_hold(order, by=BY, kind=code, reason=f"Odd {code}")
        for order, code in zip(made, kinds, strict=True)
    ]


def test_queue_shows_what_is_wrong_what_would_unblock_it_and_one_button_a_row(ben, client, held):
    Hold.objects.filter(pk=held[1].pk).update(due_at=timezone.now() - timedelta(hours=3))

    page = client.get(QUEUE).content.decode()

    first = page.index(str(held[1].order))
    assert first < page.index(str(held[0].order))
    assert first < page.index(str(held[2].order))
    for said in ("3 h over", "Check payment and buyer", "Complete address", "Lift hold"):
        assert said in page
    overdue = client.get(QUEUE + "?view=overdue").content.decode()
    assert "Odd other" in overdue
    assert "Odd fraud" not in overdue
    one = client.get(QUEUE + "?type=fraud").content.decode()
    assert "Odd fraud" in one
    assert "Odd other" not in one


def test_queue_leaves_out_what_only_waits_for_its_time(ben, client, held):
    HoldType.objects.filter(code="other").update(needs_person=False)

    assert "Odd other" not in client.get(QUEUE).content.decode()
    assert "Odd other" in client.get(QUEUE + "?state=waiting").content.decode()


def test_queue_claims_and_gives_back_and_tells_the_second_clerk(ben, client, held):
    url = reverse("admin:orders_hold_claim", args=[held[0].pk])
    assert client.get(url).status_code == 405

    client.post(url)
    held[0].refresh_from_db()
    assert held[0].claimed_by == f"user:{ben.pk}"
    assert "Give back" in client.get(QUEUE + "?view=mine").content.decode()

    other = User.objects.create_user("fay", is_staff=True)
    other.groups.add(Group.objects.get(name="Operations"))
    client.force_login(other)
    assert "ben is working on this" in client.post(url, follow=True).content.decode()

    client.force_login(ben)
    client.post(reverse("admin:orders_hold_give_back", args=[held[0].pk]))
    held[0].refresh_from_db()
    assert held[0].claimed_by == ""


def test_queue_offers_a_lapsed_claim_to_everybody(ben, client, held):
    mine = orders.claim_hold(held[0], by=f"user:{ben.pk}")
    Hold.objects.filter(pk=mine.pk).update(claimed_at=timezone.now() - timedelta(hours=9))
    url = reverse("admin:orders_hold_claim", args=[mine.pk])

    page = reverse("admin:orders_order_change", args=[mine.order_id])
    assert url in client.get(QUEUE).content.decode()
    assert url not in client.get(QUEUE + "?view=mine").content.decode()
    assert "works on it" not in client.get(page).content.decode()

    client.post(url)
    assert "works on it" in client.get(page).content.decode()
    mine.refresh_from_db()
    assert mine.is_claimed(timezone.now())


def test_queue_opens_with_what_one_can_take_and_a_search_finds_the_rest(ben, client, held):
    orders.claim_hold(held[0], by="user:77")
    orders.claim_hold(held[1], by=f"user:{ben.pk}")

    def shown(query=""):
        return set(client.get(QUEUE + query).context["cl"].result_list)

    assert shown() == {held[1], held[2]}
    assert shown("?view=all") == set(held)
    assert shown(f"?q={held[0].order}") == {held[0]}
    assert shown("?type=fraud") == {held[0]}
    tabs = client.get(QUEUE).context["view_tabs"]
    assert [(tab["title"], tab["count"]) for tab in tabs[:2]] == [
        ("Mine and unclaimed", "2"),
        ("All", "3"),
    ]
    assert [tab["title"] for tab in tabs if tab["here"]] == ["Mine and unclaimed"]


def test_claim_without_the_permission_is_forbidden(client, held):
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name="Auditor"))
    client.force_login(user)

    assert client.post(reverse("admin:orders_hold_claim", args=[held[0].pk])).status_code == 403
    assert ">Claim<" not in client.get(QUEUE).content.decode()


def test_queue_with_three_rows_asks_as_much_as_with_one(ben, client, held):
    def count(query):
        cache.clear()
        quiet_sidebar()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(QUEUE + query).status_code == 200
        return len(queries)

    count("")
    assert count("") == count("?type=fraud")


def test_bulk_release_tells_of_every_row_and_is_undone(ben, client, held):
    orders.lift_hold(held[1], by=BY, reason="Faster")
    chosen = {"action": "lift", "act": "lift", "index": "0", "reason": "All looked at"}
    chosen["_selected_action"] = [hold.pk for hold in held]

    client.post(QUEUE + "?state=all", chosen)
    drain()

    job = Job.objects.get()
    assert sorted(job.rows.values_list("state", flat=True)) == ["done", "done", "refused"]
    assert Hold.objects.filter(lifted_at=None).count() == 0

    client.post(reverse("admin:oms_job_act", args=[job.pk, "undo"]), {"act": "undo"})
    drain()
    again = Hold.objects.filter(lifted_at=None)
    assert sorted(again.values_list("type", flat=True)) == ["fraud", "incomplete_address"]
