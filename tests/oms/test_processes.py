import socket
import sys
import time

import pytest

from oms import processes
from oms.processes import Child

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF_SCRIPT = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('up', flush=True)
time.sleep(60)
"""
DEAF = [sys.executable, "-c", DEAF_SCRIPT]


@pytest.fixture
def child():
    made = Child("sleeper", SLEEPER)
    made.start()
    yield made
    processes.stop([made])


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_stop_of_a_running_child_ends_it(child):
    processes.stop([child])

    assert child.exit_code == -15


def test_stop_of_a_deaf_child_kills_it_after_the_grace(monkeypatch, capfd):
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    deaf = Child("deaf", DEAF)
    deaf.start()
    seen = []
    wait_for(lambda: "up" in (seen.append(capfd.readouterr().out) or "".join(seen)))

    processes.stop([deaf])

    assert deaf.exit_code == -9


def test_stop_of_a_child_never_started_does_nothing():
    processes.stop([Child("never", SLEEPER)])


def test_revive_of_a_running_child_leaves_it(child):
    assert child.revive() is False


def test_revive_of_a_dead_child_starts_it_again(child):
    child.ask_to_stop()
    wait_for(lambda: child.exit_code is not None)

    assert child.revive() is True

    assert child.exit_code is None


def test_revive_of_a_child_that_keeps_dying_waits():
    dying = Child("dying", [sys.executable, "-c", "raise SystemExit(3)"])
    dying.start()
    wait_for(lambda: dying.exit_code == 3)
    assert dying.revive() is True
    wait_for(lambda: dying.exit_code == 3)

    assert dying.revive() is False


def test_port_is_free_with_a_listener_is_false():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert processes.port_is_free("127.0.0.1", server.getsockname()[1]) is False


def test_answers_of_a_server_says_whether_it_is_well(httpserver):
    httpserver.expect_request("/health/").respond_with_data("fine")
    httpserver.expect_request("/ill/").respond_with_data("ill", status=503)

    assert processes.answers(httpserver.port, "/health/") is True
    assert processes.answers(httpserver.port, "/ill/") is False


def test_answers_without_a_server_is_false():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert processes.answers(port, "/health/") is False
