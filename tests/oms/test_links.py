from datetime import timedelta

import pytest
import time_machine

from oms import links

WEEK = timedelta(days=7)


def test_read_gives_the_key_that_was_signed():
    assert links.read("quote", links.sign("quote", "SO100001"), valid=WEEK) == "SO100001"


def test_read_for_another_purpose_refuses():
    with pytest.raises(links.LinkNotValid):
        links.read("return", links.sign("quote", "SO100001"), valid=WEEK)


def test_read_changed_refuses():
    token = links.sign("quote", "SO100001")

    with pytest.raises(links.LinkNotValid):
        links.read("quote", token[:-1] + ("A" if token[-1] != "A" else "B"), valid=WEEK)


def test_read_too_old_refuses():
    with time_machine.travel("2026-03-01T12:00:00+00:00", tick=False) as clock:
        token = links.sign("quote", "SO100001")
        clock.shift(WEEK + timedelta(seconds=1))

        with pytest.raises(links.LinkNotValid):
            links.read("quote", token, valid=WEEK)
