"""What buyers are promised, what makes it, and why it changes."""

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest

from inventory import operations as inventory
from inventory.models import TransitTime
from oms import keys
from oms.dispatch import drain
from oms.models import AppendOnlyError, Event
from orders import operations as orders
from orders.admin.timeline import timeline
from orders.models import AllocationPolicy, Order, Promise
from orders.queries.changes import standing
from orders.queries.moments import moments_of
from orders.queries.notices import notice_values
from orders.queries.promising import told_day
from orders.queries.serving import lines_in_turn
from tests import factories as world

pytestmark = pytest.mark.django_db

BY = world.BY
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
TUESDAY, FRIDAY, LATER = date(2026, 3, 3), date(2026, 3, 6), date(2026, 3, 20)


@pytest.fixture(autouse=True)
def monday(time_machine):
    time_machine.move_to(NOW, tick=True)


@pytest.fixture
def london():
    return world.warehouse("LON", cutoff=time(14, 0), time_zone="Europe/London")


@pytest.fixture
def mug(london):
    return world.stocked("MUG", london, 2)


@pytest.fixture
def shop(mug):
    return world.shop(duplicate_window_minutes=0)


def comes(product, *rows, reference="PO-1", kind="purchase_order"):
    place = product.levels.first().location
    inventory.expect(
        kind, reference, [inventory.Expected(product.pk, place.pk, q, day) for q, day in rows]
    )


def place(shop, *lines, **fields):
    return world.place(shop, *lines, **{"placed_at": NOW, **fields})


def day_of(order):
    order.refresh_from_db()
    return order.promised_at.date()


def ledger(order):
    return list(order.promises.order_by("sequence").values_list("reason", "promised_at__date"))


# --- Placing --------------------------------------------------------------------------------------


def test_order_from_stock_is_promised_by_its_channels_rule_and_writes_nothing(shop):
    order = place(shop, ("MUG", 2))

    assert order.promised_at == NOW + timedelta(days=2)
    assert not Promise.objects.exists()


def test_order_that_waits_is_promised_when_its_supply_can_leave(shop, mug):
    comes(mug, (10, FRIDAY))

    order = place(shop, ("MUG", 5))

    assert day_of(order) == FRIDAY + timedelta(days=1)  # after Friday's cut-off
    row = order.promises.get()
    assert (row.sequence, row.reason, row.by) == (1, "placed", BY)
    assert row.made_of == [
        {
            "line": 1,
            "sku": "MUG",
            "kind": "purchase_order",
            "reference": "PO-1",
            "location": "LON",
            "quantity": 3,
            "ready_on": "2026-03-06",
            "ships_on": "2026-03-07",
            "arrives_on": "2026-03-08",
        }
    ]


def test_promise_is_never_sooner_than_the_rule(shop, mug):
    shop.promise_days = 9
    comes(mug, (10, TUESDAY))

    assert day_of(place(shop, ("MUG", 5))) == date(2026, 3, 11)


def test_promise_leaves_others_what_they_were_promised(shop, mug):
    comes(mug, (3, FRIDAY))
    comes(mug, (10, LATER), reference="PO-2")
    first = place(shop, ("MUG", 5))  # two from stock, three on Friday

    second = place(shop, ("MUG", 1))

    assert day_of(first) == FRIDAY + timedelta(days=1)
    assert day_of(second) == LATER + timedelta(days=1)


def test_orders_of_one_batch_are_not_promised_the_same_units(shop, mug):
    comes(mug, (3, FRIDAY))
    comes(mug, (10, LATER), reference="PO-2")
    wishes = [
        world.wish(("MUG", 5), external_id=f"W-{n}", placed_at=NOW, customer=buyer)
        for n, buyer in enumerate((world.ADA, world.CORA))
    ]

    days = [day_of(row.order) for row in orders.place(shop, wishes, by=BY)]

    assert days == [FRIDAY + timedelta(days=1), LATER + timedelta(days=1)]


def test_nothing_in_sight_leaves_the_rule_and_says_so(shop):
    order = place(shop, ("MUG", 5))

    assert order.promised_at == NOW + timedelta(days=2)
    assert order.promises.get().made_of == [
        {"line": 1, "sku": "MUG", "kind": "none", "quantity": 3}
    ]


