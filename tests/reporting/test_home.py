from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from fulfillment.models import FulfillmentOrder, Return
from oms.models import Delivery, Event, WebhookDelivery, WebhookEndpoint
from orders import operations as orders
from orders.models import Hold, Order
from reporting import queries
from tests import factories as world
from tests.sidebar import quiet_sidebar

pytestmark = pytest.mark.django_db

HOME = "/admin/"


@pytest.fixture
def london(db):
    return world.warehouse(name="London")


def in_each_stage(shop, london, number=""):
    """A draft, and an order on hold, short, unpaid, to release, at a location: one of each."""
    now = timezone.now()
    world.stocked(f"MUG{number}", london, 100)
    world.product(f"RARE{number}")
    kinds = {
        "unpaid": ((f"MUG{number}", 1, "45.10"),),
        "held": (("NO-SUCH", 1),),
        "short": ((f"RARE{number}", 3),),
    }
    placed = {
        name: world.place(shop, *lines, external_id=name + number, placed_at=now)
        for name, lines in kinds.items()
    }
    orders.draft(shop, world.wish((f"MUG{number}", 1)), by=world.BY)
    desk = world.shop(f"desk{number}", auto_release=False, duplicate_window_minutes=0)
    placed["ready"] = world.place(desk, (f"MUG{number}", 1), external_id="r", placed_at=now)
    free = world.shop(f"free{number}", duplicate_window_minutes=0)
    placed["working"] = world.place(free, (f"MUG{number}", 1), external_id="w", placed_at=now)
    FulfillmentOrder.objects.create(
        number=f"FO9{number}",
        order=placed["working"],
        location=london,
        ship_by=now - timedelta(hours=1),
    )
    return placed


@pytest.fixture
def shop(db):
    return world.shop(needs_payment=True, duplicate_window_minutes=0)


def test_pipeline_counts_each_stage_with_its_ages(shop, london):
    in_each_stage(shop, london)
    now = timezone.now()
    Order.objects.filter(stage="payment").update(stage_since=now - timedelta(days=2))
    Order.objects.filter(stage="allocation").update(stage_since=now - timedelta(days=4))

    found = {stage.stage: stage for stage in queries.pipeline(now)}

    assert {name: stage.orders for name, stage in found.items()} == {
        "placement": 1,
        "validation": 1,
        "allocation": 1,
        "payment": 1,
        "fulfilment": 2,
        "shipping": 0,
        "reporting": 0,
    }
    bands = {name: (s.fresh, s.ageing, s.old) for name, s in found.items()}
    assert bands["validation"] == (1, 0, 0)
    assert bands["payment"] == (0, 1, 0)
    assert bands["allocation"] == (0, 0, 1)
    assert found["allocation"].oldest == now - timedelta(days=4)
    assert bands["placement"] == (1, 0, 0)
    assert found["shipping"].oldest is None


def test_pipeline_leaves_out_orders_done_long_ago(shop, london):
    placed = in_each_stage(shop, london)
    now = timezone.now()
    done = Order.objects.filter(pk=placed["working"].pk)

    done.update(stage="reporting", stage_since=now - timedelta(days=6))
    assert queries.pipeline(now)[-1].orders == 1
    done.update(stage_since=now - timedelta(days=8))
    assert queries.pipeline(now)[-1].orders == 0


def test_stuck_gives_one_fact_and_one_act_an_order(shop, london):
    placed = in_each_stage(shop, london)

    found = {row.number: (row.fact, row.act, row.label) for row in queries.stuck()}

    assert found == {
        placed["held"].number: ("Unknown SKU: NO-SUCH", "solve_sku", "Map SKU"),
        placed["short"].number: ("Needs 3 × RARE, 0 available", "see_stock", "See stock"),
        placed["unpaid"].number: (
            "Payment of 45.10 GBP missing",
            "record_payment",
            "Record payment",
        ),
        placed["ready"].number: (
            "Ready: waits for somebody to release it",
            "release",
            "Release",
        ),
    }


def test_stuck_partly_paid_order_asks_for_the_rest(shop, london):
    placed = in_each_stage(shop, london)
    orders.record_capture(placed["unpaid"], by=world.BY, method="manual", amount=Decimal(40))

    [row] = [row for row in queries.stuck() if row.number == placed["unpaid"].number]

    assert row.fact == "Payment of 5.10 GBP missing"


def test_stuck_shows_the_important_then_the_old_and_says_what_else_waits(shop, london):
    placed = in_each_stage(shop, london)
    now = timezone.now()
    Order.objects.filter(pk=placed["short"].pk).update(stage_since=now - timedelta(days=5))
    Order.objects.filter(pk=placed["ready"].pk).update(priority=5)
    orders.place_hold(placed["held"], by=world.BY, kind="fraud", reason="Looks odd")

    rows = queries.stuck()

    assert [row.number for row in rows[:2]] == [placed["ready"].number, placed["short"].number]
    assert {row.number: row.more for row in rows}[placed["held"].number] == 1


