"""The law in force, kept in memory: entities, where their stock lies, and dated rates.

Placing orders asks for it thousands of times a second, so a process reads it at most every
REFRESH_SECONDS, and at once after a change made in that process. Law is dated data: whoever
enters a change does it before the day from which it holds.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any

from compliance.enums import TaxCategory
from compliance.models import EntityLocation, LegalEntity, TaxRate
from compliance.queries.territories import Place, locate
from inventory.models import Location

REFRESH_SECONDS = 30.0
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells, and from where it is sent."""

    entity_id: int
    country: str
    oss_from: date | None
    place: Place


@dataclass(frozen=True, slots=True)
class Rate:
    """Per cent, and the category under which it is shown."""

    per_cent: Decimal
    category: str


@dataclass(slots=True)
class Law:
    """One reading of the tables."""

    sellers: dict[int, Seller]  # by location
    default: Seller | None  # where the location is not known yet
    rates: dict[str, dict[str, list[TaxRate]]]  # territory, class: newest first
    memo: dict[tuple[str, str, date], Rate | None] = field(default_factory=dict)

    def seller(self, location_id: int | None) -> Seller | None:
        """Whose stock lies at a location."""
        return self.sellers.get(location_id, self.default) if location_id else self.default

    def rate(self, territory: str, tax_class: str, on: date) -> Rate | None:
        """The rate of a class on a day; classes that a territory lacks are taxed as standard."""
        key = (territory, tax_class, on)
        if key not in self.memo:
            self.memo[key] = self._find(territory, tax_class, on)
        return self.memo[key]

    def _find(self, territory: str, tax_class: str, on: date) -> Rate | None:
        if tax_class == "exempt":
            return Rate(Decimal(0), TaxCategory.EXEMPT)
        classes = self.rates.get(territory, {})
        for name in dict.fromkeys([tax_class, tax_class.rstrip("0123456789"), STANDARD]):
            for row in classes.get(name, []):
                if row.valid_from <= on and (row.valid_to is None or on < row.valid_to):
                    return Rate(tidy(row.rate), row.category)
        return None


_memory: dict[str, Any] = {}


def tidy(per_cent: Decimal) -> Decimal:
    """A rate without needless zeros, never in scientific notation: 20, 13.5."""
    short = per_cent.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def law() -> Law:
    """The law as this process last read it: three queries, then none for a while."""
    now = monotonic()
    if "law" not in _memory or now - _memory["read_at"] > REFRESH_SECONDS:
        _memory["law"] = _read()
        _memory["read_at"] = now
    return _memory["law"]


def forget(**_signal: Any) -> None:
    """Read anew at the next question."""
    _memory.clear()


def _read() -> Law:
    entities = list(LegalEntity.objects.order_by("pk"))
    rates: dict[str, dict[str, list[TaxRate]]] = defaultdict(lambda: defaultdict(list))
    for row in TaxRate.objects.order_by("-valid_from"):
        rates[row.territory][row.tax_class].append(row)
    return Law(
        sellers=_sellers(entities),
        default=_seller(entities[0]) if entities else None,
        rates={territory: dict(classes) for territory, classes in rates.items()},
    )


def _sellers(entities: list[LegalEntity]) -> dict[int, Seller]:
    """Each location's seller: the entity it is given to, else one of its country, else the first."""
    if not entities:
        return {}
    by_id = {entity.pk: entity for entity in entities}
    by_country = {entity.country: entity for entity in reversed(entities)}
    given = dict(EntityLocation.objects.values_list("location_id", "entity_id"))
    found = {}
    for location in Location.objects.all():
        entity = by_id.get(given.get(location.pk, 0)) or by_country.get(location.country)
        found[location.pk] = _seller(entity or entities[0], location)
    return found


def _seller(entity: LegalEntity, location: Location | None = None) -> Seller:
    at = location or entity
    place = locate(at.country, at.region, at.postcode)
    if place.territory == "IN" and entity.country == "IN" and entity.tax_id[:2].isdigit():
        # A registration is of one state; what it sells is sold from that state.
        place = Place(place.territory, place.country, entity.tax_id[:2])
    return Seller(entity.pk, entity.country, entity.oss_from, place)


def seller_entity(location_id: int | None) -> LegalEntity | None:
    """The legal entity that sells the stock of a location; none where none is set up."""
    seller = law().seller(location_id)
    return LegalEntity.objects.filter(pk=seller.entity_id).first() if seller else None


def has_entity() -> bool:
    """Whether anybody is set up to issue documents."""
    return law().default is not None
