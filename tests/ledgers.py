"""One line at the end of a test: every figure still proves itself."""

import re
from collections import defaultdict
from contextlib import contextmanager
from functools import cache
from itertools import islice

from django.apps import apps
from django.db import connection

from oms.ledgers import SHOWN, every_invariant
from oms.prepared import cursor

WORD = re.compile(r"\w+")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
WRITTEN = re.compile(
    r'(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM)\s+(?:ONLY\s+)?"?(\w+)"?', re.IGNORECASE
)
reads = defaultdict(set)  # name of an invariant -> tables that its statements were seen to read
silent = {}  # name of an invariant -> its statements when none of them gave a row
watches = []  # the innermost last


def assert_ledgers_hold():
    """No invariant of any app is violated."""
    watch = watches[-1] if watches else None
    due = [
        invariant
        for invariant in every_invariant()
        if watch is None or (watch.concerns(invariant) and not still_silent(invariant))
    ]
    broken = [line for invariant in due for line in violations(invariant)]
    assert not broken, "\n".join(broken)
    if watch:
        watch.written.clear()


def violations(invariant):
    """The invariant's name and what violates it; nothing where it holds."""
    asked = []

    def note(execute, sql, params, many, context):
        reads[invariant.name] |= tables() & set(WORD.findall(sql))
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        found = list(islice(invariant.violations(), SHOWN))
    if not found and invariant.name not in silent and not DAY.search(str(asked)):
        statements = [written_out(*statement) for statement in asked]
        if no_rows(statements):
            silent[invariant.name] = statements
    return [invariant.name, *found] if found else []


def still_silent(invariant):
    """Whether its statements, none of which gave a row when it was found to hold, still give none.

    Most invariants ask for the rows that violate them, and Django takes ten times as long to
    write such a question as the database to answer it. So it is asked again as it was written,
    unless it speaks of a day: tomorrow it would be another.
    """
    return bool(silent.get(invariant.name)) and no_rows(silent[invariant.name])


def no_rows(statements):
    with cursor() as again:
        for statement in statements:
            again.execute(*statement)
            if again.fetchone():
                return False
    return True


def written_out(sql, params):
    """The statement with its values in it, as PostgreSQL prepares it; as it is for SQLite."""
    if connection.vendor != "postgresql":
        return sql, params
    with connection.cursor() as opened:
        return (opened.mogrify(sql, params),)


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
        if not sql.startswith("SELECT"):
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
