"""Functions whose module is loaded by their first call.

For libraries that one act in ten thousand needs, such as those that draw PDFs or send webhooks:
every web process would hold them in memory (reportlab 8 MB, httpx 7 MB, openpyxl with the formats
around it 14 MB).
"""

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string


def deferred(path: str) -> Callable[..., Any]:
    """The function at this dotted path, loaded when it is called."""

    def call(*args: Any, **named: Any) -> Any:
        return import_string(path)(*args, **named)

    return call
