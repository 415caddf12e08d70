"""Lots and serial numbers: every unit of a tracked product is known, from supplier to customer."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from inventory import operations as inventory
from inventory.models import Lot, LotStock, Product, StockLevel, StockMovement
from inventory.operations import ByLot, Change, Units, Why
from inventory.queries import lots as questions
from oms.errors import DomainError
from oms.models import Event
from orders import operations as orders
from tests import factories as world
from tests.examples import examples
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

BY = world.BY
TODAY = timezone.localdate()
RECALLED = Why("recalled", "Glass in it")


@pytest.fixture
def london():
    return world.warehouse()


def tea(tracking="lot", sku="TEA"):
    return inventory.set_tracking(world.product(sku), tracking, by=BY)


def lot(product, code, **known):
    return inventory.lot_of(product, code, by=BY, **known)


def move(of, place, quantity, kind="received", **fields):
    change = Change(of.product_id, place.pk, quantity, kind, lot_id=of.pk, **fields)
    return inventory.move([change], by=BY)


def here(product):
    rows = LotStock.objects.filter(lot__product=product, quantity__gt=0)
    return dict(rows.order_by("pk").values_list("lot__code", "quantity"))


def everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Lot, LotStock, StockLevel, StockMovement, Product)
    ]


def reserved(place, product, quantity):
    """An order line with so many firm units."""
    order = world.place(world.shop(), (product.sku, quantity))
    return order.lines.get()


# --- What is tracked


def test_receive_into_lots_keeps_a_balance_for_each(london):
    product = tea()

    move(lot(product, "A1"), london, 5)
    move(lot(product, "A2"), london, 3)

    assert here(product) == {"A1": 5, "A2": 3}
    assert StockLevel.objects.get().on_hand == 8
    assert_ledgers_hold()


def test_tracked_product_does_not_move_without_a_lot(london):
    product = tea()
    move(lot(product, "A1"), london, 5)
    before = everything()

    with pytest.raises(inventory.LotMissing, match="TEA"):
        inventory.receive(product, london, 1, by=BY)

    assert everything() == before


def test_lot_of_another_product_is_refused(london):
    mug, other = tea(), lot(tea(sku="JAM"), "A1")
    before = everything()

    with pytest.raises(inventory.LotNotTracked, match="TEA"):
        inventory.move([Change(mug.pk, london.pk, 1, "received", lot_id=other.pk)], by=BY)

    assert everything() == before


def test_untracked_product_takes_no_lot(london):
    mug, other = world.product("MUG"), lot(tea(), "A1")

    with pytest.raises(inventory.LotNotTracked, match="MUG"):
        inventory.move([Change(mug.pk, london.pk, 1, "received", lot_id=other.pk)], by=BY)
    with pytest.raises(inventory.LotNotTracked, match="MUG"):
        lot(mug, "A1")

    assert not StockMovement.objects.exists()


def test_more_than_the_lot_has_is_refused_though_the_level_has_enough(london):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 2)
    move(lot(product, "A2"), london, 9)
    before = everything()

    with pytest.raises(inventory.InsufficientLot, match="A1"):
        move(first, london, -3, "adjusted")

    assert everything() == before


def test_tracking_is_fixed_while_units_are_in_stock(london):
    product = world.stocked("MUG", london, 1)
    before = everything()

    with pytest.raises(inventory.TrackingFixed, match="MUG"):
        inventory.set_tracking(product, "lot", by=BY)

    assert everything() == before


def test_tracking_is_set_and_told():
    product = tea("serial")

    assert product.tracking == "serial"
    event = Event.objects.get(name="product.tracking_set")
    assert (event.actor, event.facts) == (BY, {"before": "none", "after": "serial"})


# --- Lots


def test_lot_is_met_once_and_filled_up():
    product = tea()
    first = lot(product, " A1 ")

    again = lot(product, "A1", expires_on=date(2027, 1, 31), supplier_reference="DN 7")

    assert again == first
    assert (again.expires_on, again.supplier_reference) == (date(2027, 1, 31), "DN 7")
    assert Event.objects.filter(name="lot.created").count() == 1


def test_lot_with_another_date_is_refused():
    product = tea()
    lot(product, "A1", expires_on=date(2027, 1, 31))

    with pytest.raises(inventory.LotDiffers, match="2027-01-31"):
        lot(product, "A1", expires_on=date(2027, 1, 30))

    assert Lot.objects.get().expires_on == date(2027, 1, 31)


def test_lot_needs_a_code():
    with pytest.raises(inventory.LotMissing):
        lot(tea(), "  ")


def test_lot_does_not_expire_before_it_was_made():
    with pytest.raises(IntegrityError, match="expires_after"), transaction.atomic():
        Lot.objects.create(
            product=tea(), code="A1", expires_on=TODAY, manufactured_on=TODAY + timedelta(1)
        )


# --- Serial numbers


def test_serial_number_is_one_unit(london):
    product = tea("serial")
    unit = lot(product, "S1")
    before = everything()

    with pytest.raises(inventory.SerialElsewhere, match="S1"):
        move(unit, london, 2)

    assert everything() == before


def test_serial_number_is_in_one_place(london):
    product, leeds = tea("serial"), world.warehouse("LEE")
    unit = lot(product, "S1")
    move(unit, london, 1)
    before = everything()

    with pytest.raises(inventory.SerialElsewhere, match="S1"):
        move(unit, leeds, 1)

    assert everything() == before


@pytest.mark.parametrize("twice", [{"quantity": 2}, {"quantity": 1}])
def test_database_states_that_a_serial_number_is_one_unit_in_one_place(london, twice):
    product, leeds = tea("serial"), world.warehouse("LEE")
    unit = lot(product, "S1")
    move(unit, london, 1)
    level = StockLevel.objects.create(product=product, location=leeds)

    with pytest.raises(IntegrityError, match=r"serial|lot_id"), transaction.atomic():
        LotStock.objects.create(level=level, lot=unit, is_serial=True, **twice)


def test_serial_number_changes_its_condition_in_one_act(london):
    unit = lot(tea("serial"), "S1")
    move(unit, london, 1)

    inventory.hold_lot(unit, by=BY, why=RECALLED)

    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined) == (0, 1)
    assert_ledgers_hold()


# --- What leaves


def test_suggest_takes_what_expires_first_and_leaves_out_what_may_not_leave(london):
    product = tea()
    for code, days, units in (("OLD", -1, 5), ("SOON", 3, 2), ("LATE", 90, 9), ("HELD", 1, 4)):
        move(lot(product, code, expires_on=TODAY + timedelta(days)), london, units)
    move(lot(product, "NEVER"), london, 7)
    Lot.objects.filter(code="HELD").update(held_at=timezone.now())

    found = questions.suggest_lots(london.pk, {product.pk: 12})[product.pk]

    assert [(row.code, units) for row, units in found] == [("SOON", 2), ("LATE", 9), ("NEVER", 1)]


def test_consume_needs_the_lots_and_keeps_them(london):
    product = tea()
    first, second = lot(product, "A1"), lot(product, "A2")
    move(first, london, 2)
    move(second, london, 5)
    line = reserved(london, product, 4)
    before = everything()

    with pytest.raises(inventory.LotMissing):
        inventory.consume([Units(line.pk, london.pk, 4)], by=BY, reference="SH1")
    short = Units(line.pk, london.pk, 4, ((first.pk, 2),))
    with pytest.raises(inventory.LotMissing):
        inventory.consume([short], by=BY, reference="SH1")
    assert everything() == before

    lots = ((first.pk, 1), (second.pk, 3))
    inventory.consume([Units(line.pk, london.pk, 4, lots)], by=BY, reference="SH1")

    assert here(product) == {"A1": 1, "A2": 2}
    assert questions.shipped_lots(line.pk) == {first.pk: 1, second.pk: 3}


@pytest.mark.parametrize(
    "change", [{"held_at": timezone.now()}, {"expires_on": TODAY - timedelta(1)}]
)
def test_consume_refuses_what_is_held_or_expired(london, change):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 2)
    line = reserved(london, product, 2)
    Lot.objects.update(**change)
    before = everything()

    with pytest.raises(inventory.LotUnusable, match="A1"):
        inventory.consume([Units(line.pk, london.pk, 2, ((first.pk, 2),))], by=BY, reference="SH1")

    assert everything() == before


# --- Holding


def test_hold_sets_free_units_apart_and_says_how_many_stay(london):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 10)
    reserved(london, product, 4)

    left = inventory.hold_lot(first, by=BY, why=RECALLED)

    level = StockLevel.objects.get()
    assert left == 4
    assert (level.on_hand, level.reserved, level.quarantined) == (4, 4, 6)
    assert Event.objects.filter(name="lot.held", actor=BY).count() == 1
    assert inventory.hold_lot(first, by=BY, why=RECALLED) == 4
    assert Event.objects.filter(name="lot.held").count() == 1
    assert_ledgers_hold()


def test_units_of_a_held_lot_follow_when_their_order_is_cancelled(london):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 10)
    line = reserved(london, product, 4)
    inventory.hold_lot(first, by=BY, why=RECALLED)
    orders.recall_units(line.order, by=BY, units=[Units(line.pk, london.pk, 4)], reason="x")
    orders.cancel(line.order, by=BY, reason="inventory")

    assert inventory.set_unusable_apart(by="system") == 0

    assert StockLevel.objects.get().quarantined == 10


def test_release_brings_everything_back(london):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 10)
    inventory.hold_lot(first, by=BY, why=RECALLED)

    inventory.release_lot(first, by=BY, why=Why("passed", "No glass"))

    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined) == (10, 0)
    assert not Lot.objects.get().is_held
    assert_ledgers_hold()


@pytest.mark.parametrize("kind", ["received", "returned", "transferred_in"])
def test_units_of_a_held_lot_that_come_in_are_set_apart_until_its_release(london, kind):
    of = lot(tea(), "L1")
    inventory.hold_lot(of, by=BY, why=RECALLED)

    came = move(of, london, 6, kind, reference="DN1")

    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined) == (0, 6)
    assert [(row.kind, row.reference, row.quantity) for row in came] == [(kind, "DN1", 6)]
    assert_ledgers_hold()
    inventory.release_lot(of, by=BY, why=Why("other", "It is fine"))
    level.refresh_from_db()
    assert (level.on_hand, level.quarantined) == (6, 0)
    assert_ledgers_hold()


@pytest.mark.parametrize(
    "change", [{"held_at": timezone.now()}, {"expires_on": TODAY - timedelta(1)}]
)
@pytest.mark.parametrize("act", ["release_from_quarantine", "adjust"])
def test_person_finds_no_unit_good_of_what_is_held_or_expired(london, act, change):
    of = lot(tea(), "L1")
    move(of, london, 6, condition="quarantined")
    Lot.objects.update(**change)
    before = everything()

    with pytest.raises(inventory.LotUnusable):
        getattr(inventory, act)(
            of.product, london, ByLot({"L1": 2}), by=BY, why=Why("other", "Looks good")
        )

    assert everything() == before


def test_release_leaves_what_was_quarantined_for_another_reason(london):
    product = tea()
    first = lot(product, "A1")
    move(first, london, 10)
    line = reserved(london, product, 2)
    wet = {"kind": "quarantined", "reason_code": "broken"}
    apart = Change(product.pk, london.pk, 3, lot_id=first.pk, condition="quarantined", **wet)
    inventory.move([replace(apart, quantity=-3, condition="available"), apart], by=BY)
    inventory.hold_lot(first, by=BY, why=RECALLED)
    orders.recall_units(line.order, by=BY, units=[Units(line.pk, london.pk, 2)], reason="x")
    orders.cancel(line.order, by=BY, reason="inventory")
    inventory.set_unusable_apart(by="system")
    assert StockLevel.objects.get().quarantined == 10
    scrapped = Change(
        product.pk, london.pk, -1, "scrapped", lot_id=first.pk, condition="quarantined",
        reason_code="broken",
    )  # fmt: skip
    inventory.move([scrapped], by=BY)

    inventory.release_lot(first, by=BY, why=Why("passed", "No glass"))

    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined) == (6, 3)
    assert_ledgers_hold()


def test_second_hold_brings_back_nothing_of_the_first(london):
    first = lot(tea(), "A1")
    move(first, london, 5)
    for _ in range(2):
        inventory.hold_lot(first, by=BY, why=RECALLED)
        inventory.release_lot(first, by=BY, why=Why("passed"))
        assert StockLevel.objects.get().on_hand == 5
    with pytest.raises(inventory.LotNotHeld):
        inventory.release_lot(first, by=BY, why=Why("passed"))


def test_expired_stock_leaves_what_can_be_promised(london):
    product = tea()
    move(lot(product, "OLD", expires_on=TODAY - timedelta(1)), london, 5)
    move(lot(product, "LAST", expires_on=TODAY), london, 3)

    inventory.set_unusable_apart(by="system")

    level = StockLevel.objects.get()
    assert (level.on_hand, level.quarantined) == (3, 5)
    rows = StockMovement.objects.filter(kind="quarantined")
    assert set(rows.values_list("reason_code__code", "actor")) == {("expired", "system")}
    assert_ledgers_hold()


def test_spread_names_lots_where_nobody_did(london):
    product = tea()
    move(lot(product, "A1", expires_on=TODAY + timedelta(9)), london, 2)
    move(lot(product, "A2", expires_on=TODAY + timedelta(2)), london, 3)
    mug = world.stocked("MUG", london, 5)

    inventory.move(
        inventory.spread(
            [
                Change(product.pk, london.pk, -4, "adjusted"),
                Change(mug.pk, london.pk, -1, "adjusted"),
            ]
        ),
        by=BY,
    )

    assert here(product) == {"A1": 1}
    assert_ledgers_hold()


# --- Whatever happens


CODES = ("A1", "A2", "A3")
ACTS = ("receive", "ship", "take_back", "shrink", "hold", "release", "expire", "scrap")


class Shelf:
    """One tracked product in two places, and everything that may befall it."""

    # ruff: noqa: ARG002 (every act takes the same three arguments)

    def __init__(self, tracking):
        self.places = [world.warehouse(), world.warehouse("LEE")]
        self.product = tea(tracking)
        self.lots = [lot(self.product, code) for code in CODES]
        self.shop = world.shop(duplicate_window_minutes=0)
        self.number = 0

    def receive(self, one, place, units):
        move(one, place, units)

    def ship(self, one, place, units):
        self.number += 1
        order = world.place(self.shop, ("TEA", units), external_id=f"E{self.number}")
        line = order.lines.get()
        for row in line.reservations.filter(firm=True):
            lots = questions.suggest_lots(row.level.location_id, {self.product.pk: row.quantity})
            named = tuple((one.pk, n) for one, n in lots.get(self.product.pk, ()))
            moved = [Units(line.pk, row.level.location_id, row.quantity, named)]
            orders.record_shipment(order, by=BY, units=moved, reference=f"SH{self.number}")

    def take_back(self, one, place, units):
        line = one.movements.filter(kind="issued").order_by("pk").values_list("order_line", flat=1)
        change = (
            Change(self.product.pk, place.pk, 1, "returned", order_line_id=line[0], lot_id=one.pk)
            if line
            else None
        )
        if change and questions.shipped_lots(line[0]).get(one.pk):
            inventory.move([change], by=BY)

    def shrink(self, one, place, units):
        move(one, place, -units, "adjusted")

    def hold(self, one, place, units):
        inventory.hold_lot(one, by=BY, why=RECALLED)

    def release(self, one, place, units):
        inventory.release_lot(one, by=BY, why=Why("passed"))

    def expire(self, one, place, units):
        Lot.objects.filter(pk=one.pk).update(expires_on=TODAY - timedelta(units - 2))
        inventory.set_unusable_apart(by="system")

    def scrap(self, one, place, units):
        move(one, place, -units, "scrapped", condition="quarantined")


steps = st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(0, 1), st.integers(1, 4))


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.sampled_from(["lot", "serial"]),
    st.lists(steps, min_size=4, max_size=16).map(lambda rest: [("receive", 0, 0, 1), *rest]),
)
def test_any_sequence_keeps_lot_balances_right(tracking, sequence):
    with transaction.atomic():
        shelf = Shelf(tracking)
        for name, which, where, units in sequence:
            try:
                with transaction.atomic():
                    getattr(shelf, name)(shelf.lots[which], shelf.places[where], units)
            except DomainError:
                pass
        assert_ledgers_hold()
        transaction.set_rollback(True)
