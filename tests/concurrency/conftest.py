"""Real threads with real connections against PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection


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
