"""Tax territories: which law a place belongs to, which is not always its country.

The table stands in `compliance/data/territories.json`: members of the EU and the UK with the days
on which they joined or left, parts of countries that lie outside or have rates of their own, and
the states of India.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is sent from or to, as tax law sees it."""

    territory: str  # ISO 3166-1, or a code of ours for a part of a country
    country: str  # ISO 3166-1, as on the address
    state: str = ""  # GST state code, in India


@lru_cache(maxsize=20_000)
def locate(country: str, region: str = "", postcode: str = "") -> Place:
    """Find the territory of an address, of which a part of the postcode may be enough."""
    country = country.strip().upper()
    part = _part(country, region, postcode)
    counts_as: dict[str, str] = _table()["counts_as"]
    territory = part or country
    territory = counts_as.get(territory, territory)
    return Place(territory, country, gst_state(region) if territory == "IN" else "")


@lru_cache(maxsize=4_000)
def zone(territory: str, on: date) -> str:
    """EU, UK or IN where its law holds in the territory on that day, else nothing."""
    day = on.isoformat()
    for member in _table()["members"]:
        begun = member["territory"] == territory and member["valid_from"] <= day
        if begun and (member["valid_to"] is None or day < member["valid_to"]):
            return str(member["zone"])
    return ""


@lru_cache(maxsize=1_000)
def gst_state(text: str) -> str:
    """The GST code of an Indian state given by code, ISO 3166-2 or name; empty when unknown."""
    wanted = _plain(text).removeprefix("in-")
    for code, names in _table()["gst_states"].items():
        if wanted == code or wanted in (_plain(name) for name in names):
            return str(code)
    return ""


def state_name(code: str) -> str:
    """The name of an Indian state by its GST code."""
    return str(_table()["gst_states"].get(code, [""])[0])


def _part(country: str, region: str, postcode: str) -> str:
    """The part of a country with a tax law of its own: by region, else by longest postcode."""
    wanted = _plain(region).removeprefix(f"{country.lower()}-")
    digits = postcode.upper().replace(" ", "").removeprefix(f"{country}-")
    best, length = "", 0
    for part in _table()["parts"]:
        if part["country"] != country:
            continue
        if wanted and wanted in (_plain(name) for name in part["regions"]):
            return str(part["territory"])
        for prefix in part["postcodes"]:
            if digits.startswith(prefix) and len(prefix) > length:
                best, length = str(part["territory"]), len(prefix)
    return best


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("&", "and").split())


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return json.loads((DATA / "territories.json").read_text(encoding="utf-8"))
