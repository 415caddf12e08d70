"""Stock set aside for baskets: kept, bought, given back or expired, and never sold twice."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from inventory import operations as inventory
from inventory.models import Reservation, SoftReservation, StockLevel
from oms.models import Event
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY


def basket(*units, **where):
    return inventory.Basket(tuple((product.pk, quantity) for product, quantity in units), **where)


def set_aside(units, token="cart-1", minutes=15, **more):
    until = timezone.now() + timedelta(minutes=minutes)
    return inventory.set_aside(token, units, by=BY, channel="shop", expires_at=until, **more)


def reserved():
    return list(StockLevel.objects.order_by("pk").values_list("reserved", flat=True))


def kept(soft):
    return list(
        Reservation.objects.filter(soft=soft, state="open")
        .order_by("pk")
        .values_list("level__location__code", "quantity")
    )


def names():
    return list(Event.objects.order_by("pk").values_list("name", "actor"))


@pytest.fixture
def mug():
    return world.stocked("MUG", world.warehouse("LON"), 5)


def test_set_aside_keeps_units_and_says_who_did_so(mug):
    soft = set_aside(basket((mug, 3)))

    assert kept(soft) == [("LON", 3)]
    assert reserved() == [3]
    assert names()[-1] == ("soft_reservation.opened", BY)
    assert Event.objects.last().channel == "shop"
    assert_ledgers_hold()


def test_set_aside_spreads_over_locations(mug):
    world.stocked("MUG", world.warehouse("LEE", priority=200), 4)

    soft = set_aside(basket((mug, 8)))

    assert kept(soft) == [("LON", 5), ("LEE", 3)]
    assert_ledgers_hold()


def test_set_aside_at_one_location_takes_none_from_another(mug):
    leeds = world.warehouse("LEE", priority=200)
    world.stocked("MUG", leeds, 4)

    assert kept(set_aside(basket((mug, 2), location_id=leeds.pk))) == [("LEE", 2)]


def test_set_aside_of_more_than_available_changes_nothing(mug):
    cup = world.product("CUP")
    before = names()

    with pytest.raises(inventory.NotAvailable) as refused:
        set_aside(basket((mug, 6), (cup, 1)))

    assert refused.value.params == {"skus": "CUP, MUG"}
    assert (SoftReservation.objects.count(), reserved(), names()) == (0, [0], before)


def test_set_aside_leaves_safety_stock_alone(mug):
    inventory.set_safety_stock(mug, mug.levels.get().location, 3, by=BY)

    with pytest.raises(inventory.NotAvailable):
        set_aside(basket((mug, 3)))


def test_refill_keeps_what_both_have_and_gives_back_the_rest(mug):
    cup = world.stocked("CUP", mug.levels.get().location, 2)
    soft = set_aside(basket((mug, 5)))

    inventory.refill(soft, basket((mug, 4), (cup, 2)), by=BY)

    assert reserved() == [4, 2]
    assert Event.objects.filter(name="stock.increased", facts__cause="released").count() == 1
    assert_ledgers_hold()


def test_refill_beyond_stock_leaves_what_was_kept(mug):
    soft = set_aside(basket((mug, 4)))
    before = names()

    with pytest.raises(inventory.NotAvailable):
        inventory.refill(soft, basket((mug, 6)), by=BY)

    assert (kept(soft), reserved(), names()) == ([("LON", 4)], [4], before)


def test_extend_moves_the_end(mug):
    soft = set_aside(basket((mug, 1)), minutes=1)
    later = timezone.now() + timedelta(hours=1)

    inventory.extend(soft, by=BY, expires_at=later)

    soft.refresh_from_db()
    assert soft.expires_at == later
    assert names()[-1] == ("soft_reservation.extended", BY)


def test_put_back_frees_units_once_and_tells_those_who_wait(mug):
    soft = set_aside(basket((mug, 3)))

    inventory.put_back(soft, by="user:2")
    inventory.put_back(soft, by="user:2")

    assert (kept(soft), reserved()) == ([], [0])
    assert names()[-2:] == [("soft_reservation.released", "user:2"), ("stock.increased", "user:2")]
    assert_ledgers_hold()


@pytest.mark.parametrize("act", ["extend", "refill"])
def test_what_has_ended_is_refused(mug, act):
    soft = set_aside(basket((mug, 3)))
    inventory.put_back(soft, by=BY)
    before = names()
    arguments = {"extend": {"expires_at": timezone.now()}, "refill": {"basket": basket((mug, 1))}}

    with pytest.raises(inventory.SoftReservationEnded) as refused:
        getattr(inventory, act)(soft, by=BY, **arguments[act])

    assert refused.value.params == {"token": "cart-1", "state": "released"}
    assert (reserved(), names()) == ([0], before)


def test_expire_due_takes_what_is_over_and_nothing_else(mug):
    over = set_aside(basket((mug, 2)), "over", minutes=-1)
    fresh = set_aside(basket((mug, 1)), "fresh", minutes=1)

    assert inventory.expire_due() == 1

    over.refresh_from_db()
    assert (over.state, kept(over), kept(fresh)) == ("expired", [], [("LON", 1)])
    assert ("soft_reservation.expired", "worker") in names()
    assert inventory.expire_due() == 0
    assert_ledgers_hold()


def test_expire_due_asks_one_question_when_nothing_is_due(mug, django_assert_num_queries):
    set_aside(basket((mug, 1)))

    with django_assert_num_queries(1):
        inventory.expire_due()


def test_a_reservation_is_for_a_line_or_a_basket(mug):
    with pytest.raises(IntegrityError, match="inventory_reservation_for_one"):
        Reservation.objects.create(level=mug.levels.get(), quantity=1)
