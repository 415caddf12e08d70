import io
import sys

import pytest
from django.core.management import call_command

from oms import ledgers, wiring
from oms.dispatch import drain
from oms.models import Counter, Delivery, Event

RIGHT = "tests.oms.test_ledgers.invariants"


def invariants():
    """One cache that must be 7, and one ledger that is always wrong when asked to be."""
    return [
        ledgers.Invariant(
            "test.cache", "The cache is seven.", Counter.objects.count, _wrong, repair=_repair
        ),
        ledgers.Invariant("test.ledger", "No counter is broken.", Counter.objects.count, _broken),
    ]


def _wrong():
    for row in Counter.objects.filter(name="cache").exclude(value=7):
        yield f"cache is {row.value}"


def _repair():
    Counter.objects.filter(name="cache").update(value=7)
    yield "set cache to 7"


def _broken():
    for row in Counter.objects.filter(name__startswith="broken"):
        yield row.name


@pytest.fixture
def checked(monkeypatch):
    monkeypatch.setattr(wiring, "INVARIANTS", (RIGHT,))


def check(*args):
    try:
        call_command("check_ledgers", *args)
    except SystemExit as stop:
        return stop.code
    return 0


def test_check_of_what_holds_exits_with_zero_and_prints_rows(db, checked, capsys):
    Counter.objects.create(name="cache", value=7)

    assert check() == 0

    out = capsys.readouterr().out
    assert "ok    test.cache                          1 rows  The cache is seven." in out
    assert "2 invariants, 2 rows checked, 0 do not hold." in out


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_is_told_what_is_being_proved(db, checked, monkeypatch):
    told = {}
    for screen in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setenv("TERM", "xterm")
        assert check() == 0
        told[screen.isatty()] = screen.getvalue()

    assert "2 of 2: test.ledger. No counter is broken." in told[True]
    assert told[False] == ""


def test_check_of_what_does_not_hold_exits_with_one_and_changes_nothing(db, checked, capsys):
    Counter.objects.create(name="cache", value=6)

    assert check() == 1

    assert "cache is 6" in capsys.readouterr().out
    assert Counter.objects.get().value == 6


def test_repair_sets_a_cache_right_and_explains(db, checked, capsys):
    Counter.objects.create(name="cache", value=6)

    assert check("--repair") == 0

    assert "set cache to 7" in capsys.readouterr().out
    assert Counter.objects.get().value == 7


def test_repair_of_a_ledger_is_refused(db, checked, capsys):
    Counter.objects.create(name="broken")

    assert check("--repair") == 1

    assert "test.ledger is a ledger" in capsys.readouterr().out


def test_check_shows_twenty_violations_and_counts_the_rest(db, checked, capsys):
    Counter.objects.bulk_create(Counter(name=f"broken {n:02}") for n in range(25))

    check()

    out = capsys.readouterr().out
    assert out.count("broken ") == 20
    assert "and 5 more" in out


@pytest.fixture
def outbox(wire, subject, happen, monkeypatch):
    monkeypatch.setattr(wiring, "INVARIANTS", ("oms.dispatch.ledger.invariants",))
    wire(test_done=("count",))
    happen("test.done", subject, times=3)
    drain()


def wrong():
    return {found.invariant.name: found.violations for found in ledgers.run() if not found.holds}


def test_outbox_after_a_drain_holds(outbox):
    assert wrong() == {}


def test_outbox_with_a_gap_in_a_subject_does_not_hold(outbox):
    Delivery.objects.filter(event__sequence=2).delete()
    Event.objects.filter(sequence=2).delete()

    assert wrong() == {"event.sequence": 1, "event.position": 1}


def test_outbox_with_a_lost_delivery_does_not_hold(outbox):
    Delivery.objects.filter(event__sequence=2).delete()

    assert wrong() == {"event.delivered": 1}


def test_outbox_with_a_consumer_wired_later_holds(outbox, wire, subject, happen):
    wire(test_done=("count", "follow"))
    happen("test.done", subject)
    drain()

    assert wrong() == {}
