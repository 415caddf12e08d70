"""One line at the end of a test: every figure still proves itself."""

import re
from collections import defaultdict
from contextlib import contextmanager
from itertools import islice

from django.db import connection

from oms.ledgers import SHOWN, every_invariant

QUOTED = re.compile(r'"(\w+)"')
WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?')


def assert_ledgers_hold():
    """No invariant of any app is violated."""
    broken = [line for invariant in every_invariant() for line in violations(invariant)]
    assert not broken, "\n".join(broken)


def violations(invariant):
    """The invariant's name and what violates it; nothing where it holds."""
    found = list(islice(invariant.violations(), SHOWN))
    return [invariant.name, *found] if found else []


class LedgersAfterEachStep:
    """The same for long sequences of small steps, at a price that allows to look after each.

    A sentence about tables that nobody has written to since it was found true is still true. What
    a sentence reads is learnt from its own statements, each time it is looked at.
    """

    def __init__(self):
        self.invariants = list(every_invariant())
        self.reads = defaultdict(set)
        self.written = None  # nothing was looked at yet: look at everything

    @contextmanager
    def watching(self):
        """Take note of the tables that are written to."""
        with connection.execute_wrapper(self._note):
            yield

    def assert_hold(self):
        """Nothing is violated by what was written since the last look."""
        due = [
            invariant
            for invariant in self.invariants
            if self.written is None or self.reads[invariant.name] & self.written
        ]
        self.written = set()
        broken = [line for invariant in due for line in self._look(invariant)]
        assert not broken, "\n".join(broken)

    def _look(self, invariant):
        def note(execute, sql, params, many, context):
            self.reads[invariant.name] |= set(QUOTED.findall(sql))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            return violations(invariant)

    def _note(self, execute, sql, params, many, context):
        if self.written is not None:
            self.written |= set(WRITTEN.findall(sql))
        return execute(sql, params, many, context)