def test_buyer_is_told_no_day_while_nothing_in_sight_covers_what_waits(shop, mug):
    order = place(shop, ("MUG", 5))
    assert told_day(order, order.lines.all()) is None
    assert notice_values(order)["ship_by"] is None
    assert standing(order).promised_at is None

    comes(mug, (10, FRIDAY))
    orders.repromise([mug.pk], by=BY, reason="supply_slipped")
    order.refresh_from_db()

    assert told_day(order, order.lines.all()) == order.promised_at
    assert day_of(order) == FRIDAY + timedelta(days=1)


def test_buyer_is_told_the_day_that_somebody_gave_although_nothing_is_in_sight(shop):
    order = place(shop, ("MUG", 5))
    orders.change_promise(
        order, by=BY, promised_at=NOW + timedelta(days=9), reason="staff", note="Asked the maker"
    )
    order.refresh_from_db()

    assert told_day(order, order.lines.all()) == NOW + timedelta(days=9)


def test_buyer_is_told_the_day_again_once_the_units_are_there(shop, mug):
    order = place(shop, ("MUG", 5))
    inventory.receive(mug, mug.levels.first().location, 10, by=BY)
    orders.serve_waiting([mug.pk], by=BY)
    order.refresh_from_db()

    assert told_day(order, order.lines.all()) == order.promised_at


def test_preorder_is_taken_and_promised_for_its_day_even_without_backorders(london):
    world.product("NEW", preorder_on=LATER)
    shop = world.shop(allows_backorder=False)

    order = place(shop, ("NEW", 3))

    assert day_of(order) == LATER
    assert order.promises.get().made_of[0]["kind"] == "preorder"


def test_preorder_with_later_supply_waits_for_the_supply(london):
    new = world.product("NEW", preorder_on=FRIDAY)
    row = inventory.Expected(new.pk, london.pk, 10, LATER)
    inventory.expect("purchase_order", "PO-9", [row])

    order = place(world.shop(), ("NEW", 3))

    assert day_of(order) == LATER + timedelta(days=1)


def test_product_whose_day_has_come_is_refused_like_any_other(london):
    world.product("NEW", preorder_on=NOW.date())

    with pytest.raises(orders.OutOfStock):
        place(world.shop(allows_backorder=False), ("NEW", 3))


def test_placing_from_stock_asks_nothing_about_promises(shop, django_assert_max_num_queries):
    place(shop, ("MUG", 1))

    with django_assert_max_num_queries(40) as captured:
        place(shop, ("MUG", 1), customer=world.CORA)

    asked = [q["sql"] for q in captured if "expectedsupply" in q["sql"] or "promise" in q["sql"]]
    assert [sql for sql in asked if "orders_promise" in sql or "expectedsupply" in sql] == []


def test_promise_counts_working_days_and_holidays(shop, mug, london):
    from inventory.models import Holiday, HolidayCalendar, LocationService

    calendar = HolidayCalendar.objects.create(name="UK")
    Holiday.objects.create(calendar=calendar, day=date(2026, 3, 9))
    LocationService.objects.create(
        location=london, weekdays="12345", calendar=calendar, lead_days=1
    )
    comes(mug, (10, FRIDAY))

    # Friday's cut-off has passed, the weekend and Monday are free, and work takes a day.
    assert day_of(place(shop, ("MUG", 5))) == date(2026, 3, 11)


def test_promise_leaves_fenced_units_alone(get, shop, mug):
    from inventory.models import StockLevel

    assert get("promise/?sku=MUG&quantity=2")[1]["promises"][0]["missing"] == 0
    StockLevel.objects.update(fenced=2)
    assert get("promise/?sku=MUG&quantity=2")[1]["promises"][0]["missing"] == 2


# --- Changes --------------------------------------------------------------------------------------


def test_supply_that_slips_slips_the_promise_and_says_why(shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))

    comes(mug, (10, LATER))
    drain(webhooks=False)

    assert ledger(order) == [
        ("placed", FRIDAY + timedelta(days=1)),
        ("supply_slipped", LATER + timedelta(days=1)),
    ]
    assert day_of(order) == LATER + timedelta(days=1)
    event = Event.objects.get(name="order.promise_changed")
    assert (event.subject_id, event.channel, event.facts["reason"]) == (
        order.pk,
        "shop",
        "supply_slipped",
    )
    assert order.history.first().promised_at == order.promised_at


def test_supply_that_comes_sooner_is_told_as_well(shop, mug):
    comes(mug, (10, LATER))
    order = place(shop, ("MUG", 5))

    comes(mug, (10, FRIDAY))
    drain(webhooks=False)

    assert ledger(order)[-1] == ("supply_sooner", FRIDAY + timedelta(days=1))


