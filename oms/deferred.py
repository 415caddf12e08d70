"""Functions whose module is loaded by their first call.

For libraries that one act in ten thousand needs, such as those that draw PDFs or send webhooks:
every web process would hold them in memory (reportlab 8 MB, httpx 7 MB, openpyxl with the formats
around it 14 MB).
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils.module_loading import import_string


def deferred(path: str) -> Callable[..., Any]:
    """The function at this dotted path, loaded when it is called."""

    def call(*args: Any, **named: Any) -> Any:
        return import_string(path)(*args, **named)

    return call


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Let imports of these libraries fail meanwhile, as if they were not installed.

    For what other libraries load at their start when it is there, and do without when it is not.
    Those that are loaded already stay; afterwards every import works.
    """
    kept_out = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(kept_out))  # type: ignore[arg-type]  # none: a failing import
    try:
        yield
    finally:
        for name in kept_out:
            del sys.modules[name]
