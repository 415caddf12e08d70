"""Work that time calls for rather than an event: each chore is run by one worker when it is due.

`oms.wiring.CHORES` names functions without arguments and how many seconds lie between two runs. A
run is claimed by moving its next time on; a worker that dies in the middle costs one interval, so
a chore must be repeatable, and it cuts long work into transactions of its own.
"""

import logging
from datetime import timedelta
from importlib import import_module

from django.utils import timezone
from django.utils.module_loading import import_string

from oms.models import Chore

logger = logging.getLogger(__name__)


def run_due() -> int:
    """Run the chores whose time has come; how many this worker ran."""
    every = import_module("oms.wiring").CHORES
    now = timezone.now()
    resting = set(Chore.objects.filter(next_at__gt=now).values_list("path", flat=True))
    due = [path for path in every if path not in resting]
    return sum(_run(path, every[path]) for path in due)


def _run(path: str, seconds: float) -> int:
    if not _claim(path, seconds):
        return 0
    error, done = "", 0
    try:
        done = import_string(path)() or 0
    except Exception as broken:
        logger.exception("chore %s failed", path)
        error = f"{type(broken).__name__}; the log says more."
    Chore.objects.filter(path=path).update(finished_at=timezone.now(), done=done, error=error)
    return 1


def _claim(path: str, seconds: float) -> bool:
    now = timezone.now()
    Chore.objects.get_or_create(path=path, defaults={"next_at": now})
    later = now + timedelta(seconds=seconds)
    rows = Chore.objects.filter(path=path, next_at__lte=now)
    return rows.update(next_at=later, started_at=now) == 1
