"""Profiles: which column of a table means what, as data in a TOML file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oms.countries import country_code, is_country
from oms.errors import DomainError
from orders.enums import ChargeKind

TOLD = "import_error"  # what was wrong, in a file that is given back to be mended
FOLDER = Path(__file__).parent / "profiles"
NEEDED = ("external_id", "sku", "quantity", "unit_price")
MEANINGS = frozenset(
    (
        *NEEDED,
        *("placed_at", "description", "discount", "tax_amount", "currency", "customer"),
        *("name", "email", "phone", "company", "tax_id"),
        *("recipient", "line1", "line2", "city", "region", "postcode", "country"),
        *("shipping", "total", "payment_method", "payment_amount", "payment_state"),
        "payment_reference",
    )
)
CODE_LENGTH = 2


class ProfileInvalid(DomainError):
    """The profile, or the file's header, does not say what is needed."""

    code = "profile_invalid"
    message = "Profile {name}: {reason}"


@dataclass(frozen=True)
class Profile:
    """How to understand one kind of file. `placeholders` stand in for what the file does not have."""

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    source: str = ""
    currency: str = ""
    encoding: str = "utf-8-sig"
    time_zone: str = "UTC"
    date_formats: tuple[str, ...] = ()
    decimal_comma: bool = False
    upper_case_sku: bool = False
    create_products: bool = False
    whole_orders: bool = False  # a row that cannot be used keeps its order out until it is mended
    credit_prefix: str = ""
    not_orders: Mapping[str, str] = field(default_factory=dict)  # prefix -> reason
    charges: Mapping[str, str] = field(default_factory=dict)  # SKU or pattern -> kind of charge
    not_sold: Mapping[str, str] = field(default_factory=dict)  # SKU or pattern -> reason
    countries: Mapping[str, str] = field(default_factory=dict)
    placeholders: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which the file's dates are told."""
        return ZoneInfo(self.time_zone)

    def columns_in(self, header: Sequence[str]) -> dict[str, int]:
        """Where each meaning stands in a header. Raises ProfileInvalid when a needed one is missing."""
        places = {title.strip().casefold(): at for at, title in reversed(list(enumerate(header)))}
        found = {
            meaning: places[title.casefold()]
            for meaning, titles in self.columns.items()
            for title in reversed(titles)
            if title.casefold() in places
        }
        if missing := [meaning for meaning in NEEDED if meaning not in found]:
            wanted = "; ".join(f"{m}: {' or '.join(self.columns.get(m, (m,)))}" for m in missing)
            raise ProfileInvalid(name=self.name, reason=f"the file has no column for {wanted}")
        return found

    def unknown_in(self, header: Sequence[str]) -> list[str]:
        """Titles of a header that have no meaning here."""
        known = {title.casefold() for titles in self.columns.values() for title in titles}
        ours = {"", TOLD, *known}
        return [title.strip() for title in header if title.strip().casefold() not in ours]

    def charge_kind(self, sku: str) -> str:
        """What kind of charge a code stands for; empty when it is a product."""
        return _lookup(self.charges, sku, self._charges_seen)

    def cost_of(self, sku: str) -> str:
        """Why a code is nothing that a buyer is charged; empty when it is."""
        return _lookup(self.not_sold, sku, self._costs_seen)

    def country_code(self, told: str) -> str:
        """ISO 3166-1 code of a country as the file tells it; empty when it names none."""
        if told not in self._countries_seen:
            self._countries_seen[told] = self._country(told)
        return self._countries_seen[told]

    def _country(self, told: str) -> str:
        if told in self.countries:
            return self.countries[told]
        if len(told) == CODE_LENGTH:
            return told.upper()
        code = country_code(told)
        return code if is_country(code) else ""

    @cached_property
    def _countries_seen(self) -> dict[str, str]:
        return {}

    @cached_property
    def _charges_seen(self) -> dict[str, str]:
        return {}

    @cached_property
    def _costs_seen(self) -> dict[str, str]:
        return {}


def profile_names() -> list[str]:
    """The profiles that come with the application."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read_profile(name: str) -> Profile:
    """A profile by its name, or from a TOML file of one's own. Raises ProfileInvalid."""
    path = FOLDER / f"{name}.toml" if name in profile_names() else Path(name)
    try:
        with path.open("rb") as file:
            return _profile(path.stem, tomllib.load(file))
    except OSError as error:
        known = ", ".join(profile_names())
        reason = f"there is no such file, and the known profiles are {known}"
        raise ProfileInvalid(name=name, reason=reason) from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(name=name, reason=str(error)) from error


def _profile(name: str, told: dict[str, Any]) -> Profile:
    columns = {meaning: _titles(titles) for meaning, titles in told.pop("columns", {}).items()}
    known = {one for one in Profile.__dataclass_fields__ if one not in {"name", "columns"}}
    if unknown := sorted(told.keys() - known):
        raise ProfileInvalid(name=name, reason=f"unknown settings: {', '.join(unknown)}")
    if unknown := sorted(columns.keys() - MEANINGS):
        raise ProfileInvalid(name=name, reason=f"unknown meanings: {', '.join(unknown)}")
    if wrong := set(told.get("charges", {}).values()) - set(ChargeKind.values):
        raise ProfileInvalid(name=name, reason=f"unknown kinds of charge: {', '.join(wrong)}")
    told["date_formats"] = tuple(told.get("date_formats", ()))
    profile = Profile(name=name, columns=columns, **{"title": name, **told})
    try:
        _ = profile.zone
    except ZoneInfoNotFoundError as error:
        raise ProfileInvalid(name=name, reason=str(error)) from error
    return profile


def _titles(told: str | list[str]) -> tuple[str, ...]:
    return (told,) if isinstance(told, str) else tuple(told)


def _lookup(table: Mapping[str, str], sku: str, seen: dict[str, str]) -> str:
    if sku not in seen:
        hits = (word for pattern, word in table.items() if fnmatchcase(sku, pattern))
        seen[sku] = table.get(sku) or next(hits, "")
    return seen[sku]
