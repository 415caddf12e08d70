import time

import psycopg
import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, connection

from oms import connections
from oms.connections import TRUSTED

pytestmark = pytest.mark.postgresql


@pytest.fixture
def answered(transactional_db):
    """A kept connection that has just answered, checked as in production."""
    # Django's test client puts Django's own receiver behind ours; a server never does.
    request_started.disconnect(dispatch_uid="oms.connections")
    connections.watch()
    connection.close()
    ask()
    connection.health_check_enabled = True
    connection.oms_asked_at = time.monotonic()
    request_finished.send(None)
    yield
    connection.close()


def ask():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def cut_off():
    """The server ends our connection, as when it is started anew."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


def test_connection_that_just_answered_is_not_asked_again(answered):
    request_started.send(None)
    assert connection.health_check_done


def test_connection_that_was_cut_off_in_a_pause_is_replaced(answered):
    before = connection.connection.info.backend_pid
    connection.oms_asked_at = time.monotonic() - TRUSTED
    cut_off()

    request_started.send(None)

    assert ask() != before


def test_requests_without_a_statement_do_not_vouch_for_a_connection(answered):
    before = connection.connection.info.backend_pid
    cut_off()

    connection.oms_asked_at = time.monotonic() - TRUSTED / 2
    nothing_asked()  # a static file, while it is trusted
    connection.oms_asked_at -= TRUSTED
    nothing_asked()  # and another, later
    request_started.send(None)

    assert ask() != before


def nothing_asked():
    request_started.send(None)
    request_finished.send(None)


def test_connection_that_was_cut_off_at_once_fails_one_request(answered):
    cut_off()

    request_started.send(None)
    with pytest.raises(OperationalError):
        ask()
    request_finished.send(None)
    request_started.send(None)

    assert ask()