def test_stuck_asks_the_same_number_of_questions_for_one_and_many(
    shop, london, django_assert_num_queries
):
    in_each_stage(shop, london)
    with django_assert_num_queries(STUCK_QUERIES):
        queries.stuck()
    for number in "123":
        in_each_stage(shop, london, number)
    with django_assert_num_queries(STUCK_QUERIES):
        assert len(queries.stuck()) == 16


STUCK_QUERIES = 7


def test_jeopardy_holds_what_is_late_or_due_within_a_day_and_has_not_left(shop, london):
    placed = in_each_stage(shop, london)
    now = timezone.now()

    def promise(name, hours, **fields):
        Order.objects.filter(pk=placed[name].pk).update(
            promised_at=now + timedelta(hours=hours), **fields
        )

    promise("held", -2)
    promise("unpaid", 3)
    promise("short", 25)
    promise("working", -9)
    promise("ready", -30, stage="shipping")

    found = queries.jeopardy(now)

    assert (found.late, found.soon) == (2, 1)
    assert [row.number for row in found.orders] == [
        placed["working"].number,
        placed["held"].number,
        placed["unpaid"].number,
    ]
    assert [row.is_late for row in found.orders] == [True, True, False]


def test_queues_count_what_waits(shop, london):
    placed = in_each_stage(shop, london)
    now = timezone.now()
    Return.objects.create(number="RMA1", order=placed["working"], location=london)
    Return.objects.create(number="RMA2", order=placed["working"], location=london, status="closed")

    [place] = queries.places(now)
    assert (place.code, place.pick, place.pack, place.ship, place.late) == ("LON", 1, 0, 0, 1)
    assert queries.to_release() == 1
    assert queries.backordered() == 1
    assert queries.returns_due().count == 1
    assert [(hold.label, hold.count) for hold in queries.holds(timezone.now())] == [
        ("Unknown SKU", 1)
    ]
    assert (queries.oversold().levels, queries.oversold().oversold) == (1, 0)


def test_holds_are_counted_with_those_that_nobody_looked_at_in_time(db):
    world.stocked("MUG", world.warehouse(), 50)
    shop = world.shop(duplicate_window_minutes=0)
    for at in range(3):
        order = world.place(shop, ("MUG", 1), external_id=str(at))
        orders.place_hold(order, by=world.BY, kind="fraud", reason="Odd")
    first = Hold.objects.order_by("pk").first()
    now = timezone.now()
    Hold.objects.filter(pk__gt=first.pk).update(due_at=now - timedelta(hours=1))
    Hold.objects.filter(pk=first.pk + 1).update(escalated_at=now)

    found = queries.holds(now)[0]

    assert (found.label, found.count, found.overdue, found.escalated) == ("Fraud", 3, 2, 1)


def test_messages_count_the_dead_the_slow_and_the_broken(db):
    now = timezone.now()
    event = Event.objects.create(
        name="a.b", subject_type="a.b", subject_id=1, sequence=1, actor=world.BY, position=1
    )
    late = now - timedelta(minutes=6)
    for name, state in (("a", "dead"), ("b", "pending"), ("c", "done")):
        Delivery.objects.create(event=event, consumer=name, state=state, next_attempt_at=late)
    endpoint = WebhookEndpoint.objects.create(url="https://x.example", secret=b"x", state="broken")
    WebhookDelivery.objects.create(endpoint=endpoint, event=event, state="dead")

    found = queries.messages(now)

    assert (found.dead_deliveries, found.slow_deliveries) == (1, 1)
    assert (found.dead_webhooks, found.broken_endpoints) == (1, ((endpoint.pk, endpoint.url),))


def test_home_names_the_endpoint_that_is_down_and_leads_to_it(shop, london, sign_in):
    in_each_stage(shop, london)
    first = WebhookEndpoint.objects.create(url="https://x.example/a", secret=b"x", state="broken")
    client = sign_in("Administrator")

    def tile():
        return {tile.label: tile for tile in client.get(HOME).context["tiles"]}["Endpoints down"]

    assert (tile().count, tile().note, tile().tone) == (1, "x.example", "bad")
    assert tile().url == f"/admin/oms/webhookendpoint/{first.pk}/change/"
    WebhookEndpoint.objects.create(url="https://y.example/", secret=b"x", state="broken")
    WebhookEndpoint.objects.create(url="https://z.example/", secret=b"x")
    assert tile().note == "x.example, y.example"
    assert client.get(tile().url).context["cl"].result_count == 2


def test_home_shows_where_orders_stand_and_what_to_do(shop, london, sign_in):
    placed = in_each_stage(shop, london)

    page = sign_in("Operations").get(HOME)

    text = page.content.decode()
    assert page.status_code == 200
    assert [step.stage.orders for step in page.context["steps"]] == [1, 1, 1, 1, 2, 0, 0]
    assert {tile.label: tile.count for tile in page.context["tiles"]} == {
        "Late": 0,
        "To release": 1,
        "Backordered": 1,
        "To pick": 1,
        "To pack": 0,
        "To ship": 0,
        "Returns due": 0,
        "Overpaid": 0,
        "Failed": 0,
        "Oversold": 0,
    }
    order = placed["held"]
    assert f'href="/admin/orders/order/{order.pk}/acts/solve_sku/?next=%2Fadmin%2F"' in text
    assert "/admin/orders/order/?stage__exact=payment" in text
    assert "Ada Byron" not in text


