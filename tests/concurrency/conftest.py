"""Real threads with real connections against PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection

from oms.querysets import LockingQuerySet


@pytest.fixture
def at_once(transactional_db):
    """Run calls in threads that start together; answers come in the order of the calls.

    An exception is an answer too: the tests look at what every caller was told.
    """

    def run(calls, *, threads=16):
        barrier = Barrier(min(threads, len(calls)))

        def one(call, first):
            connection.ensure_connection()  # before the start: connecting takes longer than a call
            if first:
                barrier.wait(timeout=30)
            try:
                return call()
            except Exception as error:  # noqa: BLE001
                return error
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            futures = [
                pool.submit(one, call, index < barrier.parties) for index, call in enumerate(calls)
            ]
            return [future.result(timeout=60) for future in futures]

    return run


@pytest.fixture
def meet():
    """Come here and wait for another; who waited three seconds, or comes after, goes on alone."""
    another = Barrier(2)

    def wait():
        with suppress(BrokenBarrierError):
            another.wait(timeout=3)

    return wait


@pytest.fixture
def lock_nothing(monkeypatch, meet):
    """Take the row locks away: rows are read as they are, once another reads them, too.

    With `at`, callers meet at the rows of that model only.
    """

    def take_away(at=None):
        def read(self, *pks):
            rows = list(self.filter(pk__in=pks).order_by("pk"))
            if at in (None, self.model):
                meet()
            return rows

        monkeypatch.setattr(LockingQuerySet, "lock", read)

    return take_away
