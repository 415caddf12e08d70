"""Counts: planned, counted blind, counted again, approved, posted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from inventory import operations as inventory
from inventory.enums import AbcClass, CountCause, CountLineState, CountStatus
from inventory.models import (
    Count,
    CountEntry,
    CountLine,
    CountPolicy,
    CountSchedule,
    LotStock,
    StockLevel,
    StockMovement,
)
from inventory.queries import counts as questions
from oms.dispatch import drain
from oms.models import Event
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

ANN, BEN, CORA = "user:11", "user:12", "user:13"


@pytest.fixture
def london():
    return world.warehouse()


def plan(london, **stock):
    """A count of these SKUs at London, with so many units received before."""
    products = [
        world.stocked(sku, london, units, unit_cost=Decimal(10)) for sku, units in stock.items()
    ]
    return inventory.plan_count(london, by=ANN, products=[row.pk for row in products])


def found(count, *, by=BEN, **units):
    """Somebody writes down what is there."""
    lines = {line.level.product.sku: line.pk for line in count.lines.all()}
    return inventory.enter(count, by=by, quantities={lines[s]: n for s, n in units.items()})


def finish(count, by=BEN):
    return inventory.finish(count, by=by)


def to_approve(london, counted=7, of=10):
    """A count whose difference two people found."""
    count = plan(london, MUG=of)
    found(count, MUG=counted)
    finish(count)
    found(count, by=CORA, MUG=counted)
    return finish(count, by=CORA)


def on_hand():
    return dict(StockLevel.objects.values_list("product__sku", "on_hand"))


def lines(count):
    rows = count.lines.order_by("position")
    return list(rows.values_list("state", "expected", "counted"))


def told(count):
    return list(
        Event.objects.filter(subject_type="inventory.count", subject_id=count.pk)
        .order_by("sequence")
        .values_list("name", "actor")
    )


def state_of_everything():
    return [
        list(model.objects.order_by("pk").values())
        for model in (Count, CountLine, CountEntry, StockLevel, StockMovement)
    ]


# --- Planning


def test_plan_puts_products_on_a_sheet_by_sku_and_moves_nothing(london):
    count = plan(london, PEN=3, MUG=5)

    assert count.number.startswith("CC")
    assert count.status == CountStatus.PLANNED
    assert [line.level.product.sku for line in count.lines.order_by("position")] == ["MUG", "PEN"]
    assert on_hand() == {"MUG": 5, "PEN": 3}
    assert told(count) == [("count.planned", ANN)]
    assert count.history.get().history_change_reason == ANN


def test_plan_refuses_what_is_being_counted(london):
    count = plan(london, MUG=5)
    pen = world.stocked("PEN", london, 3)
    mug = StockLevel.objects.get(product__sku="MUG").product
    before = state_of_everything()

    with pytest.raises(inventory.BeingCounted, match=count.number):
        inventory.plan_count(london, by=ANN, products=[pen.pk, mug.pk])

    assert state_of_everything() == before


def test_database_keeps_a_level_on_one_open_count(london):
    count = plan(london, MUG=5)
    line = count.lines.get()

    with pytest.raises(IntegrityError, match=r"one_open|level_id"), transaction.atomic():
        CountLine.objects.create(count=count, level=line.level, position=2)


def test_plan_nothing_is_refused(london):
    with pytest.raises(inventory.NothingToCount):
        inventory.plan_count(london, by=ANN, products=[])

    assert not Count.objects.exists()


def test_classify_ranks_by_issued_value_and_plan_due_takes_a_first(london):
    for sku, cost, sold in (("GEM", 100, 8), ("MUG", 10, 15), ("PEN", 1, 40), ("OLD", 50, 0)):
        product = world.stocked(sku, london, 50, unit_cost=cost)
        move(product, london, -sold)
    CountPolicy.objects.create(location=london, a_share=80, b_share=95, lines_per_count=2)

    number = inventory.classify(london, by=ANN)

    classes = dict(CountSchedule.objects.values_list("level__product__sku", "abc_class"))
    assert number == 4
    assert classes == {"GEM": "A", "MUG": "B", "PEN": "C", "OLD": "C"}
    later = timezone.localdate() + timedelta(days=400)
    sheets = inventory.plan_due(london, by=ANN, until=later)
    asked = [{line.level.product.sku for line in count.lines.all()} for count in sheets]
    assert asked == [{"GEM", "MUG"}, {"PEN", "OLD"}]
    assert {count.cause for count in sheets} == {CountCause.CYCLE}
    with pytest.raises(inventory.NothingToCount):
        inventory.plan_due(london, by=ANN, until=later)


def move(product, place, quantity):
    change = inventory.Change(product.pk, place.pk, quantity, "issued")
    inventory.move([change] if quantity else [], by=ANN)


def test_classify_by_quantity_counts_units(london):
    for sku, cost, sold in (("GEM", 100, 8), ("PEN", 1, 40)):
        move(world.stocked(sku, london, 50, unit_cost=cost), london, -sold)
    CountPolicy.objects.create(location=london, measure="quantity")

    inventory.classify(london, by=ANN)

    classes = dict(CountSchedule.objects.values_list("level__product__sku", "abc_class"))
    assert classes == {"PEN": "A", "GEM": "B"}


def test_request_count_joins_what_nobody_has_begun(london):
    mug, pen = world.stocked("MUG", london, 5), world.stocked("PEN", london, 5)

    first = inventory.request_count(mug.pk, london.pk, by=BEN, note="Shelf empty", reference="FO1")
    again = inventory.request_count(mug.pk, london.pk, by=BEN)
    other = inventory.request_count(pen.pk, london.pk, by=BEN)

    assert first == again == other
    assert (first.cause, first.reference, first.note) == ("rejected", "FO1", "Shelf empty")
    assert first.lines.count() == 2


def test_request_count_leaves_a_begun_sheet_alone(london):
    mug, pen = world.stocked("MUG", london, 5), world.stocked("PEN", london, 5)
    first = inventory.request_count(mug.pk, london.pk, by=BEN)
    found(first, MUG=5)

    assert inventory.request_count(pen.pk, london.pk, by=BEN) != first


# --- Counting


def test_count_that_finds_what_the_book_says_is_posted_without_a_movement(london):
    count = plan(london, MUG=5)
    found(count, MUG=5)
    moved = StockMovement.objects.count()

    count = finish(count)

    assert count.status == CountStatus.POSTED
    assert lines(count) == [(CountLineState.MATCHED, 5, 5)]
    assert StockMovement.objects.count() == moved
    assert told(count) == [("count.planned", ANN), ("count.counting", BEN), ("count.posted", BEN)]


def test_entry_is_corrected_until_the_round_ends(london):
    count = plan(london, MUG=5)

    found(count, MUG=50)
    found(count, MUG=5)
    found(count, MUG=5)

    assert list(CountEntry.objects.values_list("round", "quantity", "by")) == [(1, 5, BEN)]


def test_scan_adds_up_by_sku_and_barcode(london):
    count = plan(london, MUG=3)
    product = count.lines.get().level.product
    product.barcode = "5012345678900"
    product.save()

    for code in ("MUG", " mug ", "5012345678900"):
        inventory.scan(count, by=BEN, code=code)

    assert CountEntry.objects.get().quantity == 3


def test_scan_of_something_else_is_refused_and_changes_nothing(london):
    count = plan(london, MUG=3)
    found(count, MUG=2)
    before = state_of_everything()

    with pytest.raises(inventory.NotOnSheet, match="PEN"):
        inventory.scan(count, by=BEN, code="PEN")

    assert state_of_everything() == before


def test_finish_refuses_while_lines_are_left(london):
    count = plan(london, MUG=3, PEN=4)
    found(count, MUG=3)
    before = state_of_everything()

    with pytest.raises(inventory.NotCounted, match="1 of 2"):
        finish(count)

    assert state_of_everything() == before


def test_small_difference_is_approved_by_tolerance(london):
    count = plan(london, MUG=100)
    found(count, MUG=98)

    count = finish(count)

    assert count.status == CountStatus.TO_APPROVE
    assert lines(count) == [(CountLineState.APPROVED, 100, 98)]


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ({"tolerance_units": 3, "tolerance_value": 30}, CountLineState.APPROVED),
        ({"tolerance_units": 3, "tolerance_value": 29}, CountLineState.TO_RECOUNT),
        ({"tolerance_units": 2, "tolerance_value": 99}, CountLineState.TO_RECOUNT),
        ({"tolerance_percent": 30, "tolerance_value": 99}, CountLineState.APPROVED),
    ],
)
def test_tolerance_is_units_or_percent_and_value(london, policy, state):
    CountPolicy.objects.create(location=london, **policy)
    count = plan(london, MUG=10)
    found(count, MUG=7)

    count = finish(count)

    assert count.lines.get().state == state


def test_large_difference_is_counted_again_by_somebody_else(london):
    count = plan(london, MUG=10)
    found(count, MUG=7)
    count = finish(count)
    before = state_of_everything()

    with pytest.raises(inventory.SameCounter, match="MUG"):
        found(count, by=BEN, MUG=10)

    assert count.status == CountStatus.RECOUNT
    assert state_of_everything() == before
    found(count, by=CORA, MUG=10)
    assert finish(count, by=CORA).status == CountStatus.POSTED


def test_recount_that_confirms_waits_for_approval(london):
    count = to_approve(london)

    assert count.status == CountStatus.TO_APPROVE
    assert lines(count) == [(CountLineState.TO_APPROVE, 10, 7)]
    rounds = CountEntry.objects.order_by("round").values_list("round", "quantity", "by")
    assert list(rounds) == [(1, 7, BEN), (2, 7, CORA)]


def test_picked_units_are_not_looked_for_on_the_shelf(london):
    mug = world.stocked("MUG", london, 10)
    shop = world.shop()
    order = world.place(shop, ("MUG", 4))
    drain(webhooks=False)
    fulfillment.pick(order.fulfillment_orders.get(), by=BEN)
    count = inventory.plan_count(london, by=ANN, products=[mug.pk])

    found(count, MUG=6)

    assert CountEntry.objects.get().expected == 6
    assert finish(count).status == CountStatus.POSTED


# --- Deciding and posting


def test_post_writes_the_difference_as_a_counted_movement(london):
    count = to_approve(london)
    inventory.approve_lines(count, by=ANN, lines=[count.lines.get().pk], reason="Seen twice")

    count = inventory.post_count(count, by=ANN)

    row = StockMovement.objects.latest("pk")
    assert (row.kind, row.quantity, row.balance) == ("counted", -3, 7)
    assert (row.reference, row.actor) == (count.number, ANN)
    assert row.reason == "Counted 7, book 10: Seen twice"
    assert count.status == CountStatus.POSTED
    assert not CountLine.objects.filter(is_open=True).exists()
    assert told(count)[-2:] == [("count.lines_approved", ANN), ("count.posted", ANN)]
    assert_ledgers_hold()


def test_post_keeps_what_moved_since_the_count(london):
    count = to_approve(london)
    mug = count.lines.get().level.product
    inventory.receive(mug, london, 20, by=ANN)
    inventory.adjust(mug, london, -2, by=ANN, why=inventory.Why("not-found"))
    inventory.approve_lines(count, by=ANN, lines=[count.lines.get().pk])

    inventory.post_count(count, by=ANN)

    assert on_hand() == {"MUG": 10 + 20 - 2 - 3}


def test_post_waits_while_lines_are_undecided(london):
    count = to_approve(london)
    before = state_of_everything()

    with pytest.raises(inventory.NotDecided, match="wait for a count or a decision: 1"):
        inventory.post_count(count, by=ANN)

    assert state_of_everything() == before


def test_post_twice_is_refused(london):
    count = to_approve(london)
    inventory.approve_lines(count, by=ANN, lines=[count.lines.get().pk])
    inventory.post_count(count, by=ANN)
    before = state_of_everything()

    with pytest.raises(inventory.WrongCountStatus, match="posted"):
        inventory.post_count(count, by=ANN)

    assert state_of_everything() == before


def test_post_leaves_lines_whose_units_are_promised_and_says_so(london):
    count = plan(london, MUG=10, PEN=10)
    for person in (BEN, CORA):
        found(count, by=person, MUG=0, PEN=0)
        finish(count, by=person)
    shop = world.shop()
    order = world.place(shop, ("MUG", 4))
    inventory.approve_lines(count, by=ANN, lines=[line.pk for line in count.lines.all()])

    count = inventory.post_count(count, by=ANN)

    assert on_hand() == {"MUG": 10, "PEN": 0}
    assert count.status == CountStatus.TO_APPROVE
    with pytest.raises(inventory.StillReserved, match="MUG"):
        inventory.post_count(count, by=ANN)
    drain(webhooks=False)
    fulfillment.cancel_order(order, by=ANN, reason="inventory")
    assert inventory.post_count(count, by=ANN).status == CountStatus.POSTED
    assert on_hand() == {"MUG": 0, "PEN": 0}
    assert_ledgers_hold()


def test_own_count_is_not_approved(london):
    count = to_approve(london)
    before = state_of_everything()

    with pytest.raises(inventory.OwnCount, match="MUG"):
        inventory.approve_lines(count, by=CORA, lines=[count.lines.get().pk])

    assert state_of_everything() == before


def test_keep_leaves_the_book_and_says_why(london):
    count = to_approve(london)

    inventory.keep_lines(count, by=ANN, lines=[count.lines.get().pk], reason="In the next bay")
    count = inventory.post_count(count, by=ANN)

    line = count.lines.get()
    assert (line.state, line.decision, line.decided_by) == ("kept", "In the next bay", ANN)
    assert on_hand() == {"MUG": 10}


def test_count_again_asks_a_third_person(london):
    count = to_approve(london)

    count = inventory.count_again(count, by=ANN, lines=[count.lines.get().pk], reason="Sure?")

    assert count.status == CountStatus.RECOUNT
    with pytest.raises(inventory.SameCounter):
        found(count, by=BEN, MUG=7)
    found(count, by=ANN, MUG=8)
    assert lines(finish(count, by=ANN)) == [(CountLineState.TO_APPROVE, 10, 8)]


def test_cancel_frees_the_levels_and_posts_nothing(london):
    count = to_approve(london)

    inventory.cancel_count(count, by=ANN, reason="Flood")

    assert on_hand() == {"MUG": 10}
    mug = count.lines.get().level.product
    assert inventory.plan_count(london, by=ANN, products=[mug.pk])


def test_posting_sets_the_next_turn(london):
    count = plan(london, MUG=5)
    inventory.classify(london, by=ANN)
    found(count, MUG=5)

    finish(count)

    schedule = CountSchedule.objects.get()
    assert schedule.abc_class == AbcClass.C
    assert schedule.due_on == timezone.localdate() + timedelta(days=180)
    assert schedule.counted_at is not None


def test_counts_of_a_person_leave_out_recounts_of_their_own(london):
    count = plan(london, MUG=10)
    found(count, MUG=7)
    finish(count)

    assert list(questions.counts_of(12, BEN)) == []
    assert list(questions.counts_of(13, CORA)) == [count]


def test_accuracy_is_the_share_of_lines_for_which_the_book_was_right(london):
    count = plan(london, MUG=10, PEN=100, JAR=5)
    found(count, MUG=7, PEN=100, JAR=5)
    finish(count)
    found(count, by=CORA, MUG=7)
    finish(count, by=CORA)
    inventory.approve_lines(count, by=ANN, lines=[count.lines.get(state="to_approve").pk])
    inventory.post_count(count, by=ANN)

    row = questions.accuracy(timezone.now() - timedelta(days=30))[0]

    assert (row.location, row.lines, row.right, row.percent) == ("LON", 3, 2, 66.7)
    assert (row.expected, row.off, row.value) == (115, 3, Decimal(-30))
    assert questions.location_accuracy(london.pk) == 66.7
    assert questions.location_accuracy(0) is None


def test_ship_during_a_count_leaves_the_difference_alone(london):
    mug = world.stocked("MUG", london, 10)
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    order = world.place(world.shop(), ("MUG", 4))
    drain(webhooks=False)
    work = order.fulfillment_orders.get()
    count = inventory.plan_count(london, by=ANN, products=[mug.pk])
    found(count, MUG=9)
    finish(count)
    fulfillment.pick(work, by=BEN)
    parcel = fulfillment.PackedParcel(500, {work.lines.get().pk: 4})
    fulfillment.pack(work, by=BEN, parcels=[parcel])
    found(count, by=CORA, MUG=5)
    fulfillment.ship(work, by=BEN, carrier="royal-mail")
    finish(count, by=CORA)
    inventory.approve_lines(count, by=ANN, lines=[count.lines.get().pk])

    inventory.post_count(count, by=ANN)

    assert on_hand() == {"MUG": 5}
    assert_ledgers_hold()


def test_due_day_may_be_given(london):
    mug = world.stocked("MUG", london, 1)

    count = inventory.plan_count(london, by=ANN, products=[mug.pk], due_on=date(2026, 12, 1))

    assert count.due_on == date(2026, 12, 1)


# --- By lot


def brew(london, tracking="lot", **units):
    """Tea in these lots."""
    product = inventory.set_tracking(world.product("TEA"), tracking, by=ANN)
    for code, quantity in units.items():
        lot = inventory.lot_of(product, code, by=ANN)
        change = inventory.Change(product.pk, london.pk, quantity, "received", lot_id=lot.pk)
        inventory.move([change], by=ANN)
    return product


def test_tracked_product_is_counted_lot_by_lot(london):
    product = brew(london, A1=10, A2=6)
    count = inventory.plan_count(london, by=ANN, products=[product.pk])
    rows = {line.lot.code: line.pk for line in count.lines.select_related("lot")}
    for person in (BEN, CORA):
        sheet = {rows["A1"]: 7, rows["A2"]: 6}
        left = {pk: n for pk, n in sheet.items() if person == BEN or pk == rows["A1"]}
        inventory.enter(count, by=person, quantities=left)
        inventory.finish(count, by=person)
    inventory.approve_lines(count, by=ANN, lines=[rows["A1"]])

    inventory.post_count(count, by=ANN)

    stock = LotStock.objects.filter(quantity__gt=0).values_list("lot__code", "quantity")
    assert dict(stock) == {"A1": 7, "A2": 6}
    assert_ledgers_hold()


def test_serial_number_that_was_found_is_added_and_counted_by_its_own_code(london):
    product = brew(london, "serial", S1=1)
    found_one = inventory.lot_of(product, "S2", by=ANN)
    count = inventory.plan_count(london, by=ANN, products=[product.pk])

    with pytest.raises(inventory.NotOnSheet):
        inventory.scan(count, by=BEN, code="TEA")
    inventory.scan(count, by=BEN, code="S1")
    inventory.include(count, by=BEN, product_id=product.pk, lot_id=found_one.pk)
    inventory.scan(count, by=BEN, code="S2")

    entries = CountEntry.objects.order_by("pk").values_list(
        "line__lot__code", "quantity", "expected"
    )
    assert list(entries) == [("S1", 1, 1), ("S2", 1, 0)]
