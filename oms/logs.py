"""Log lines: JSON in production, readable in development, personal data in neither."""

from collections.abc import MutableMapping
from typing import Any

import structlog
import structlog.tracebacks

PRIVATE = {
    "address", "authorization", "billing_address", "city", "contact", "cookie", "customer",
    "email", "line1", "line2", "name", "password", "phone", "postcode", "secret",
    "shipping_address", "tax_id", "token",
}  # fmt: skip
HIDDEN = "[hidden]"


def hide_private(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
    """Blank every value whose name says that it belongs to a person or opens a door."""
    for key in event.keys() & PRIVATE:
        event[key] = HIDDEN
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    hide_private,
]


def configure(*, level: str, json: bool) -> dict[str, Any]:
    """Set structlog up and give the matching configuration for `logging`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": _renderers(json=json),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print each line twice.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # These tell the body of every call when they may.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
        },
    }


def _renderers(*, json: bool) -> list[Any]:
    """Tracebacks show lines of code, never the values of variables: those may be a person's."""
    clean = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if json:
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        errors = structlog.processors.ExceptionRenderer(frames)
        return [clean, errors, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [clean, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
