"""What the world is told of events: declared fact by fact, and named as the world names things.

An event's facts are written for our own consumers and name rows by their keys. Whoever listens
outside knows numbers, SKUs and codes; so each app declares which facts of its events leave the house
and what each value is, and what is not declared stays inside. Words that a person typed are never
declared: they may speak of people. `oms/wiring.py` says whose declarations and names there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from django.utils.module_loading import import_string

from oms import sealed
from oms.models import Event

Keys = dict[str, set[int]]  # kind of thing -> keys that stand in the facts
Names = Mapping[str, Mapping[int, Any]]  # kind of thing -> key -> what the world calls it


@dataclass(frozen=True, slots=True)
class One:
    """A fact with one value: as it stands, or the name of a thing of this kind."""

    name: str
    means: str
    kind: str = ""

    def keys(self, value: Any) -> Iterator[tuple[str, int]]:
        """The keys in a stored value."""
        if self.kind and isinstance(value, int):
            yield self.kind, value

    def told(self, value: Any, names: Names) -> Any:
        """The value for the world; nothing where the thing is gone."""
        return names[self.kind].get(value) if self.kind else value


@dataclass(frozen=True, slots=True)
class Many:
    """A fact that lists things of one kind, told as a list of their names."""

    name: str
    means: str
    kind: str

    def keys(self, value: Any) -> Iterator[tuple[str, int]]:
        """The keys in a stored value."""
        for key in _list(value):
            if isinstance(key, int):
                yield self.kind, key

    def told(self, value: Any, names: Names) -> list[Any]:
        """The names of those that are still there."""
        found = (names[self.kind].get(key) for key in _list(value))
        return [name for name in found if name is not None]


@dataclass(frozen=True, slots=True)
class Rows:
    """A fact of rows, told as objects; a cell is `name` as it stands, or `name:kind`.

    What the name of a thing of several parts is, such as an order line, enters the object itself.
    """

    name: str
    means: str
    cells: tuple[str, ...]

    def keys(self, value: Any) -> Iterator[tuple[str, int]]:
        """The keys in a stored value."""
        for row in _list(value):
            for (_, kind), cell in zip(self._cells(), _list(row), strict=False):
                if kind and isinstance(cell, int):
                    yield kind, cell

    @property
    def shape(self) -> str:
        """The members of an object, for the guide."""
        kinds = {
            "order_line": "line, sku, external_id",
            "fulfillment_line": "line, sku, external_id",
        }
        return ", ".join(kinds.get(kind, name) for name, kind in self._cells())

    def told(self, value: Any, names: Names) -> list[dict[str, Any]]:
        """An object a row."""
        return [self._object(_list(row), names) for row in _list(value)]

    def _object(self, row: Sequence[Any], names: Names) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for (name, kind), cell in zip(self._cells(), row, strict=False):
            value = names[kind].get(cell) if kind else cell
            told |= value if isinstance(value, dict) else {name: value}
        return told

    def _cells(self) -> list[tuple[str, str]]:
        return [(name, kind) for name, _, kind in (cell.partition(":") for cell in self.cells)]


Fact = One | Many | Rows


@dataclass(frozen=True, slots=True)
class Told:
    """When an event is told, and the facts that are told with it."""

    when: str
    facts: tuple[Fact, ...] = ()


def told(when: str, *facts: Fact) -> Told:
    """Declare one event."""
    return Told(when, facts)


TOLD = {
    "job.resumed": told("a job that was stopped goes on"),
    "user.second_factor_reset": told("a colleague signs in with a new second factor"),
}


@cache
def declared() -> dict[str, Told]:
    """Every event that is told, by its name."""
    found: dict[str, Told] = {}
    for path in _wiring().TOLD:
        found |= import_string(path)
    return found


def told_facts(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The facts of each event as the world is told them; one question per kind of thing in all."""
    names = _names(pair for event in events for pair in _keys(event))
    return [
        {
            fact.name: fact.told(event.facts[fact.name], names)
            for fact in _facts(event)
            if fact.name in event.facts
        }
        for event in events
    ]


def subjects(events: Sequence[Event]) -> list[dict[str, Any]]:
    """What each event is about: `type`, an `id` that stays the same, and what its app adds."""
    wanted: Keys = defaultdict(set)
    for event in events:
        if event.subject_type in _wiring().SUBJECTS:
            wanted[event.subject_type].add(event.subject_id)
    found = {kind: import_string(_wiring().SUBJECTS[kind])(pks) for kind, pks in wanted.items()}
    return [
        {
            "type": event.subject_type.rpartition(".")[2],
            "id": event.subject_label or _opaque(event),
            **found.get(event.subject_type, {}).get(event.subject_id, {}),
        }
        for event in events
    ]


def _facts(event: Event) -> tuple[Fact, ...]:
    known = declared().get(event.name)
    return known.facts if known else ()


def _keys(event: Event) -> Iterator[tuple[str, int]]:
    for fact in _facts(event):
        yield from fact.keys(event.facts.get(fact.name))


def _names(pairs: Iterable[tuple[str, int]]) -> Names:
    wanted: Keys = defaultdict(set)
    for kind, key in pairs:
        wanted[kind].add(key)
    found: dict[str, Mapping[int, Any]] = defaultdict(dict)
    for kind, keys in wanted.items():
        ask: Callable[[set[int]], Mapping[int, Any]] = import_string(_wiring().NAMES[kind])
        found[kind] = ask(keys)
    return found


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _opaque(event: Event) -> str:
    """A name for what has none in the world: always the same, and no key of ours can be read from it."""
    return str(UUID(sealed.digest(f"subject:{event.subject_type}:{event.subject_id}")[:32]))


def _wiring() -> Any:
    return import_module("oms.wiring")
