"""What channels may sell: told after every change, followed, asked in bulk, explained."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory import operations as inventory
from inventory import queries as stock
from inventory.models import Availability, ChannelSafetyStock, StockLevel
from inventory.operations import telling
from inventory.queries.selling import untold_levels
from oms import keys
from oms.models import Event
from orders import operations as orders
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
PATH = "/api/v1/availability/"


@pytest.fixture
def shop():
    return world.shop(duplicate_window_minutes=0)


@pytest.fixture
def market():
    return world.shop("market", duplicate_window_minutes=0)


@pytest.fixture
def london():
    return world.warehouse()


@pytest.fixture
def mug(london, shop, market):
    return world.stocked("MUG", london, 30)


@pytest.fixture
def ask(client):
    def call(method, path=PATH, *, channel="", scopes=("stock:read",), **sent):
        _, text = keys.create("Shop", channel=channel, scopes=scopes)
        send = getattr(client, method)
        extra = {"content_type": "application/json"} if method == "post" else {}
        return send(path, sent, headers={"Authorization": f"Api-Key {text}"}, **extra)

    return call


def keep(product, units, channel):
    wish = inventory.FenceWish(product.pk, inventory.Quantity(units=units), channel.pk)
    return inventory.set_fence(wish, by=BY)


def figures():
    return dict(Availability.objects.values_list("channel__code", "quantity"))


def told():
    rows = Event.objects.filter(name="availability.changed").order_by("pk")
    return [(row.channel, row.facts["previous"], row.facts["quantity"]) for row in rows]


def test_tell_after_a_burst_gives_one_event_per_channel_with_the_last_figure(mug, shop, london):
    inventory.tell_availability()
    for number in range(5):
        world.place(shop, ("MUG", 1), external_id=f"E{number}")
    inventory.receive(mug, london, 10, by=BY)

    assert inventory.tell_availability() == 2

    assert sorted(told()) == [
        ("market", 0, 30),
        ("market", 30, 35),
        ("shop", 0, 30),
        ("shop", 30, 35),
    ]
    event = Event.objects.filter(name="availability.changed").last()
    assert (event.subject_type, event.subject_label) == ("inventory.availability", "MUG")
    assert event.facts["sku"] == "MUG"


def test_tell_when_nothing_changed_says_nothing(mug, london):
    inventory.tell_availability()
    before = told()
    inventory.receive(mug, london, 5, by=BY)
    inventory.adjust(mug, london, -5, by=BY, why=inventory.Why("not-found"))

    assert inventory.tell_availability() == 0
    assert told() == before
    assert untold_levels(1) == []


def test_tell_a_change_that_comes_while_looking_is_told_next_time(mug, london, monkeypatch):
    inventory.tell_availability()
    inventory.receive(mug, london, 1, by=BY)
    figures_of = telling.selling.figures_of

    def with_a_change_after_reading(*args):
        found = figures_of(*args)
        inventory.receive(mug, london, 4, by=BY)
        return found

    monkeypatch.setattr(telling.selling, "figures_of", with_a_change_after_reading)
    inventory.tell_availability()
    assert figures() == {"shop": 31, "market": 31}
    monkeypatch.setattr(telling.selling, "figures_of", figures_of)

    inventory.tell_availability()

    assert figures() == {"shop": 35, "market": 35}


def test_control_marking_whatever_is_there_as_told_loses_the_change(mug, london, monkeypatch):
    inventory.tell_availability()
    inventory.receive(mug, london, 1, by=BY)
    figures_of = telling.selling.figures_of

    def with_a_change_after_reading(*args):
        found = figures_of(*args)
        inventory.receive(mug, london, 4, by=BY)
        return found

    def mark_all(_seen):
        StockLevel.objects.update(told=F("changes"))

    monkeypatch.setattr(telling.selling, "figures_of", with_a_change_after_reading)
    monkeypatch.setattr(telling.counters, "mark_told", mark_all)
    inventory.tell_availability()
    monkeypatch.undo()

    assert inventory.tell_availability() == 0
    assert figures() == {"shop": 31, "market": 31}


def test_tell_fences_and_channel_safety_stock_count(mug, shop, market):
    keep(mug, 20, shop)
    inventory.set_channel_safety_stock(market.pk, 3, by=BY)
    inventory.tell_availability()
    assert figures() == {"shop": 30, "market": 7}

    inventory.set_channel_safety_stock(market.pk, None, by=BY)
    inventory.tell_availability()

    assert figures() == {"shop": 30, "market": 10}
    assert Event.objects.filter(name="channel_safety_stock.set", actor=BY).count() == 2


def test_told_figures_are_what_channels_can_in_fact_buy(mug, shop, market):
    keep(mug, 12, shop)
    inventory.set_channel_safety_stock(market.pk, 5, by=BY, product=mug)
    inventory.tell_availability()
    shop.allows_backorder = market.allows_backorder = False
    shop.save()
    market.save()

    for channel in (market, shop):
        may = Availability.objects.get(channel=channel).quantity
        with transaction.atomic():
            world.place(channel, ("MUG", may))
            transaction.set_rollback(True)
        with pytest.raises(orders.OutOfStock, match="MUG"):
            world.place(channel, ("MUG", may + 1))


def test_reasons_add_up_to_the_figure(mug, shop, market, london):
    inventory.set_safety_stock(mug, london, 2, by=BY)
    keep(mug, 12, shop)
    ChannelSafetyStock.objects.create(channel=market, quantity=5)
    world.place(market, ("MUG", 3))

    why = {row.channel.code: row for row in stock.reasons_of(mug.pk, stock.selling_channels())}

    theirs = why["market"]
    assert (theirs.on_hand, theirs.reserved, theirs.safety) == (30, 3, 2)
    assert (theirs.spare, theirs.others, theirs.own, theirs.available) == (5, 12, 0, 8)
    assert (why["shop"].own, why["shop"].available) == (12, 25)


def test_feed_gives_changes_after_a_moment_for_the_key_s_channel(ask, mug, london):
    inventory.tell_availability()
    first = ask("get", channel="shop", changed_since="2020-01-01T00:00:00Z").json()
    assert [(row["sku"], row["channel"], row["quantity"]) for row in first["results"]] == [
        ("MUG", "shop", 30)
    ]
    assert first["has_more"] is False

    again = ask("get", channel="shop", changed_since=first["next_changed_since"]).json()
    assert again["results"] == []
    inventory.receive(mug, london, 1, by=BY)
    inventory.tell_availability()

    more = ask("get", channel="shop", changed_since=again["next_changed_since"]).json()
    assert [row["quantity"] for row in more["results"]] == [31]


def test_feed_moments_are_all_different_and_grow(mug, london, shop, market):
    world.stocked("CUP", london, 3)
    inventory.tell_availability()
    inventory.receive(mug, london, 1, by=BY)
    inventory.tell_availability()

    moments = list(Availability.objects.order_by("changed_at").values_list("changed_at", flat=True))

    assert len(set(moments)) == 4
    assert moments[-1] - timezone.now() < timedelta(seconds=5)


def test_feed_nonsense_moment_is_refused_with_where_it_stands(ask, mug):
    answer = ask("get", changed_since="yesterday")

    assert answer.status_code == 400
    assert "changed_since" in answer.content.decode()


def test_query_by_post_needs_the_right_to_read_only(ask, mug, shop):
    keep(mug, 20, shop)

    answer = ask("post", f"{PATH}query/", skus=["MUG", "NONE"], locations=["LON"])

    assert answer.status_code == 200
    assert answer.json() == [
        {
            "sku": "MUG", "location": "LON", "on_hand": 30, "reserved": 0, "available": 10,
            "fenced": 20,
        }
    ]  # fmt: skip
    assert ask("post", f"{PATH}query/", scopes=("orders:write",), skus=["MUG"]).status_code == 403


def test_query_by_a_channel_s_key_answers_for_that_channel_alone(ask, mug, shop):
    keep(mug, 20, shop)

    own = ask("post", f"{PATH}query/", channel="shop", skus=["MUG"]).json()
    other = ask("post", f"{PATH}query/", channel="market", skus=["MUG"]).json()

    assert (own[0]["available"], other[0]["available"]) == (30, 10)


def test_query_about_another_channel_is_refused(client, mug):
    _, text = keys.create("Shop", channel="shop", scopes=("stock:read",))
    sent = {"sku": "MUG", "channel": "market"}

    answer = client.get(PATH, sent, headers={"Authorization": f"Api-Key {text}"})

    assert answer.status_code == 400
    assert "another channel" in answer.content.decode()


def test_availability_of_many_skus_asks_no_more_than_of_one(mug, london, django_assert_num_queries):
    for number in range(20):
        world.stocked(f"SKU{number}", london, 1)

    with django_assert_num_queries(3):
        assert len(stock.availability([f"SKU{n}" for n in range(20)], channel="shop")) == 20
