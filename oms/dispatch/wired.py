"""The wiring, read by its name: the kernel knows no app."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

from django.utils.module_loading import import_string

from oms.models import Event


def pairs() -> list[tuple[str, str]]:
    """Every event name with each of its consumers."""
    wiring = import_module("oms.wiring").CONSUMERS
    return [(name, consumer) for name, consumers in wiring.items() for consumer in consumers]


@cache
def consumer(path: str) -> Callable[[Event], None]:
    """The function behind a dotted path."""
    return import_string(path)
