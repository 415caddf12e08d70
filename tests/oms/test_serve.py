import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests import migrated

pytestmark = pytest.mark.slow
PATIENCE = 90.0
DATABASE = "oms.sqlite3"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def status_of(port, path):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def wait_for(condition, process=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            pytest.fail(f"serve ended with {process.returncode}: {process.stdout.read()}")
        if time.monotonic() > deadline:
            pytest.fail("it took too long")
        time.sleep(0.1)


def children_of(process, word):
    try:
        found = psutil.Process(process.pid).children(recursive=True)
        return [child for child in found if word in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Environment of an installation of its own, on SQLite, migrated where that was done before."""
    folder = tmp_path_factory.mktemp("house")
    made = migrated.KEPT / f"{migrated.checksum()}.sqlite3"
    if made.exists():
        shutil.copy(made, folder / DATABASE)
    kept = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    return kept | {
        "OMS_DATA_DIR": str(folder),
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
        "PYTHONUNBUFFERED": "1",
    }


def said_until(process, words):
    """What it says until it says this, or to its end."""
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            break
    return said


def workers_of(process):
    """The workers themselves, without the processes of their background."""
    found = children_of(process, "manage.py worker")
    return [worker for worker in found if "--only" not in worker.cmdline()]


@pytest.fixture
def serve(house):
    """The running command; its output is a pipe."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=settings.BASE_DIR,
            env=house,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        left = (
            psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        )
        process.kill()
        process.wait()
        for child in left:
            child.kill()


def test_serve_from_nothing_answers_and_stops_cleanly(serve, house):
    for file in Path(house["OMS_DATA_DIR"]).glob(f"{DATABASE}*"):
        file.unlink()
    process = serve()
    port = int(house["PORT"])

    output = said_until(process, "Ready: ")
    assert status_of(port, "/health/") == 200
    both = [*children_of(process, "gunicorn"), *children_of(process, "manage.py worker")]
    process.send_signal(signal.SIGTERM)
    output += process.communicate(timeout=40)[0]

    assert process.returncode == 0
    assert f"Ready: http://localhost:{port}/" in output
    assert len(both) >= 3  # master and one web process, and the worker
    assert [child for child in both if child.is_running()] == []
    assert status_of(port, "/health/") is None


def test_serve_with_a_killed_worker_starts_another(serve, house):
    process = serve()
    wait_for(lambda: status_of(int(house["PORT"]), "/health/") == 200, process)
    (first,) = workers_of(process)

    first.kill()
    wait_for(lambda: [worker.pid for worker in workers_of(process)] not in ([], [first.pid]))

    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    assert "The worker had ended and was started again." in output


def test_serve_ends_whole_when_its_terminal_is_closed(serve, house):
    process = serve()
    wait_for(lambda: status_of(int(house["PORT"]), "/health/") == 200, process)
    both = [*children_of(process, "gunicorn"), *children_of(process, "manage.py worker")]

    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=40)

    assert process.returncode == 0
    assert len(both) >= 3
    assert [child for child in both if child.is_running()] == []


def test_serve_on_a_taken_port_says_so(serve, house):
    with socket.create_server(("127.0.0.1", int(house["PORT"]))):
        process = serve()
        output, _ = process.communicate(timeout=40)

    assert process.returncode == 1
    assert f"Port {house['PORT']} is in use" in output
