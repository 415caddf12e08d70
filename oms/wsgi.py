"""The web application, for gunicorn."""

import ctypes
import gc
import mmap
import os
from contextlib import suppress
from pathlib import Path

from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from oms.deferred import absent

LIBRARY = ctypes.CDLL(None)
STATUS = Path("/proc/self/statm")
# mallopt(3). By default glibc keeps a heap for each thread, and after one large answer keeps
# blocks of its size for ever; both double what a process with four threads holds.
HEAPS = (-8, 1)  # M_ARENA_MAX
LARGE = (-3, 256 * 1024)  # M_MMAP_THRESHOLD in bytes: larger blocks go back to the system
# What other libraries load if it is there, and no web page has a use for: colours of a terminal,
# a client for tests, highlighting in a page that is switched off; 11 MB.
UNUSED = ("greenlet", "markdown", "pygments", "requests", "rich")
GROWN = 4 * 1024 * 1024  # bytes more than before, after which it is worth while to look
YOUNG = 10_000  # objects made before the garbage collector looks at the newest


def settle() -> None:
    """Load what the first request would load, and leave it out of every later collection."""
    get_resolver().url_patterns  # noqa: B018 (a property that imports every view)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


class Resident:
    """Gives back what a large call leaves behind: cycles of objects, and free blocks in the heap.

    The garbage collector looks at old objects too seldom for that, and the C library gives back
    only the end of its heap. Costs reading one number a call, and 20 ms where the process has grown.
    """

    def __init__(self) -> None:
        self._settled = self.now()

    def now(self) -> int:
        """Bytes of this process in memory; zero where the system does not tell."""
        with suppress(OSError):
            return int(STATUS.read_bytes().split()[1]) * mmap.PAGESIZE
        return 0

    def give_back(self, **_: object) -> None:
        """Called after each answer."""
        if self.now() - self._settled > GROWN:
            gc.collect()
            with suppress(AttributeError):
                LIBRARY.malloc_trim(0)
            self._settled = self.now()


with suppress(OSError, AttributeError):  # another C library has no mallopt
    for name, value in (HEAPS, LARGE):
        LIBRARY.mallopt(name, value)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
with absent(*UNUSED):
    application = get_wsgi_application()
    settle()
resident = Resident()
request_finished.connect(resident.give_back)
