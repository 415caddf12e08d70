"""Ring-fences and channel safety stock: who may take what, and what is left for the others."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from customers.operations import Party
from inventory import operations as inventory
from inventory import queries
from inventory.models import (
    ChannelSafetyStock,
    Fence,
    FencedStock,
    FenceUse,
    Reservation,
    StockLevel,
)
from inventory.queries.fence_ledger import fence_invariants
from inventory.queries.fences import Quota, fill
from oms.models import Event
from orders import operations as orders
from tests import factories as world
from tests.examples import examples
from tests.ledgers import assert_ledgers_hold

BY = world.BY
pytestmark = pytest.mark.django_db


@pytest.fixture
def london():
    return world.warehouse()


@pytest.fixture
def mug(london):
    return world.stocked("MUG", london, 30)


@pytest.fixture
def shop():
    return world.shop(allows_backorder=False, duplicate_window_minutes=0)


@pytest.fixture
def market():
    return world.shop("market", allows_backorder=False, duplicate_window_minutes=0)


def keep(product, units=None, *, share=None, by=BY, reason="", **wish):
    quantity = inventory.Quantity(units=units, share=share)
    wish = inventory.FenceWish(product.pk, quantity, **wish)
    return inventory.set_fence(wish, by=by, reason=reason)


def level_of(product, location=None):
    rows = StockLevel.objects.filter(product=product)
    return rows.get(location=location) if location else rows.get()


def sold_out(channel, *lines, **fields):
    with pytest.raises(orders.OutOfStock):
        world.place(channel, *lines, **fields)
    return True


def test_set_fence_keeps_units_for_the_channel_and_says_so(mug, shop):
    fence = keep(mug, 20, channel_id=shop.pk, reason="Spring sale")

    level = level_of(mug)
    assert (level.fenced, level.available) == (20, 30)
    event = Event.objects.get(name="fence.set")
    assert event.actor == BY
    assert event.facts["amount"] == 20
    assert event.facts["sku"] == "MUG"
    assert (fence.set_by, fence.reason) == (BY, "Spring sale")
    assert_ledgers_hold()


def test_place_other_channel_gets_only_what_is_free(mug, shop, market):
    keep(mug, 20, channel_id=shop.pk)

    world.place(market, ("MUG", 10))

    assert sold_out(market, ("MUG", 1))
    assert level_of(mug).reserved == 10
    world.place(shop, ("MUG", 20))
    assert (level_of(mug).reserved, level_of(mug).fenced) == (30, 0)
    assert_ledgers_hold()


def test_place_holder_uses_the_quota_first_and_the_rest_stays_kept(mug, shop, market):
    fence = keep(mug, 20, channel_id=shop.pk)

    world.place(shop, ("MUG", 5))

    fence.refresh_from_db()
    assert (fence.used, fence.left, level_of(mug).fenced) == (5, 15, 15)
    assert sold_out(market, ("MUG", 11))
    world.place(market, ("MUG", 10))
    assert_ledgers_hold()


def test_place_holder_beyond_the_quota_takes_free_units_as_well(mug, shop):
    keep(mug, 20, channel_id=shop.pk)

    world.place(shop, ("MUG", 25))

    fence = Fence.objects.get()
    assert (fence.used, fence.left) == (20, 0)
    assert sum(FenceUse.objects.values_list("quantity", flat=True)) == 20
    assert_ledgers_hold()


def test_cancel_gives_the_quota_back_and_keeps_it(mug, shop, market):
    keep(mug, 20, channel_id=shop.pk)
    shop.auto_release = False
    shop.save()
    order = world.place(shop, ("MUG", 8))

    orders.cancel(order, by=BY, reason="customer")

    fence = Fence.objects.get()
    assert (fence.used, level_of(mug).fenced, level_of(mug).reserved) == (0, 20, 0)
    assert sold_out(market, ("MUG", 11))
    assert_ledgers_hold()


def test_cancel_of_a_line_served_twice_gives_its_quota_back_once(london, mug, shop, market):
    keep(mug, 2, channel_id=shop.pk)
    shop.allows_backorder, shop.auto_release = True, False
    shop.save()
    world.place(market, ("MUG", 25))
    order = world.place(shop, ("MUG", 8))
    inventory.receive(mug, london, 10, by=BY)
    orders.serve_waiting([mug.pk], by=BY)
    assert Reservation.objects.filter(order_line__order=order).count() == 2

    orders.cancel(order, by=BY, reason="customer")

    assert (Fence.objects.get().used, level_of(mug).fenced) == (0, 2)
    assert_ledgers_hold()


def test_uses_that_no_reservation_accounts_for_are_found_told_and_given_back(mug, shop):
    fence = keep(mug, 10, channel_id=shop.pk)
    order = world.place(shop, ("MUG", 4))
    line, level = order.lines.get(), level_of(mug)
    FenceUse.objects.create(fence=fence, order_line=line, level=level, quantity=3)
    Fence.objects.update(used=7)  # as if a line's units had gone without giving back
    backed = next(one for one in fence_invariants() if one.name == "fences.backed")
    other = world.stocked("CUP", level.location, 1)
    keep(other, 1, channel_id=shop.pk)

    told = list(backed.violations())
    ill = [one.shown for one in queries.examine_fences(mug.pk) if not one.holds]
    assert ill == [(told[0],), (f"{fence} of MUG: keeps 6 of 3 left",)]
    assert [one.holds for one in queries.examine_fences(other.pk)] == [True] * 6
    said = list(inventory.repair_fences())

    assert told == [f"order line {line.pk}: 7 of fences of MUG at LON, has 4"]
    assert f"{fence} used 7 -> 4" in said[0]
    assert (list(backed.violations()), level_of(mug).fenced) == ([], 6)
    assert_ledgers_hold()


def test_fence_for_a_group_opens_for_its_customers_alone(mug, shop):
    keep(mug, 25, group="wholesale")
    world.place(shop, ("MUG", 1))  # makes Ada known
    Customer.objects.update(group="wholesale")

    assert sold_out(shop, ("MUG", 5), customer=world.CORA)
    world.place(shop, ("MUG", 29))

    assert level_of(mug).reserved == 30
    assert_ledgers_hold()


def test_fence_for_both_needs_both(mug, shop, market):
    keep(mug, 30, channel_id=shop.pk, group="wholesale")

    assert sold_out(shop, ("MUG", 1))
    assert sold_out(market, ("MUG", 1))
    inventory.receive(mug, level_of(mug).location, 1, by=BY)
    world.place(market, ("MUG", 1))  # makes Ada known
    Customer.objects.update(group="wholesale")
    assert sold_out(market, ("MUG", 1))
    world.place(shop, ("MUG", 30))
    assert_ledgers_hold()


def test_fence_over_all_locations_is_used_wherever_the_holder_takes(mug, shop, market, london):
    leeds = world.warehouse("LDS", priority=200)
    inventory.receive(mug, leeds, 10, by=BY)
    keep(mug, 35, channel_id=shop.pk)
    assert [level_of(mug, place).fenced for place in (london, leeds)] == [30, 5]

    world.place(shop, ("MUG", 8), shipping_address=world.LONDON)
    assert [level_of(mug, place).fenced for place in (london, leeds)] == [22, 5]
    assert sold_out(market, ("MUG", 6))
    world.place(market, ("MUG", 5))

    world.place(shop, ("MUG", 27))
    assert sum(StockLevel.objects.values_list("reserved", flat=True)) == 40
    assert_ledgers_hold()


def test_take_of_free_units_is_charged_to_units_kept_elsewhere(shop, market, mug, london):
    leeds = world.warehouse("LDS", priority=1)
    fence = keep(mug, 10, channel_id=shop.pk)  # kept in London
    inventory.receive(mug, leeds, 6, by=BY)

    world.place(shop, ("MUG", 6))  # from Leeds, which comes first

    fence.refresh_from_db()
    assert (fence.used, level_of(mug, london).fenced) == (6, 4)
    world.place(market, ("MUG", 26))
    assert_ledgers_hold()


def test_arrivals_fill_the_oldest_hungry_fence_first(mug, shop, market, london):
    keep(mug, 40, channel_id=shop.pk)
    keep(mug, 10, channel_id=market.pk)
    assert level_of(mug).fenced == 30

    inventory.receive(mug, london, 15, by=BY)

    kept = dict(FencedStock.objects.values_list("fence__channel__code", "quantity"))
    assert kept == {"shop": 40, "market": 5}
    assert_ledgers_hold()


def test_adjust_below_what_is_kept_makes_the_newest_fence_give_way(mug, shop, market, london):
    keep(mug, 20, channel_id=shop.pk)
    keep(mug, 10, channel_id=market.pk)

    inventory.adjust(mug, london, -15, by=BY, why=inventory.Why("not-found"))

    kept = dict(FencedStock.objects.values_list("fence__channel__code", "quantity"))
    assert kept == {"shop": 15, "market": 0}
    assert level_of(mug).fenced == 15
    assert_ledgers_hold()


def test_adjust_moves_a_fence_over_all_locations_to_where_there_is_room(mug, shop, london):
    leeds = world.warehouse("LDS")
    keep(mug, 20, channel_id=shop.pk)
    inventory.receive(mug, leeds, 12, by=BY)

    inventory.adjust(mug, london, -25, by=BY, why=inventory.Why("not-found"))

    assert [level_of(mug, place).fenced for place in (london, leeds)] == [5, 12]
    assert_ledgers_hold()


def test_safety_stock_is_not_behind_a_fence(mug, shop, london):
    keep(mug, 30, channel_id=shop.pk)

    inventory.set_safety_stock(mug, london, 4, by=BY)

    assert level_of(mug).fenced == 26
    assert sold_out(shop, ("MUG", 27))
    inventory.set_safety_stock(mug, london, 0, by=BY)
    assert level_of(mug).fenced == 30
    assert_ledgers_hold()


def test_share_grows_with_what_arrives(mug, shop, london):
    fence = keep(mug, share=30, channel_id=shop.pk)
    assert fence.amount == 9

    inventory.receive(mug, london, 20, by=BY)

    fence.refresh_from_db()
    assert (fence.amount, level_of(mug).fenced) == (15, 15)
    assert_ledgers_hold()


def test_share_is_not_eaten_by_what_others_ship(mug, shop, market):
    """A share of what lies there now would shrink with every unit that others take."""
    keep(mug, share=50, channel_id=shop.pk)
    world.place(market, ("MUG", 15))

    assert sold_out(market, ("MUG", 1))
    assert level_of(mug).fenced == 15


@pytest.mark.parametrize(
    ("quantity", "wish", "said"),
    [
        ({"units": 0}, {"group": "vip"}, "at least one"),
        ({"units": 5, "share": 5}, {"group": "vip"}, "either"),
        ({}, {"group": "vip"}, "either"),
        ({"share": 101}, {"group": "vip"}, "1 to 100"),
        ({"units": 5}, {}, "which channel or customer group"),
        ({"share": 60}, {"group": "vip"}, "keep 50 % already"),
    ],
)
def test_set_fence_nonsense_is_refused_and_nothing_is_kept(mug, quantity, wish, said):
    keep(mug, share=50, group="staff")
    with pytest.raises(inventory.InvalidFence, match=said):
        inventory.set_fence(
            inventory.FenceWish(mug.pk, inventory.Quantity(**quantity), **wish), by=BY
        )

    assert Fence.objects.count() == 1
    assert level_of(mug).fenced == 15


def test_change_fence_frees_units_for_waiting_orders(mug, shop, market):
    market.allows_backorder = True
    market.save()
    fence = keep(mug, 25, channel_id=shop.pk)
    order = world.place(market, ("MUG", 10))
    assert order.lines.get().allocated == 5

    inventory.change_fence(fence, inventory.Quantity(units=20), by=BY, reason="Slow sale")

    assert level_of(mug).fenced == 20
    assert Event.objects.filter(name="stock.increased").last().facts["cause"] == "fence"
    orders.serve_waiting([mug.pk], by=BY)
    assert order.lines.get().allocated == 10
    assert_ledgers_hold()


def test_lift_fence_leaves_the_units_to_everybody_and_cannot_be_done_twice(mug, shop, market):
    fence = keep(mug, 25, channel_id=shop.pk)

    inventory.lift_fence(fence, by=BY, reason="Over")

    assert level_of(mug).fenced == 0
    world.place(market, ("MUG", 30))
    with pytest.raises(inventory.FenceLifted):
        inventory.lift_fence(fence, by=BY)
    assert Event.objects.filter(name="fence.lifted").count() == 1
    assert_ledgers_hold()


def test_lift_ended_lifts_what_is_over_and_leaves_the_rest(mug, shop, market):
    now = timezone.now()
    over = keep(mug, 5, channel_id=shop.pk, ends_at=now + timedelta(hours=1))
    keep(mug, 5, channel_id=market.pk, ends_at=now + timedelta(days=2))
    Fence.objects.filter(pk=over.pk).update(ends_at=now - timedelta(minutes=1))

    assert inventory.lift_ended() == 1
    assert inventory.lift_ended() == 0
    assert level_of(mug).fenced == 5


def test_channel_safety_stock_is_left_by_that_channel_at_every_location(mug, shop, market):
    leeds = world.warehouse("LDS")
    inventory.receive(mug, leeds, 10, by=BY)
    ChannelSafetyStock.objects.create(channel=market, product=mug, quantity=4)

    assert sold_out(market, ("MUG", 33))
    world.place(market, ("MUG", 32))

    assert sorted(StockLevel.objects.values_list("on_hand", "reserved")) == [(10, 6), (30, 26)]
    world.place(shop, ("MUG", 8))
    assert_ledgers_hold()


def test_channel_safety_stock_of_every_product_yields_to_the_product_s_own(mug, market):
    ChannelSafetyStock.objects.create(channel=market, quantity=10)
    assert sold_out(market, ("MUG", 21))

    ChannelSafetyStock.objects.create(channel=market, product=mug, quantity=0)

    world.place(market, ("MUG", 30))


def test_channel_safety_stock_does_not_hold_back_the_channel_s_own_fence(mug, market):
    ChannelSafetyStock.objects.create(channel=market, quantity=10)
    keep(mug, 15, channel_id=market.pk)

    assert sold_out(market, ("MUG", 21))
    world.place(market, ("MUG", 20))
    assert_ledgers_hold()


def test_held_order_s_units_go_back_behind_their_fence_within_a_batch(mug, shop):
    """The batch is planned at once; a held order gives its plan back, fences included."""
    keep(mug, 30, channel_id=shop.pk)
    shop.review_limit = 100
    shop.save()

    held, placed = orders.place(
        shop,
        [
            world.wish(
                ("MUG", 25), external_id="A", customer=Party(name="A", email="a@example.com")
            ),
            world.wish(
                ("MUG", 8), external_id="B", customer=Party(name="B", email="b@example.com")
            ),
        ],
        by=BY,
    )

    assert held.order.lines.get().allocated == 0
    assert placed.order.lines.get().allocated == 8
    assert level_of(mug).fenced == 22
    assert_ledgers_hold()


def test_database_refuses_to_reserve_what_a_fence_keeps(mug, shop):
    keep(mug, 20, channel_id=shop.pk)

    refused = pytest.raises(IntegrityError, match="inventory_level_fenced_within_free")
    with refused, transaction.atomic():
        StockLevel.objects.update(reserved=11)

    assert level_of(mug).reserved == 0


def test_place_without_fences_asks_as_much_as_before(mug, shop, django_assert_num_queries):
    from inventory.queries import supply_of

    with django_assert_num_queries(1):
        supply_of([mug.pk], channel_id=shop.pk)
    keep(mug, 20, channel_id=shop.pk)
    with django_assert_num_queries(2):
        supply_of([mug.pk], channel_id=shop.pk)


# --- Against brute force ------------------------------------------------------------------------

LEVELS = st.sampled_from([1, 2, 3])
rooms = st.fixed_dictionaries({level: st.integers(0, 12) for level in (1, 2, 3)})
quotas = st.lists(
    st.tuples(st.integers(0, 15), st.one_of(st.just(frozenset({1, 2, 3})), LEVELS)),
    max_size=4,
)


@settings(max_examples=300, deadline=None)
@given(rooms, rooms, quotas)
def test_fill_any_stock_keeps_as_much_as_can_be_kept(before, after, wanted):
    fences = [
        Quota(at, left, where if isinstance(where, frozenset) else frozenset({where}))
        for at, (left, where) in enumerate(wanted)
    ]
    kept = fill(fences, before, {})
    moved = fill(fences, after, kept)

    for room, places in ((before, kept), (after, moved)):
        for level, units in room.items():
            assert sum(u for (_, at), u in places.items() if at == level) <= units
        for fence in fences:
            mine = sum(u for (pk, _), u in places.items() if pk == fence.fence_id)
            assert mine <= fence.left
            free = sum(
                room[level] - sum(u for (_, at), u in places.items() if at == level)
                for level in fence.level_ids
            )
            assert mine == fence.left or free == 0
        assert all(u >= 0 for u in places.values())
        assert all(at in fences[pk].level_ids for (pk, at), u in places.items() if u)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.sampled_from(["shop", "market"]), st.integers(1, 9)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("arrive"), st.integers(0, 1), st.integers(1, 9)),
        st.tuples(st.just("lose"), st.integers(0, 1), st.integers(1, 9)),
        st.tuples(
            st.just("fence"), st.sampled_from(["shop", "market"]), st.booleans(), st.integers(1, 9)
        ),
        st.tuples(st.just("lift"), st.integers(0, 3)),
    ),
    min_size=4,
    max_size=12,
)


@settings(
    max_examples=examples(15), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
@given(acts)
def test_any_sequence_sells_each_channel_exactly_what_the_model_allows(sequence):
    with transaction.atomic():
        play(sequence)
        transaction.set_rollback(True)


def play(sequence):
    places = [world.warehouse("LON"), world.warehouse("LDS", priority=200)]
    mug = world.product("MUG")
    policy = {"allows_backorder": False, "duplicate_window_minutes": 0, "auto_release": False}
    channels = {code: world.shop(code, **policy) for code in ("shop", "market")}
    open_orders = []
    for number, (verb, *what) in enumerate(sequence):
        match verb:
            case "buy":
                code, units = what
                expected = units <= allowed(mug, channels[code])
                bought = buy(channels[code], units, number)
                assert bool(bought) is expected
                open_orders += [bought] if bought else []
            case "cancel" if what[0] < len(open_orders):
                orders.cancel(open_orders.pop(what[0]), by=BY, reason="customer")
            case "arrive":
                inventory.receive(mug, places[what[0]], what[1], by=BY)
            case "lose":
                lose(mug, places[what[0]], what[1])
            case "fence":
                code, everywhere, units = what
                place = None if everywhere else places[0].pk
                keep(mug, units, channel_id=channels[code].pk, location_id=place)
            case "lift":
                fences = list(Fence.objects.filter(lifted_at=None).order_by("pk"))
                if what[0] < len(fences):
                    inventory.lift_fence(fences[what[0]], by=BY)
        broken = [line for one in fence_invariants() for line in one.violations()]
        assert not broken, broken
    assert_ledgers_hold()


def allowed(mug, channel):
    """All units that are free, less those kept for somebody else: the rule in one line."""
    levels = StockLevel.objects.filter(product=mug)
    free = sum(level.on_hand - level.reserved for level in levels)
    others = FencedStock.objects.exclude(fence__channel=channel)
    return free - sum(others.values_list("quantity", flat=True))


def buy(channel, units, number):
    buyer = Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")
    placed = world.wish(("MUG", units), external_id=f"E{number}", customer=buyer)
    return orders.place(channel, [placed], by=BY)[0].order


def lose(mug, place, units):
    try:
        inventory.adjust(mug, place, -units, by=BY, why=inventory.Why("not-found"))
    except inventory.InsufficientStock:
        level = StockLevel.objects.filter(product=mug, location=place).first()
        assert level is None or level.on_hand - level.reserved < units