def test_supply_that_is_called_off_is_written_down_once(shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))

    comes(mug)
    drain(webhooks=False)
    orders.repromise([mug.pk], by=BY, reason="supply_slipped")

    assert ledger(order) == [
        ("placed", FRIDAY + timedelta(days=1)),
        ("supply_lost", FRIDAY + timedelta(days=1)),
    ]


def test_lost_supply_is_told_without_a_day_on_the_pages(shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))

    comes(mug)
    drain(webhooks=False)

    on_order = [entry.sentence for entry in timeline(order, {})]
    of_person = [moment.sentence for moment in moments_of([order.customer_id], None, 50)]
    assert "No day can be promised any more – supply lost" in on_order
    assert "No day can be promised any more" in of_person
    assert not [text for text in on_order + of_person if "Ship by" in text]


def test_only_those_slip_for_whom_it_is_not_enough(shop, mug):
    comes(mug, (6, FRIDAY))
    first = place(shop, ("MUG", 5))
    second = place(shop, ("MUG", 3))

    comes(mug, (3, FRIDAY), (3, LATER))
    drain(webhooks=False)

    assert ledger(first) == [("placed", FRIDAY + timedelta(days=1))]
    assert ledger(second)[-1] == ("supply_slipped", LATER + timedelta(days=1))


def test_repromise_again_changes_nothing(shop, mug):
    comes(mug, (10, FRIDAY))
    place(shop, ("MUG", 5))
    comes(mug, (10, LATER))

    assert orders.repromise([mug.pk], by=BY, reason="supply_slipped") == 1
    assert orders.repromise([mug.pk], by=BY, reason="supply_slipped") == 0


def test_promise_by_rule_is_written_down_when_it_changes(shop, mug):
    order = place(shop, ("MUG", 2))
    level = mug.levels.get()
    orders.recall_units(
        order,
        by=BY,
        units=[inventory.Units(order.lines.get().pk, level.location_id, 2)],
        reason="broken",
    )
    inventory.adjust(mug, level.location, -2, by=BY, why=inventory.Why("not-found"))
    comes(mug, (10, LATER))
    orders.advance(order, by=BY)

    drain(webhooks=False)

    assert ledger(order)[0][0] == "placed"
    assert ledger(order)[-1][1] == LATER + timedelta(days=1)


def test_orders_on_hold_are_not_promised_anew(shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))
    orders.place_hold(order, by=BY, kind="other", reason="Wait")

    comes(mug, (10, LATER))
    drain(webhooks=False)

    assert len(ledger(order)) == 1


def test_change_promise_by_hand_stays_until_supply_gets_worse(shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))
    wanted = datetime(2026, 3, 5, 18, 0, tzinfo=UTC)

    orders.change_promise(order, by=BY, promised_at=wanted, reason="expedited", note="By courier")
    orders.repromise([mug.pk], by=BY, reason="supply_slipped")

    row = order.promises.last()
    assert (row.reason, row.note, row.by) == ("expedited", "By courier", BY)
    assert day_of(order) == date(2026, 3, 5)
    comes(mug, (10, LATER))
    orders.repromise([mug.pk], by=BY, reason="supply_slipped")
    assert ledger(order)[-1][0] == "supply_slipped"


@pytest.mark.parametrize("wrong", ["past", "finished"])
def test_change_promise_refusals_change_nothing(shop, wrong):
    order = place(shop, ("MUG", 1))
    when = NOW + timedelta(days=5)
    if wrong == "past":
        when = NOW - timedelta(days=1)
    else:
        Order.objects.update(status="closed")

    with pytest.raises(orders.NotPromised):
        orders.change_promise(order, by=BY, promised_at=when, reason="staff")

    assert (Promise.objects.count(), day_of(order)) == (0, date(2026, 3, 4))


def test_ledger_is_append_only(shop, mug):
    promise = place(shop, ("MUG", 5)).promises.get()

    with pytest.raises(AppendOnlyError):
        promise.save()
    with pytest.raises(AppendOnlyError):
        promise.delete()


# --- Who is served first --------------------------------------------------------------------------


def turn(mug):
    return [one.number for one in lines_in_turn([mug.pk])[mug.pk]]


def test_priority_decides_then_promise_then_age(shop, mug):
    old = place(shop, ("MUG", 5), placed_at=NOW - timedelta(hours=2))
    new = place(shop, ("MUG", 5), placed_at=NOW - timedelta(hours=1))
    dear = place(shop, ("MUG", 5), priority=5)

    assert turn(mug) == [dear.number, old.number, new.number]


