"""The web application, for gunicorn."""

import ctypes
import gc
import os
from contextlib import suppress

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from oms.deferred import absent

# mallopt(3). By default glibc keeps a heap for each thread, and after one large answer keeps
# blocks of its size for ever; both double what a process with four threads holds.
HEAPS = (-8, 1)  # M_ARENA_MAX
LARGE = (-3, 256 * 1024)  # M_MMAP_THRESHOLD in bytes: larger blocks go back to the system
# What other libraries load if it is there, and no web page has a use for: colours of a terminal,
# a client for tests, highlighting in a page that is switched off; 11 MB.
UNUSED = ("greenlet", "markdown", "pygments", "requests", "rich")
YOUNG = 10_000  # objects made before the garbage collector looks at the newest


def settle() -> None:
    """Load what the first request would load, and leave it out of every later collection."""
    get_resolver().url_patterns  # noqa: B018 (a property that imports every view)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)


with suppress(OSError, AttributeError):  # another C library has no mallopt
    for name, value in (HEAPS, LARGE):
        ctypes.CDLL(None).mallopt(name, value)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oms.settings")
with absent(*UNUSED):
    application = get_wsgi_application()
    settle()
