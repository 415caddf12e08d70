"""Stock by condition: every act, every refusal, and that a refusal changed nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory import operations as inventory
from inventory.enums import MovementKind
from inventory.models import ReasonCode, StockLevel, StockMovement
from inventory.operations import Change, Why
from oms.models import AppendOnlyError, Event
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def london():
    return world.warehouse()


@pytest.fixture
def mug(london):
    return world.stocked("MUG", london, 10)


def counters():
    level = StockLevel.objects.get()
    return (level.on_hand, level.reserved, level.quarantined, level.damaged)


def rows(kind):
    found = StockMovement.objects.filter(kind=kind).order_by("pk")
    return [(row.condition, row.quantity, row.balance) for row in found]


def refused(error, act, *args, **kwargs):
    """The act is refused and everything is as it was."""
    before = (counters(), StockMovement.objects.count(), Event.objects.count())
    with pytest.raises(error) as caught, transaction.atomic():
        act(*args, by=BY, **kwargs)
    assert before == (counters(), StockMovement.objects.count(), Event.objects.count())
    return caught.value.detail


def test_quarantine_sets_units_apart_by_two_movements(mug, london):
    inventory.quarantine(mug, london, 4, by=BY, why=Why("inspection", "Wet box", "Q-1"))

    assert counters() == (6, 0, 4, 0)
    assert rows("quarantined") == [("available", -4, 6), ("quarantined", 4, 4)]
    last = StockMovement.objects.last()
    assert (last.reason_code.code, last.reason, last.reference) == ("inspection", "Wet box", "Q-1")
    assert last.actor == BY
    assert_ledgers_hold()


def test_quarantined_units_are_not_sold(mug, london):
    inventory.quarantine(mug, london, 8, by=BY, why=Why("inspection"))

    order = world.place(world.shop(), ("MUG", 5))

    assert order.lines.get().allocated == 2


def test_quarantine_never_takes_reserved_units(mug, london):
    world.place(world.shop(), ("MUG", 7))

    detail = refused(
        inventory.InsufficientStock, inventory.quarantine, mug, london, 4, why=Why("inspection")
    )

    assert detail == "MUG at LON: fewer than 4 units are on hand and not reserved."


def test_release_from_quarantine_serves_whoever_waits(mug, london):
    inventory.quarantine(mug, london, 4, by=BY, why=Why("inspection"))
    before = Event.objects.filter(name="stock.increased").count()

    inventory.release_from_quarantine(mug, london, 3, by=BY, why=Why("passed"))

    assert counters() == (9, 0, 1, 0)
    assert rows("restored") == [("quarantined", -3, 1), ("available", 3, 9)]
    assert Event.objects.filter(name="stock.increased").count() == before + 1
    assert_ledgers_hold()


def test_release_of_more_than_is_in_quarantine_is_refused(mug, london):
    inventory.quarantine(mug, london, 2, by=BY, why=Why("inspection"))

    detail = refused(
        inventory.InsufficientStock,
        inventory.release_from_quarantine,
        mug,
        london,
        3,
        why=Why("passed"),
    )

    assert detail == "MUG at LON: fewer than 3 units are in quarantine."


def test_damaged_units_are_written_off_from_where_they_lie(mug, london):
    inventory.mark_damaged(mug, london, 3, by=BY, why=Why("broken"))
    inventory.write_off(mug, london, 2, by=BY, why=Why("broken"))

    assert counters() == (7, 0, 0, 1)
    assert rows("scrapped") == [("damaged", -2, 1)]
    assert_ledgers_hold()


def test_write_off_of_more_than_is_damaged_is_refused(mug, london):
    detail = refused(
        inventory.InsufficientStock, inventory.write_off, mug, london, 1, why=Why("broken")
    )

    assert detail == "MUG at LON: fewer than 1 unit are damaged."


@pytest.mark.parametrize(
    "act", ["quarantine", "release_from_quarantine", "mark_damaged", "write_off"]
)
@pytest.mark.parametrize("units", [0, -1])
def test_less_than_one_unit_is_refused(mug, london, act, units):
    refused(inventory.NothingToMove, getattr(inventory, act), mug, london, units, why=Why("other"))


def test_adjusting_by_nothing_is_refused(mug, london):
    refused(inventory.NothingToMove, inventory.adjust, mug, london, 0, why=Why("found"))


@pytest.mark.parametrize(
    "act", ["adjust", "quarantine", "release_from_quarantine", "mark_damaged", "write_off"]
)
def test_without_a_reason_nothing_is_changed_by_hand(mug, london, act):
    refused(inventory.ReasonMissing, getattr(inventory, act), mug, london, 1, why=Why(""))


@pytest.mark.parametrize("code", ["no-such-code", "passed"])
def test_reason_must_exist_and_fit_the_kind(mug, london, code):
    refused(inventory.UnknownReason, inventory.quarantine, mug, london, 1, why=Why(code))
    with pytest.raises(inventory.UnknownReason, match=r"known: .*inspection"):
        inventory.quarantine(mug, london, 1, by="test", why=Why(code))


def test_reason_that_is_switched_off_is_refused(mug, london):
    ReasonCode.objects.filter(code="inspection").update(is_active=False)

    refused(inventory.UnknownReason, inventory.quarantine, mug, london, 1, why=Why("inspection"))


def test_own_reason_codes_count_like_shipped_ones(mug, london):
    ReasonCode.objects.create(code="frost", name="Frozen", kinds=[MovementKind.DAMAGED])

    inventory.mark_damaged(mug, london, 1, by=BY, why=Why("frost"))

    assert StockMovement.objects.last().reason_code.name == "Frozen"


def test_adjustment_says_since_when_it_is_true(mug, london):
    since = timezone.now() - timedelta(days=3)

    row = inventory.adjust(mug, london, -1, by=BY, why=Why("not-found"), effective_at=since)

    assert row.effective_at == since < row.at
    assert counters() == (9, 0, 0, 0)


def test_adjustment_for_the_future_is_refused(mug, london):
    later = timezone.now() + timedelta(days=1)

    refused(
        inventory.NotYetEffective,
        inventory.adjust,
        mug,
        london,
        -1,
        why=Why("not-found"),
        effective_at=later,
    )


def test_correct_undoes_both_legs_of_a_change_of_condition(mug, london):
    first, _second = inventory.quarantine(mug, london, 4, by=BY, why=Why("inspection"))

    inventory.correct(first, by="user:2", why=Why("typing-error"))

    assert counters() == (10, 0, 0, 0)
    assert rows("corrected") == [("available", 4, 10), ("quarantined", -4, 0)]
    undone = StockMovement.objects.filter(kind="corrected").values_list("corrects__kind", "actor")
    assert set(undone) == {("quarantined", "user:2")}
    event = Event.objects.get(name="stock.corrected")
    assert event.actor == "user:2"
    assert_ledgers_hold()


def test_correct_is_effective_since_the_wrong_movement_and_dated_now(mug):
    wrong = StockMovement.objects.get()

    (row,) = inventory.correct(wrong, by=BY, why=Why("entered-twice"))

    assert (row.quantity, row.effective_at) == (-10, wrong.at)
    assert row.at > wrong.at


def test_correct_happens_once(mug):
    wrong = StockMovement.objects.get()
    inventory.correct(wrong, by=BY, why=Why("entered-twice"))

    detail = refused(inventory.NotCorrectable, inventory.correct, wrong, why=Why("entered-twice"))

    assert "undone already" in detail


def test_the_second_leg_cannot_be_undone_after_the_first(mug, london):
    first, second = inventory.quarantine(mug, london, 4, by=BY, why=Why("inspection"))
    inventory.correct(first, by=BY, why=Why("typing-error"))

    refused(inventory.NotCorrectable, inventory.correct, second, why=Why("typing-error"))


def test_database_refuses_a_second_correction(mug):
    wrong = StockMovement.objects.get()
    (row,) = inventory.correct(wrong, by=BY, why=Why("entered-twice"))

    with pytest.raises(IntegrityError), transaction.atomic():
        StockMovement.objects.create(
            level=row.level, kind="corrected", quantity=1, balance=1, corrects=wrong, actor=BY
        )


def test_correct_of_units_that_are_gone_is_refused(mug):
    world.place(world.shop(), ("MUG", 3))

    refused(
        inventory.InsufficientStock,
        inventory.correct,
        StockMovement.objects.get(),
        why=Why("entered-twice"),
    )


@pytest.mark.parametrize("kind", ["issued", "returned", "transferred_in", "counted", "corrected"])
def test_correct_of_what_a_document_wrote_is_refused(mug, london, kind):
    change = Change(mug.pk, london.pk, 2, kind, "SH1")
    (row,) = inventory.move([change], by=BY)

    refused(inventory.NotCorrectable, inventory.correct, row, why=Why("typing-error"))


def test_correct_needs_a_reason(mug):
    refused(inventory.ReasonMissing, inventory.correct, StockMovement.objects.get(), why=Why(""))


@pytest.mark.parametrize("figure", ["on_hand", "quarantined", "damaged"])
def test_database_refuses_less_than_nothing_of_any_condition(mug, figure):
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.update(**{figure: -1})


def test_movements_are_never_changed_by_code(mug):
    row = StockMovement.objects.get()
    row.quantity = 99

    for act in (
        row.save,
        row.delete,
        lambda: StockMovement.objects.update(quantity=99),
        lambda: StockMovement.objects.all().delete(),
        lambda: StockMovement.objects.bulk_update([row], ["quantity"]),
    ):
        with pytest.raises(AppendOnlyError):
            act()
    assert StockMovement.objects.get().quantity == 10
