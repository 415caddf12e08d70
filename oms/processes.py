"""Child processes of `serve`: started together, watched, stopped together."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException

# The C library gives each thread a heap of its own and keeps what it frees; web workers with four
# threads stay about 18 MB smaller with one heap (glibc, mallopt(3)). What the caller sets stands.
SPARING = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072"}
GRACE_SECONDS = 25.0
CALM_SECONDS = 10.0  # a child that lived this long is started again without a pause


class Child:
    """One process with a name; groups of their own keep the terminal's Ctrl-C away from them."""

    def __init__(self, name: str, command: Sequence[str], pass_fds: Sequence[int] = ()) -> None:
        self.name = name
        self._pass_fds = pass_fds
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = 0.0

    def start(self) -> None:
        """Start it, or start it again."""
        self._process = subprocess.Popen(  # noqa: S603 (own command)
            self._command,
            process_group=0,
            pass_fds=self._pass_fds,
            env={**SPARING, **os.environ},
        )
        self._started = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """How it ended, or none while it runs or was never started."""
        return self._process.poll() if self._process else None

    def revive(self) -> bool:
        """Start it again if it has died, after a pause that doubles while it keeps dying.

        True when it was started again.
        """
        if self.exit_code is None:
            return False
        lived = time.monotonic() - self._started
        if lived >= CALM_SECONDS:
            self._pause = 0.0
        if lived < self._pause:
            return False
        self._pause = min(max(1.0, self._pause * 2), 60.0)
        self.start()
        return True

    def ask_to_stop(self) -> None:
        """Send SIGTERM: finish what is in hand, take nothing new."""
        if self._process and self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Wait for its end; past the time it is killed, with all of its own children."""
        if not self._process:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def stop(children: Sequence[Child]) -> None:
    """Stop all of them side by side within the time of grace."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        child.wait(max(0.1, deadline - time.monotonic()))


def port_is_free(host: str, port: int) -> bool:
    """Whether a server can listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(port: int, path: str) -> bool:
    """Whether the local server answers this path with 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, HTTPException):
        connection.request("GET", path, headers={"X-Forwarded-Proto": "https"})
        return connection.getresponse().status == 200  # noqa: PLR2004 (OK)
    return False
