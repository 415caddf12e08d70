"""What channels were told is what they may sell, and fences add up; both are put right with words."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import operations as inventory
from inventory import queries
from inventory.models import Availability, Fence, FencedStock, Retelling, StockLevel
from inventory.queries import untrue_figures
from inventory.tasks import fences as fence_tasks
from oms.models import Event, User
from orders.models import Channel
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY


@pytest.fixture
def london():
    return world.warehouse("LON")


@pytest.fixture
def shop(london):
    world.stocked("MUG", london, 10)
    shop = world.shop()
    inventory.tell_availability()
    return shop


@pytest.fixture
def ops(client):
    user = User.objects.create_user("ada", is_staff=True, is_superuser=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return client


def untrue():
    return [str(wrong) for wrong in untrue_figures()]


def told():
    return dict(Availability.objects.values_list("channel__code", "quantity"))


def keep(units, **whose):
    product = StockLevel.objects.first().product_id
    wish = inventory.FenceWish(product, inventory.Quantity(units=units), **whose)
    return inventory.set_fence(wish, by=BY)


def test_figure_that_was_tampered_with_is_found_and_told_anew(shop):
    assert untrue() == []
    Availability.objects.update(quantity=7)

    assert untrue() == ["MUG for shop: told 7, may sell 10"]
    assert list(inventory.tell_untrue()) == ["MUG for shop: told 7, may sell 10: told anew."]

    assert (untrue(), told()) == ([], {"shop": 10})
    facts = Event.objects.filter(name="availability.changed").last().facts
    assert (facts["previous"], facts["quantity"]) == (7, 10)


def test_figure_that_waits_to_be_told_is_not_wrong(shop, london):
    inventory.receive(StockLevel.objects.get().product, london, 5, by=BY)

    assert (untrue(), told()) == ([], {"shop": 10})


def test_check_ledgers_repairs_and_explains(shop, capsys):
    Availability.objects.update(quantity=7)
    fence = keep(4, channel_id=shop.pk)
    inventory.tell_availability()
    Fence.objects.update(used=3)
    Availability.objects.update(quantity=7)

    call_command("check_ledgers", "--repair")

    said = capsys.readouterr().out
    assert "MUG for shop: told 7, may sell 10: told anew." in said
    assert f"MUG: {fence} used 3 -> 0" in said
    assert "0 do not hold" in said


def test_location_that_is_switched_off_is_told_and_keeps_nothing(ops, shop, london):
    leeds = world.warehouse("LEE", priority=200)
    world.stocked("MUG", leeds, 10)
    fence = keep(12, channel_id=shop.pk)
    world.shop("market")
    inventory.tell_all()
    inventory.tell_availability()
    assert told() == {"shop": 20, "market": 8}

    switch(ops, leeds, is_active="")

    inventory.tell_availability()
    assert told() == {"shop": 10, "market": 0}
    assert [row.quantity for row in fence.kept.filter(quantity__gt=0)] == [10]
    assert untrue() == []
    switch(ops, leeds, is_active="on")
    inventory.tell_availability()
    assert told() == {"shop": 20, "market": 8}
    assert_ledgers_hold()


def switch(ops, location, *, is_active):
    url = reverse("admin:inventory_location_change", args=[location.pk])
    data = {
        "name": location.name,
        "kind": location.kind,
        "country": location.country,
        "priority": location.priority,
        "time_zone": "UTC",
        "latitude": location.latitude,
        "longitude": location.longitude,
    }
    answer = ops.post(url, {**data, "is_active": is_active} if is_active else data)
    assert answer.status_code == 302, answer.context["adminform"].errors


def test_channel_that_is_new_is_told_what_there_is(ops, shop):
    data = {
        "code": "market",
        "name": "Market",
        "currency": "GBP",
        "is_active": "on",
        **{
            field.name: field.get_default()
            for field in Channel._meta.fields
            if isinstance(field.get_default(), int) and not isinstance(field.get_default(), bool)
        },
        "over_limit": "refuse",
        "capture_policy": "placement",
    }

    answer = ops.post(reverse("admin:orders_channel_add"), data)

    assert answer.status_code == 302, answer.context["adminform"].errors
    inventory.tell_availability()
    assert told() == {"shop": 10, "market": 10}


# --- Fences ---------------------------------------------------------------------------------------


def spoil_used(_level):
    Fence.objects.update(used=2)


def spoil_kept(_level):
    FencedStock.objects.update(quantity=1)


def spoil_level(level):
    StockLevel.objects.filter(pk=level.pk).update(fenced=0)


@pytest.mark.parametrize("spoil", [spoil_used, spoil_kept, spoil_level])
def test_fence_that_does_not_add_up_is_mended_by_the_chore(shop, spoil):
    fence = keep(4, channel_id=shop.pk)
    world.place(shop, ("MUG", 1))
    spoil(StockLevel.objects.get())

    assert fence_tasks.mend() == 1

    fence.refresh_from_db()
    assert (fence.used, StockLevel.objects.get().fenced) == (1, 3)
    event = Event.objects.get(name="fence.repaired")
    assert (event.actor, event.facts["sku"]) == ("command:check_ledgers", "MUG")
    assert_ledgers_hold()
    assert fence_tasks.mend() == 0


# --- In turns -------------------------------------------------------------------------------------


@pytest.fixture
def many(shop, london, monkeypatch):
    """Five products, looked at two at a time, a turn a run."""
    for number in range(4):
        world.stocked(f"CUP{number}", london, 10)
    inventory.tell_availability()
    monkeypatch.setattr("inventory.operations.telling.BATCH", 2)
    monkeypatch.setattr("inventory.operations.telling.BATCHES", 1)
    return shop


def figures():
    return list(Availability.objects.order_by("product").values_list("quantity", flat=True))


def test_safety_stock_of_every_product_is_told_in_turns(many):
    with CaptureQueriesContext(connection) as asked:
        inventory.set_channel_safety_stock(many.pk, 3, by=BY)
    assert not [one for one in asked if "stocklevel" in one["sql"] and "UPDATE" in one["sql"]]
    assert queries.levels_to_tell() == 5
    assert (figures(), untrue()) == ([10] * 5, [])  # they wait

    seen = []
    while queries.levels_to_tell():
        assert inventory.tell_availability() <= 2
        seen.append((queries.levels_to_tell(), figures().count(7), untrue()))
    inventory.tell_availability()

    assert [left for left, *_ in seen] == [3, 3, 1, 1, 0][: len(seen)]
    assert all(wrong == [] for *_, wrong in seen)
    assert (figures(), untrue()) == ([7] * 5, [])
    assert not Retelling.objects.exists()


def test_worker_that_is_killed_goes_on_where_it_was(many, monkeypatch):
    inventory.set_channel_safety_stock(many.pk, 3, by=BY)
    inventory.tell_availability()
    inventory.tell_availability()
    before = Retelling.objects.values().get(), figures()

    with monkeypatch.context() as patched:
        patched.setattr(Retelling, "save", interrupt)
        patched.setattr("inventory.operations.telling._write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            inventory.tell_availability()
    assert (Retelling.objects.values().get(), figures()) == before

    monkeypatch.setattr("inventory.operations.telling.BATCHES", 20)
    inventory.tell_availability()
    assert (figures(), untrue(), Retelling.objects.count()) == ([7] * 5, [], 0)


def interrupt(*_args, **_more):
    raise KeyboardInterrupt


def test_what_waits_to_be_begun_is_gone_through_once(many, ops):
    inventory.set_channel_safety_stock(many.pk, 3, by=BY)
    inventory.set_channel_safety_stock(many.pk, 4, by=BY)
    assert Retelling.objects.count() == 1
    page = ops.get(reverse("admin:orders_channel_change", args=[many.pk])).content.decode()
    assert "5 stock levels to go" in page

    inventory.tell_availability()
    inventory.tell_availability()
    inventory.set_channel_safety_stock(many.pk, 5, by=BY)

    assert Retelling.objects.count() == 2
    told = sum(inventory.tell_availability() for _ in range(12))
    assert told <= 10  # each figure at most once for each of the two
    assert figures() == [5] * 5


def test_database_refuses_a_retelling_beyond_its_end(db):
    with pytest.raises(IntegrityError, match="within_its_end"):
        Retelling.objects.create(after=2, until=1)