def test_policy_is_data_and_decides_who_gets_the_next_units(shop, mug):
    """A product's own policy beats the one for all; what it names is what counts."""
    trade = world.shop("trade", allocation_rank=1, duplicate_window_minutes=0)
    place(shop, ("MUG", 2))
    web, b2b = place(shop, ("MUG", 1), priority=9), place(trade, ("MUG", 1))
    AllocationPolicy.objects.create(first="priority")
    AllocationPolicy.objects.create(product=mug, first="channel", second="age")
    assert turn(mug) == [b2b.number, web.number]

    inventory.receive(mug, mug.levels.get().location, 1, by=BY)
    drain(webhooks=False)

    assert [order.lines.get().allocated for order in (web, b2b)] == [0, 1]


def test_policy_once_for_all_and_each_criterion_once(mug):
    from django.core.exceptions import ValidationError
    from django.db import IntegrityError, transaction

    AllocationPolicy.objects.create(first="priority")
    with pytest.raises(IntegrityError), transaction.atomic():
        AllocationPolicy.objects.create(first="age")
    with pytest.raises(ValidationError):
        AllocationPolicy(first="age", second="age").full_clean()


def test_set_priorities_moves_the_line_and_promises_follow(shop, mug):
    comes(mug, (3, FRIDAY), (9, LATER))
    first, second = place(shop, ("MUG", 5)), place(shop, ("MUG", 3))
    drain(webhooks=False)

    orders.set_priorities({second.pk: 5, first.pk: 0}, by="user:7", reason="Press samples")
    drain(webhooks=False)

    event = Event.objects.get(name="order.priority_set")
    assert (event.subject_id, event.actor) == (second.pk, "user:7")
    assert event.facts == {"before": 0, "after": 5, "reason": "Press samples"}
    assert ledger(first)[-1] == ("reordered", LATER + timedelta(days=1))
    assert ledger(second)[-1] == ("reordered", FRIDAY + timedelta(days=1))


# --- The API --------------------------------------------------------------------------------------


@pytest.fixture
def get(client, shop):
    headers = {"Authorization": f"Api-Key {keys.create('Shop', channel='shop')[1]}"}

    def ask(path):
        answer = client.get(f"/api/v1/{path}", headers=headers)
        return answer.status_code, answer.json()

    return ask


def test_api_promises_a_basket(get, mug):
    comes(mug, (10, FRIDAY))

    status, told = get(
        "promise/?sku=MUG&sku=MUG&sku=NO&quantity=2&quantity=3&quantity=1&country=GB"
    )

    assert status == 200
    stock, supply, unknown = told["promises"]
    part = stock["made_of"][0]
    assert (part["kind"], part["ready_on"], part["ships_on"]) == (
        "stock",
        "2026-03-02",
        "2026-03-02",
    )
    assert [one["waits_days"] for one in told["promises"]] == [2, 0, 0]
    assert (stock["ships_by"][:10], stock["arrives_on"]) == ("2026-03-04", "2026-03-05")
    assert supply["made_of"][0]["reference"] == "PO-1"
    assert supply["arrives_on"] == "2026-03-08"
    assert (unknown["missing"], unknown["ships_by"]) == (1, None)
    assert told["arrives_on"] is None


def test_api_counts_what_others_were_promised(get, shop, mug):
    comes(mug, (3, FRIDAY))
    place(shop, ("MUG", 5))

    assert get("promise/?sku=MUG&quantity=1")[1]["promises"][0]["missing"] == 1


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [("", "/sku"), ("sku=A&quantity=x", "/quantity"), ("sku=A&sku=B&quantity=1", "/quantity")],
)
def test_api_says_what_is_wrong(get, asked, pointer):
    status, told = get(f"promise/?{asked}")

    assert (status, told["errors"][0]["pointer"]) == (400, pointer)


def test_api_shows_an_orders_promise_and_its_history(get, shop, mug):
    comes(mug, (10, FRIDAY))
    order = place(shop, ("MUG", 5))
    comes(mug, (10, LATER))
    drain(webhooks=False)

    assert get(f"orders/{order.number}/")[1]["promise"]["reason"] == "supply_slipped"
    told = get(f"orders/{order.number}/promises/")[1]
    assert [row["reason"] for row in told] == ["placed", "supply_slipped"]
    assert get("orders/SO9/promises/")[0] == 404


