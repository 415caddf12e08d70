"""One line at the end of a test: every figure still proves itself."""

import re
from collections import defaultdict
from contextlib import contextmanager
from functools import cache
from itertools import islice

from django.apps import apps
from django.db import connection

from oms.ledgers import SHOWN, every_invariant

WORD = re.compile(r"\w+")
WRITTEN = re.compile(
    r'(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?"?(\w+)"?', re.IGNORECASE
)
reads = defaultdict(set)  # name of an invariant -> tables that its statements were seen to read
watches = []  # the innermost last


def assert_ledgers_hold():
    """No invariant of any app is violated."""
    watch = watches[-1] if watches else None
    due = [
        invariant for invariant in every_invariant() if watch is None or watch.concerns(invariant)
    ]
    broken = [line for invariant in due for line in violations(invariant)]
    assert not broken, "\n".join(broken)
    if watch:
        watch.written.clear()


def violations(invariant):
    """The invariant's name and what violates it; nothing where it holds."""

    def note(execute, sql, params, many, context):
        reads[invariant.name] |= tables() & set(WORD.findall(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        found = list(islice(invariant.violations(), SHOWN))
    return [invariant.name, *found] if found else []


class Watch:
    """The tables that were written to since every sentence was last found true.

    What is laid down by migrations violates none, and a sentence about tables that nobody has
    written to since is still true; so a test that rolls back looks at a part of the sentences.
    """

    def __init__(self):
        self.written = set()

    def concerns(self, invariant):
        """Whether the invariant may have been broken since."""
        read = reads[invariant.name]
        return not read or bool(read & self.written)

    def note(self, execute, sql, params, many, context):
        self.written |= set(WRITTEN.findall(sql))
        return execute(sql, params, many, context)


@cache
def tables():
    """The names of all tables."""
    return {model._meta.db_table for model in apps.get_models(include_auto_created=True)}


@contextmanager
def watching():
    """Take note of the tables that are written to on this connection, from a clean database on."""
    watch = Watch()
    watches.append(watch)
    try:
        with connection.execute_wrapper(watch.note):
            yield
    finally:
        watches.remove(watch)
