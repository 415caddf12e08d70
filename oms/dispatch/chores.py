"""Work that time calls for rather than an event: each chore is run by one worker when it is due.

`oms.wiring.CHORES` names functions without arguments and how many seconds lie between two runs. A
run is claimed by moving its next time on by a minute at least; its end moves it to where it
belongs. A worker that dies in the middle costs that minute, so a chore must be repeatable; it cuts
long work into transactions of its own.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string

from oms.models import Chore

logger = logging.getLogger(__name__)

LEASE_SECONDS = 60.0


def run_due(start: Callable[[Callable[[], None]], object] | None = None) -> int:
    """Run the chores whose time has come; how many this worker took on.

    `start` is given each of them to run somewhere else, so that a slow one holds up no other;
    without it they run here, one after the other.
    """
    every = import_module("oms.wiring").CHORES
    resting = set(Chore.objects.filter(next_at__gt=timezone.now()).values_list("path", flat=True))
    claimed = 0
    for path in [path for path in every if path not in resting]:
        if began := _claim(path, every[path]):
            claimed += 1
            chore = partial(_run, path, began, every[path])
            start(partial(_apart, chore)) if start else chore()
    return claimed


def _run(path: str, began: datetime, seconds: float) -> None:
    error, done = "", 0
    try:
        done = import_string(path)() or 0
    except Exception as broken:
        logger.exception("chore %s failed", path)
        error = f"{type(broken).__name__}; the log says more."
    Chore.objects.filter(path=path, started_at=began).update(
        finished_at=timezone.now(),
        next_at=began + timedelta(seconds=seconds),
        done=done,
        error=error,
    )


def _apart(chore: Callable[[], None]) -> None:
    """Run in a thread of a pool, which keeps no connection between two chores."""
    try:
        chore()
    finally:
        connection.close()


def _claim(path: str, seconds: float) -> datetime | None:
    now = timezone.now()
    Chore.objects.get_or_create(path=path, defaults={"next_at": now})
    later = now + timedelta(seconds=max(seconds, LEASE_SECONDS))
    rows = Chore.objects.filter(path=path, next_at__lte=now)
    return now if rows.update(next_at=later, started_at=now) else None
