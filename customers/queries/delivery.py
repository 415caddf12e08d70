"""How a person wants parcels delivered; part of their sealed profile, and sealed on each order."""

from collections.abc import Mapping
from typing import Any

from customers.models import Customer
from customers.queries.merging import root_of
from customers.queries.people import profile_of

WISHES: dict[str, str] = {  # name in the envelope -> what a paper calls it
    "no_ring": "Do not ring",
    "window": "Between",
    "leave_with": "Leave with",
    "place": "Preferred place",
    "note": "Note",
}


def delivery_wishes(customer: Customer) -> dict[str, str]:
    """What a person wants, by name; nothing where they wish nothing or were erased."""
    told: Any = profile_of(root_of(customer)).get("delivery") or {}
    return {name: told[name] for name in WISHES if told.get(name)}


def wishes_in_words(told: Mapping[str, str]) -> list[str]:
    """Wishes as lines of a paper or a page: Do not ring; Leave with: the porter."""
    lines = []
    for name, label in WISHES.items():
        if value := told.get(name):
            lines.append(label if name == "no_ring" else f"{label}: {value}")
    return lines
