"""The past is what it was: figures of any moment, whatever happened since."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory import operations as inventory
from inventory import queries
from inventory.models import StockLevel, StockMovement, StockSnapshot
from inventory.operations import Take, Units, Why
from oms.errors import DomainError
from tests import factories as world
from tests.examples import examples
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY
START = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
FIGURES = ("on_hand", "quarantined", "damaged", "reserved", "safety_stock")


def figures(row):
    return tuple(getattr(row, name) for name in FIGURES)


def then(at, level=None):
    level = level or StockLevel.objects.get()
    return queries.stock_at([level.pk], at)[level.pk]


class Shelf:
    """One level, everything that can happen to it, and what its counters were after each act."""

    def __init__(self):
        self.place = world.warehouse()
        self.mug = world.stocked("MUG", self.place, 20)
        order = world.place(world.shop(), ("CUP", 100), ("POT", 100))
        self.lines = [line.pk for line in order.lines.all()]
        self.truth = []

    @property
    def level(self):
        return StockLevel.objects.get(product=self.mug)

    def note(self, at):
        self.truth.append((at, figures(self.level)))

    def receive(self, _line, size):
        inventory.receive(self.mug, self.place, size, by=BY)

    def adjust(self, _line, size):
        inventory.adjust(self.mug, self.place, -size, by=BY, why=Why("not-found"))

    def quarantine(self, _line, size):
        inventory.quarantine(self.mug, self.place, size, by=BY, why=Why("inspection"))

    def restore(self, _line, size):
        inventory.release_from_quarantine(self.mug, self.place, size, by=BY, why=Why("passed"))

    def damage(self, _line, size):
        inventory.mark_damaged(self.mug, self.place, size, by=BY, why=Why("broken"))

    def scrap(self, _line, size):
        inventory.write_off(self.mug, self.place, size, by=BY, why=Why("broken"))

    def correct(self, _line, size):
        movement = StockMovement.objects.order_by("-pk")[size]
        inventory.correct(movement, by=BY, why=Why("typing-error"))

    def keep_back(self, _line, size):
        inventory.set_safety_stock(self.mug, self.place, size, by=BY)

    def reserve(self, line, size):
        inventory.reserve([Take(line, self.level.pk, self.place.pk, size)])

    def hand_over(self, line, _size):
        inventory.firm_up([line])

    def release(self, line, size):
        inventory.release([Units(line, self.place.pk, size)], by=BY)

    def recall(self, line, size):
        inventory.recall([Units(line, self.place.pk, size)], by=BY)

    def ship(self, line, size):
        inventory.consume([Units(line, self.place.pk, size)], by=BY, reference="SH1")

    def snapshot(self, _line, _size):
        inventory.take_due_snapshots()


ACTS = [name for name in vars(Shelf) if "__" not in name and name not in {"level", "note"}]
steps = st.tuples(
    st.sampled_from(ACTS), st.integers(0, 1), st.integers(1, 4), st.integers(1, 40 * 24)
)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=5, max_size=25))
def test_any_moment_is_what_the_counters_said_at_that_moment(history):
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        shelf = Shelf()
        shelf.note(START)
        now = START
        for act, line, size, hours in history:
            now += timedelta(hours=hours)
            clock.move_to(now)
            with suppress(DomainError, IndexError), transaction.atomic():
                getattr(shelf, act)(shelf.lines[line], size)
            shelf.note(now)
        inventory.take_due_snapshots()

        level = shelf.level
        told = [then(at + timedelta(minutes=30), level) for at, _ in shelf.truth]
        assert [figures(moment) for moment in told] == [truth for _, truth in shelf.truth]
        for moment in told:
            held = queries.reservations_at(level.pk, moment, 1_000)
            assert sum(row.quantity for row in held) == moment.reserved
        transaction.set_rollback(True)


def test_a_moment_includes_what_was_written_in_it():
    with time_machine.travel(START, tick=False):
        world.stocked("MUG", world.warehouse(), 5)

    assert then(START).on_hand == 5
    assert then(START - timedelta(microseconds=1)).on_hand == 0


def test_correction_leaves_the_past_as_it_was_known_and_says_what_it_really_was():
    with time_machine.travel(START, tick=False) as clock:
        mug = world.stocked("MUG", world.warehouse(), 50)
        level = StockLevel.objects.get(product=mug)
        clock.shift(timedelta(days=2))
        inventory.correct(level.movements.get(), by=BY, why=Why("typing-error"))
        inventory.receive(mug, level.location, 5, by=BY)

    moment = then(START + timedelta(days=1))
    assert (moment.on_hand, moment.corrected) == (50, 0)
    learnt = queries.learnt_since(level.pk, moment.at)
    assert [(row.kind, row.quantity) for row in learnt] == [("corrected", -50)]
    assert then(START + timedelta(days=3)).on_hand == 5


def test_snapshots_are_taken_once_a_month_and_only_where_something_moved():
    with time_machine.travel(START, tick=False) as clock:
        london = world.warehouse()
        mug, cup = world.stocked("MUG", london, 5), world.stocked("CUP", london, 7)
        clock.move_to(datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
        assert inventory.take_due_snapshots() == 2  # February's; March's may still be written to
        inventory.receive(mug, london, 1, by=BY)
        clock.move_to(datetime(2026, 4, 2, tzinfo=UTC))
        assert inventory.take_due_snapshots() == 1
        assert inventory.take_due_snapshots() == 0

    kept = StockSnapshot.objects.order_by("at", "level").values_list("level__product", "at__month")
    assert list(kept) == [(mug.pk, 2), (cup.pk, 2), (mug.pk, 4)]
    assert_ledgers_hold()
