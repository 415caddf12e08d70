import pytest

from inventory import operations as inventory
from inventory.enums import MovementKind
from inventory.models import StockLevel, StockMovement
from oms.models import Event
from orders import consumers
from orders.models import OrderLine
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db


def received(products, place, quantity=5):
    return [
        inventory.Change(product.pk, place.pk, quantity, MovementKind.RECEIVED, "DN-1")
        for product in products
    ]


def test_move_of_many_levels_tells_of_all_of_them_in_one_event():
    mug, cup = world.product("MUG"), world.product("CUP")
    london, leeds = world.warehouse("LON"), world.warehouse("LEE")

    inventory.move([*received([mug, cup], london), *received([mug], leeds)], by=world.BY)

    event = Event.objects.get(name="stock.increased")
    assert sorted(event.facts["levels"]) == sorted(
        [[mug.pk, london.pk], [cup.pk, london.pk], [mug.pk, leeds.pk]]
    )
    assert event.subject_id == StockLevel.objects.order_by("pk").first().pk
    assert event.actor == world.BY


def test_move_that_takes_away_tells_nobody_of_an_increase():
    london = world.warehouse()
    mug = world.stocked("MUG", london, 5)
    before = Event.objects.count()

    inventory.move(
        [inventory.Change(mug.pk, london.pk, -1, MovementKind.ADJUSTED, reason_code="other")],
        by=world.BY,
    )

    assert Event.objects.count() == before


def test_orders_that_wait_for_any_of_them_are_served():
    shop, london = world.shop(duplicate_window_minutes=0), world.warehouse()
    mug, cup = world.product("MUG"), world.product("CUP")
    for sku in ("MUG", "CUP"):
        world.place(shop, (sku, 2), external_id=sku)

    inventory.move(received([mug, cup], london), by=world.BY)
    consumers.allocate_waiting(list(Event.objects.filter(name="stock.increased")))

    assert [line.allocated for line in OrderLine.objects.order_by("pk")] == [2, 2]
    assert_ledgers_hold()


@pytest.mark.postgresql
def test_move_takes_as_many_statements_for_any_number_of_levels(django_assert_num_queries):
    london = world.warehouse()
    products = [world.stocked(f"SKU-{n}", london, 1) for n in range(30)]
    inventory.move(received(products, london), by=world.BY)  # the statements are prepared

    # Levels, counters, keys, movements, fences, last event's number, event; and a savepoint.
    for some in (products[:1], products):
        with django_assert_num_queries(7 + 2):
            inventory.move(received(some, london), by=world.BY)

    assert StockMovement.objects.count() == 30 + 30 + 1 + 30