@pytest.mark.parametrize("role", ["Operations", "Warehouse", "Finance", "Support", "Auditor"])
def test_home_offers_each_role_only_what_it_may_do(role, shop, london, sign_in):
    in_each_stage(shop, london)
    client = sign_in(role)
    context = client.get(HOME).context

    rows = {row.number: (url, label) for row, _order, url, label in context["stuck"]}
    offered = [url for url, _label in rows.values()] + [tile.url for tile in context["tiles"]]
    offered += [url for step in context["steps"] for url in (step.url, step.old_url)]
    assert {client.get(url).status_code for url in offered if url} == {200}
    if role == "Auditor":
        assert {label for _url, label in rows.values()} <= {"See order", "See stock"}
    if role == "Operations":
        assert {"Map SKU", "Release", "Record payment"} <= {label for _url, label in rows.values()}


def test_what_a_role_may_not_open_says_so_on_a_page_that_leads_on(sign_in):
    refused = sign_in("Auditor").get("/admin/orders/channel/add/")
    assert refused.status_code == 403
    assert "Your role does not include" in refused.content.decode()
    assert 'href="/"' in refused.content.decode()


def test_home_links_lead_to_the_orders_they_count(shop, london, sign_in):
    in_each_stage(shop, london)
    Order.objects.filter(stage="payment").update(
        promised_at=timezone.now() - timedelta(days=1),
        stage_since=timezone.now() - timedelta(days=9),
    )
    client = sign_in("Operations")
    context = client.get(HOME).context

    for step in context["steps"]:
        page = client.get(step.url)
        assert page.context["cl"].result_count == step.stage.orders
        if step.old_url:
            assert client.get(step.old_url).context["cl"].result_count == step.stage.old
    tiles = {tile.label: tile for tile in context["tiles"]}
    for label, count in (("Late", 1), ("To release", 1)):
        assert client.get(tiles[label].url).context["cl"].result_count == count
    assert client.get(context["jeopardy_url"]).context["cl"].result_count == 1


def test_home_asks_the_same_number_of_questions_however_much_waits(
    shop, london, sign_in, django_assert_num_queries
):
    client = sign_in("Operations")
    in_each_stage(shop, london)
    client.get(HOME)
    quiet_sidebar()  # its counts are remembered for some seconds, however slow the machine
    with django_assert_num_queries(HOME_QUERIES):
        client.get(HOME)
    for number in "123":
        in_each_stage(shop, london, number)
    quiet_sidebar()
    with django_assert_num_queries(HOME_QUERIES):
        client.get(HOME)


HOME_QUERIES = 29


def test_home_begins_with_the_money_that_waits_for_finance(shop, london, sign_in):
    unpaid = in_each_stage(shop, london)["unpaid"]
    orders.record_capture(unpaid, by=world.BY, method="manual", amount=Decimal("60.10"))
    orders.grant_refund(unpaid, by=world.BY, amount=Decimal(5), reason="Overpaid")
    orders.place_hold(unpaid, by=world.BY, kind="credit_limit", reason="Owes")
    client = sign_in("Finance")

    tiles = {tile.label: tile for tile in client.get(HOME).context["tiles"]}

    first = ["Refunds to pay", "Bank lines", "Overpaid", "Holds of Finance"]
    assert list(tiles)[:4] == first
    assert [tiles[label].count for label in first] == [1, 0, 1, 1]
    for label in first:
        page = client.get(tiles[label].url)
        assert page.context["cl"].result_count == tiles[label].count, label
    text = client.get(HOME).content.decode()
    assert text.index("Refunds to pay") < text.index('aria-label="Pipeline"')


def test_home_without_orders_teaches_how_the_first_one_comes_in(sign_in):
    page = sign_in("Operations").get(HOME)

    text = page.content.decode()
    assert page.status_code == 200
    assert "Get the first order in" in text
    assert "import_orders" in text
    assert "create_api_key" in text
    assert "Stuck orders" not in text


def test_home_shows_a_warehouse_its_work(shop, london, sign_in):
    in_each_stage(shop, london)

    page = sign_in("Warehouse").get(HOME)

    assert page.status_code == 200
    assert [place.pick for place, _url in page.context["places"]] == [1]
    assert [tile.label for tile in page.context["tiles"]][:3] == ["To pick", "To pack", "To ship"]
    text = page.content.decode()
    assert text.index('aria-label="Work by location"') < text.index('aria-label="Pipeline"')
    assert text.count('aria-label="Work by location"') == 1
    other = world.warehouse("LDS")
    client = sign_in("Operations")
    [(_, place)], to_pick = page.context["places"], page.context["tiles"][0]
    for url, count in ((place, 1), (to_pick.url, to_pick.count)):
        client.get(f"/admin/fulfillment/fulfillmentorder/?location={other.code}")  # remembered
        assert client.get(url, follow=True).context["cl"].result_count == count == 1
    assert "Failed" not in {tile.label for tile in page.context["tiles"]}
