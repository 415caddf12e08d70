from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.module_loading import import_string

from oms import wiring
from oms.dispatch import chores
from oms.models import Chore
from tests.oms.conftest import HERE
from tests.oms.reactions import runs

NOON = timezone.datetime(2026, 3, 2, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture(autouse=True)
def one_chore(db, monkeypatch):
    runs.clear()
    monkeypatch.setattr(wiring, "CHORES", {f"{HERE}.sweep": 60})


def test_run_due_runs_a_chore_once_an_interval(monkeypatch):
    with time_machine.travel(NOON, tick=False) as clock:
        assert [chores.run_due(), chores.run_due()] == [1, 0]
        clock.shift(timedelta(seconds=59))
        assert chores.run_due() == 0
        clock.shift(timedelta(seconds=1))
        assert chores.run_due() == 1

    assert runs == ["swept", "swept"]
    assert Chore.objects.get().done == 7


def test_run_due_chore_of_a_worker_that_died_runs_again_after_a_minute():
    with time_machine.travel(NOON, tick=False) as clock:
        assert chores.run_due(lambda _chore: None) == 1  # claimed, and never run
        clock.shift(timedelta(seconds=chores.LEASE_SECONDS - 1))
        assert chores.run_due() == 0
        clock.shift(timedelta(seconds=1))
        assert chores.run_due() == 1

    assert runs == ["swept"]


def test_run_due_quick_chore_runs_again_as_soon_as_it_is_due(monkeypatch):
    monkeypatch.setattr(wiring, "CHORES", {f"{HERE}.sweep": 2})
    with time_machine.travel(NOON, tick=False) as clock:
        chores.run_due()
        clock.shift(timedelta(seconds=2))

        assert chores.run_due() == 1


def test_run_due_chore_that_fails_is_told_without_what_it_was_about(monkeypatch, caplog):
    monkeypatch.setattr(wiring, "CHORES", {f"{HERE}.trip": 60, f"{HERE}.sweep": 60})

    assert chores.run_due() == 2

    failed = Chore.objects.get(path__endswith="trip")
    assert failed.error == "ValueError; the log says more."
    assert runs == ["swept"]


def test_run_due_claimed_by_another_worker_is_left_to_it():
    Chore.objects.create(path=f"{HERE}.sweep", next_at=timezone.now() + timedelta(seconds=60))

    assert chores.run_due() == 0
    assert runs == []


def test_every_chore_of_the_wiring_can_be_called():
    for path in wiring.CHORES:
        assert callable(import_string(path))
