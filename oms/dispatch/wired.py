"""The wiring, read by its name: the kernel knows no app."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string

from oms import events
from oms.models import Event


def pairs() -> list[tuple[str, str]]:
    """Every event name with each of its consumers."""
    wiring = import_module("oms.wiring").CONSUMERS
    return [(name, consumer) for name, consumers in wiring.items() for consumer in consumers]


def wanted(names: set[str]) -> list[tuple[str, str]]:
    """Of the events of these names, each with the consumers that take it now."""
    found = [pair for pair in pairs() if pair[0] in names]
    heeded = {path: heeds(path) for _, path in found}
    return [(name, path) for name, path in found if _takes(heeded[path], name)]


def heeds(path: str) -> set[str] | None:
    """The events that a consumer reacts to now; none for one that takes all it is wired to."""
    names = getattr(_consumer(path), "heeds", None)
    return set(names()) if names else None


def _takes(heeded: set[str] | None, name: str) -> bool:
    return heeded is None or name in heeded


def takers_of_many() -> list[str]:
    """Consumers that take many events at once."""
    paths = dict.fromkeys(consumer for _, consumer in pairs())
    return [path for path in paths if _takes_many(path)]


def call(path: str, found: Sequence[Event]) -> None:
    """Run a consumer on events; what it records continues the thread of the first of them."""
    token = events.correlation.set(found[0].correlation_id)
    try:
        if _takes_many(path):
            _consumer(path)(found)
        else:
            for event in found:
                _consumer(path)(event)
    finally:
        events.correlation.reset(token)


@cache
def _consumer(path: str) -> Callable[[Any], None]:
    return import_string(path)


@cache
def _takes_many(path: str) -> bool:
    return getattr(_consumer(path), "takes_many", False)