def test_transit_depends_on_the_way(get, mug):
    TransitTime.objects.create(reach="abroad", country="FR", beyond_km=0, days=11)

    def arrives(country):
        return get(f"promise/?sku=MUG&country={country}")[1]["arrives_on"]

    assert [arrives(country) for country in ("GB", "FR", "AU")] == [
        "2026-03-05",
        "2026-03-15",
        "2026-03-12",
    ]


def test_api_gives_an_order_another_promise(shop, call):
    order = place(shop, ("MUG", 2))
    sent = {"promised_at": "2026-03-09T12:00:00Z", "reason": "expedited", "note": "By courier"}

    answer = call("POST", f"orders/{order.number}/promises/", sent)
    past = call(
        "POST", f"orders/{order.number}/promises/", {**sent, "promised_at": "2026-03-01T00:00:00Z"}
    )

    assert (answer.status_code, answer.json()["reason"], answer.json()["note"]) == (
        201, "expedited", "By courier",
    )  # fmt: skip
    assert (past.status_code, past.json()["code"]) == (409, "not_promised")
    assert ledger(order)[-1] == ("expedited", date(2026, 3, 9))
    assert order.promises.last().by.startswith("api-key:")


def test_api_moves_an_order_forward(shop, call):
    order = place(shop, ("MUG", 5))

    answer = call("PUT", f"orders/{order.number}/priority/", {"priority": 7, "reason": "VIP"})

    order.refresh_from_db()
    assert (answer.status_code, answer.json()["priority"], order.priority) == (200, 7, 7)
    assert Event.objects.get(name="order.priority_set").facts["reason"] == "VIP"


@pytest.fixture
def call(client):
    _, key = keys.create("shop", channel="shop")

    def send(method, path, body):
        return client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Api-Key {key}"},
        )

    return send


# --- Whoever was told a day comes before whoever was told none -------------------------------------


def waits(order):
    return order.lines.get().quantity - order.lines.get().allocated


def test_a_day_made_of_supply_is_not_overtaken_by_a_rule_that_nothing_bears(shop, mug):
    place(shop, ("MUG", 2))  # what is there
    comes(mug, (5, LATER))
    promised = place(shop, ("MUG", 5))
    hopeful = place(shop, ("MUG", 5))
    assert (day_of(promised), day_of(hopeful)) == (date(2026, 3, 21), date(2026, 3, 4))

    turns = [one.order_id for one in lines_in_turn([mug.pk])[mug.pk]]
    inventory.receive(mug, mug.levels.get().location, 5, by=BY)
    orders.serve_waiting([mug.pk], by=BY)

    assert turns == [promised.pk, hopeful.pk]
    assert (waits(promised), waits(hopeful)) == (0, 5)


def test_supply_that_comes_in_sight_goes_to_who_waited_first_and_stays_theirs(shop, mug):
    place(shop, ("MUG", 2))
    first = place(shop, ("MUG", 4))
    second = place(shop, ("MUG", 4), placed_at=NOW + timedelta(minutes=5))

    comes(mug, (4, FRIDAY))
    for _ in range(2):
        orders.repromise([mug.pk], by=BY, reason="supply_slipped")

    assert ledger(first) == [
        ("placed", date(2026, 3, 4)),
        ("supply_sooner", FRIDAY + timedelta(days=1)),  # from none in sight to a day
    ]
    assert ledger(second) == [("placed", date(2026, 3, 4))]


def test_who_lost_what_was_promised_keeps_the_place_in_line(shop, mug):
    place(shop, ("MUG", 2))
    comes(mug, (4, FRIDAY))
    lost = place(shop, ("MUG", 4))
    comes(mug, reference="PO-1")
    comes(mug, (4, LATER), reference="PO-2")
    later = place(shop, ("MUG", 4))
    orders.repromise([mug.pk], by=BY, reason="supply_slipped")

    turns = [one.order_id for one in lines_in_turn([mug.pk])[mug.pk]]

    assert turns == [lost.pk, later.pk]


def test_supply_that_makes_the_channels_aim_true_is_told(shop, mug):
    place(shop, ("MUG", 2))
    order = place(shop, ("MUG", 4))
    comes(mug, (4, TUESDAY))
    for _ in range(2):
        orders.repromise([mug.pk], by=BY, reason="supply_slipped")

    order.refresh_from_db()
    assert ledger(order) == [
        ("placed", date(2026, 3, 4)),
        ("supply_sooner", date(2026, 3, 4)),
    ]
    assert told_day(order, order.lines.all()) == order.promised_at
