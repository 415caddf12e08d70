"""The worker process: one lane per kind of work, each with its own connection, stopped cleanly.

Events and their webhooks are awaited by somebody; tasks and chores may take minutes of processor
time. Threads of one process share one interpreter lock, so the two kinds run in processes of their
own: `manage.py worker` does the events and keeps a child for the background.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

from django.db import close_old_connections, connection
from django.db.models import F
from django.utils import timezone

from oms import wake
from oms.dispatch import chores, tasks
from oms.dispatch.consuming import consume
from oms.dispatch.housekeeping import tidy
from oms.dispatch.sending import Sender
from oms.dispatch.sequencing import sequence
from oms.models import APART, Worker

logger = logging.getLogger(__name__)

EVENTS, BACKGROUND = "events", "background"
CONSUMING_LANES = 4
CHORES_AT_ONCE = 3
QUICK_SECONDS = 0.2  # until the next look, right after there was work
SLOW_SECONDS = 1.0  # when nothing has happened for a while
BEAT_SECONDS = 5.0
GRACE_SECONDS = 20.0  # for what is in hand when the worker is asked to stop


class Lane(threading.Thread):
    """Repeats a step; looks often while there is work, less often when there is none."""

    def __init__(
        self,
        name: str,
        step: Callable[[], int],
        stop: threading.Event,
        slowest: float = SLOW_SECONDS,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._step, self._stop_asked, self._slowest = step, stop, slowest
        self.bell = threading.Event()
        self.after: list[Lane] = []

    def run(self) -> None:
        """Work until asked to stop; an error is logged and followed by a pause."""
        pause = QUICK_SECONDS
        while not self._stop_asked.is_set():
            try:
                busy = self._step()
            except Exception:
                logger.exception("lane %s stumbled", self.name)
                connection.close()
                busy, pause = 0, self._slowest
            if busy:
                pause = QUICK_SECONDS
                for lane in self.after:
                    lane.bell.set()
                continue
            close_old_connections()
            rung = self.bell.wait(pause)
            self.bell.clear()
            pause = QUICK_SECONDS if rung else min(pause * 2, self._slowest)
        connection.close()


class WorkerProcess:
    """A worker under its name, until `stop` is called; does `EVENTS` or `BACKGROUND`."""

    def __init__(self, work: str = EVENTS) -> None:
        self.name = f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid4().hex[:8]}"
        self.name += APART if work == BACKGROUND else ""
        self._stop = threading.Event()
        self._sender = Sender()
        self._chores = ThreadPoolExecutor(CHORES_AT_ONCE, "chore")
        self._lanes = self._event_lanes() if work == EVENTS else self._background_lanes()
        self._lanes.append(Lane("housekeeping", self._tidy, self._stop, BEAT_SECONDS))

    def start(self) -> None:
        """Register under the name and start the lanes."""
        Worker.objects.create(name=self.name)
        for lane in self._lanes:
            lane.start()
        self._listen()

    def wait(self) -> None:
        """Wait for the end, and let the lanes finish what they have in hand."""
        while not self._stop.wait(1.0):
            pass
        self._finish()

    def stops_within(self, seconds: float) -> bool:
        """Whether it was asked to stop by then."""
        return self._stop.wait(seconds)

    def stop(self) -> None:
        """Take nothing new."""
        self._stop.set()
        for lane in self._lanes:
            lane.bell.set()

    def mourn(self) -> None:
        """Write down that the background process beside this one has died and was started again."""
        mine = Worker.objects.filter(name=self.name)
        mine.update(deaths=F("deaths") + 1, died_at=timezone.now())

    def _event_lanes(self) -> list[Lane]:
        sequencing = Lane("sequencing", sequence, self._stop)
        consuming = self._make_consuming_lanes()
        sending = Lane("sending", self._sender.step, self._stop)
        sequencing.after = [*consuming, sending]
        for lane in consuming:
            lane.after = [sequencing]
        return [sequencing, *consuming, sending]

    def _background_lanes(self) -> list[Lane]:
        return [
            Lane("tasks", lambda: tasks.run_next(self.name), self._stop),
            Lane("chores", partial(chores.run_due, self._chores.submit), self._stop),
        ]

    def _make_consuming_lanes(self) -> list[Lane]:
        """Several on PostgreSQL, where commits wait for the disk side by side; one on SQLite."""
        parts = CONSUMING_LANES if connection.vendor == "postgresql" else 1
        return [
            Lane(f"consuming-{part}", partial(consume, part, parts), self._stop)
            for part in range(parts)
        ]

    def _tidy(self) -> int:
        """Say that this worker lives. One that was given up for dead must not go on working."""
        if not Worker.objects.filter(name=self.name).update(seen_at=timezone.now()):
            logger.critical("worker %s was given up for dead; it stops", self.name)
            os._exit(1)
        tidy()
        return 0

    def _listen(self) -> None:
        if connection.vendor == "postgresql":
            threading.Thread(target=self._hear, name="listening", daemon=True).start()

    def _hear(self) -> None:
        """Ring the first lane at every hint; without a connection the lanes look by themselves."""
        while not self._stop.is_set():
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {wake.CHANNEL}")
                for _ in connection.connection.notifies():
                    self._lanes[0].bell.set()
            except Exception:
                logger.exception("the listening connection broke")
                connection.close()
                self._stop.wait(SLOW_SECONDS)

    def _finish(self) -> None:
        for lane in self._lanes:
            lane.join(GRACE_SECONDS)
        self._chores.shutdown(wait=True, cancel_futures=True)
        if not any(lane.is_alive() for lane in self._lanes):
            self._sender.close()
        Worker.objects.filter(name=self.name).delete()
