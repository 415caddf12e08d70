"""The pages about scarce stock: who is next, what a change would do, and making it."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from inventory import operations as inventory
from oms.models import Event, User
from orders.models import Channel, Order
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FRIDAY, LATER = date(2026, 3, 6), date(2026, 3, 20)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=True)


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


@pytest.fixture
def mug():
    """Three mugs on Friday, nine on the 20th; three orders want three, three and two."""
    london = world.warehouse("LON")
    mug = world.product("MUG")
    rows = [inventory.Expected(mug.pk, london.pk, q, day) for q, day in ((3, FRIDAY), (9, LATER))]
    inventory.expect("purchase_order", "PO-1", rows)
    shop = world.shop(duplicate_window_minutes=0)
    for quantity in (3, 3, 2):
        world.place(shop, ("MUG", quantity), placed_at=NOW)
    return mug


def page(mug):
    return reverse("admin:orders_scarce_product", args=[mug.pk])


def orders_now():
    return list(Order.objects.order_by("pk"))


def shown(response):
    return [
        (turn["waiter"].quantity, turn["turn"].gets.ships_by.date(), turn["turn"].outcome)
        for turn in response.context["turns"]
    ]


def test_list_shows_what_is_waited_for_and_what_comes(ben, mug):
    rows = ben.get(reverse("admin:orders_scarce")).context["rows"]

    assert [(row["product"].sku, row["product"].units, row["product"].orders) for row in rows] == [
        ("MUG", 8, 3)
    ]
    assert (rows[0]["next"].quantity, rows[0]["next"].due_on) == (3, FRIDAY)


def test_list_asks_as_much_for_three_products_as_for_one(ben, mug, django_assert_num_queries):
    def count():
        quiet_sidebar()
        with django_assert_num_queries(17, exact=False) as captured:
            ben.get(reverse("admin:orders_scarce"))
        return len(captured)

    count()
    one = count()
    shop = world.shop("other", duplicate_window_minutes=0)
    for sku in ("CUP", "POT"):
        world.product(sku)
        world.place(shop, (sku, 2))

    assert count() == one


def test_page_shows_who_is_next(ben, mug):
    assert shown(ben.get(page(mug))) == [(3, FRIDAY, ""), (3, LATER, ""), (2, LATER, "")]


def test_preview_shows_whose_promise_breaks_and_changes_nothing(ben, mug):
    last = orders_now()[2]

    response = ben.get(page(mug), {"front": last.pk})

    assert shown(response) == [(2, FRIDAY, ""), (3, LATER, "broken"), (3, LATER, "")]
    assert [turn.waiter.number for turn in response.context["line"].broken] == [
        orders_now()[0].number
    ]
    assert [order.priority for order in orders_now()] == [0, 0, 0]
    assert not Event.objects.filter(name="order.priority_set").exists()


def test_apply_sets_priorities_with_the_reason(ben, mug):
    first, second, _ = orders_now()

    ben.post(page(mug), {f"priority-{second.pk}": "7", "reason": "Trade fair"})

    assert [order.priority for order in orders_now()] == [0, 7, 0]
    event = Event.objects.get(name="order.priority_set")
    assert (event.subject_id, event.facts["reason"]) == (second.pk, "Trade fair")
    assert event.actor == f"user:{User.objects.get().pk}"
    assert "Trade fair" in second.history.first().history_change_reason
    assert first.history.count() == 1


@pytest.mark.parametrize(
    "sent", [{"priority-x": "1", "reason": "?"}, {"reason": "?"}, {"front": "999999"}]
)
def test_nonsense_changes_nothing(ben, mug, sent):
    assert ben.post(page(mug), sent).status_code == 200
    assert [order.priority for order in orders_now()] == [0, 0, 0]


@pytest.mark.parametrize("text", ["", "abc", "99999999", "1.5"])
def test_priority_that_is_no_number_is_left_alone(ben, mug, text):
    order = orders_now()[0]

    ben.post(page(mug), {f"priority-{order.pk}": text, "reason": "Why not"})

    assert orders_now()[0].priority == 0


def test_apply_without_a_reason_is_refused(ben, mug):
    order = orders_now()[1]

    response = ben.post(page(mug), {f"priority-{order.pk}": "7", "reason": " "})

    assert "Say why" in response.content.decode()
    assert orders_now()[1].priority == 0


def test_warehouse_may_look_but_not_move(client, mug):
    user = User.objects.create_user("wim", is_staff=True)
    user.groups.add(Group.objects.get(name="Warehouse"))
    client.force_login(user)
    order = orders_now()[1]

    assert client.get(page(mug)).status_code == 200
    sent = {f"priority-{order.pk}": "7", "reason": "Mine"}
    assert client.post(page(mug), sent).status_code == 403
    assert orders_now()[1].priority == 0


def test_empty_pages_teach(ben):
    cup = world.product("CUP")

    assert "No order waits" in ben.get(reverse("admin:orders_scarce")).content.decode()
    assert "Nobody waits" in ben.get(page(cup)).content.decode()
    assert ben.get(reverse("admin:orders_scarce_product", args=[10**9])).status_code == 404


def test_order_page_shows_its_promise_and_what_makes_it(ben, mug):
    order = orders_now()[1]

    text = ben.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    assert "purchase order PO-1" in text
    assert "20 Mar" in text


def test_policies_and_transit_times_open(ben):
    for name in ("orders_allocationpolicy", "inventory_transittime", "inventory_softreservation"):
        assert ben.get(reverse(f"admin:{name}_changelist")).status_code == 200
    assert ben.get(reverse("admin:inventory_transittime_add")).status_code == 200
    assert ben.get(reverse("admin:orders_allocationpolicy_add")).status_code == 200


def test_page_says_whose_promise_is_only_the_channels_aim(ben, mug):
    world.place(Channel.objects.get(), ("MUG", 90), placed_at=NOW)

    answer = ben.get(page(mug))

    assert [bool(turn["waiter"].told_at) for turn in answer.context["turns"]] == [
        True,
        True,
        True,
        False,
    ]
    assert answer.content.decode().count("the channel's aim; no day was told") == 1
