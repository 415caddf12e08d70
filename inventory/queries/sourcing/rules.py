"""Rules as sourcing applies them: read once per version, kept in memory, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from inventory.enums import OnFailure
from inventory.queries.sourcing.vocabulary import NAMED
from oms.conditions import Predicate, compiled


def _always(_facts: Mapping[str, Any]) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """Which orders, from which locations, what is best, what may not happen, what if it fails."""

    pk: int = 0
    matches: Predicate = _always
    groups: frozenset[str] = frozenset()  # empty: all
    without: frozenset[str] = frozenset()
    max_km: int | None = None
    leaves_within: int | None = None  # days
    keeps_back: int = 0  # units of each product and location
    min_accuracy: Decimal | None = None
    minds_capacity: bool = True
    order: tuple[str, ...] = ("parcels",)  # criteria, the first decides
    prices: tuple[tuple[str, Decimal], ...] = ()  # instead: what one unit of a criterion is worth
    max_parcels: int | None = None
    min_parcel_value: Decimal = Decimal(0)  # where the order is split
    one_country: bool = False
    apart: tuple[tuple[str, str], ...] = ()  # classes that never share a parcel
    on_failure: str = OnFailure.BACKORDER

    @property
    def criteria(self) -> frozenset[str]:
        """Everything that the ranking looks at."""
        return frozenset(self.order) | {name for name, _ in self.prices}


@dataclass(frozen=True, slots=True)
class Rules:
    """An ordered set of rules; the first that matches an order decides first."""

    pk: int | None = None
    rules: tuple[Rule, ...] = field(default_factory=lambda: (Rule(),))
    network: Mapping[int, Any] = field(default_factory=dict)  # Service by location

    @property
    def criteria(self) -> frozenset[str]:
        """Everything that any of the rankings looks at."""
        return frozenset().union(*(rule.criteria for rule in self.rules))

    def served(self, site: Any) -> Any:
        """The location with the service that this version of the rules knows of it."""
        service = self.network.get(site.location_id, site.service)
        return replace(
            site, service=replace(service, groups=service.groups | {f"kind:{site.kind}"})
        )


BUILT_IN = Rules()  # one location if any can, else the fewest; ties: priority, then distance


def rules_for(pk: int | None) -> Rules:
    """The rules of a set whatever its state, freshly read; none: the built-in rule, with costs.

    The built-in rule looks at no cost, but what its plans would cost is known all the same.
    """
    from inventory.queries.sourcing import reading

    if pk is None:
        return Rules(None, BUILT_IN.rules, reading.network())
    return reading.read(pk)


@lru_cache(maxsize=8)
def rules_of(pk: int, stamp: UUID) -> Rules:  # noqa: ARG001 (the stamp is what makes it fresh)
    """The rules of a set; `stamp` changes whenever they, or the locations they speak of, change."""
    from inventory.queries.sourcing import reading

    return reading.read(pk)


def rule_from(row: Any) -> Rule:
    """A stored rule, ready to be applied. Raises BadCondition."""
    ranking = row.ranking
    return Rule(
        pk=row.pk or 0,
        matches=compiled(row.conditions, NAMED),
        groups=frozenset(row.groups),
        without=frozenset(row.without),
        max_km=row.max_km,
        leaves_within=row.leaves_within,
        keeps_back=row.keeps_back,
        min_accuracy=row.min_accuracy,
        minds_capacity=row.minds_capacity,
        order=tuple(ranking.get("order", ())),
        prices=tuple((name, Decimal(price)) for name, price in ranking.get("prices", {}).items()),
        max_parcels=row.max_parcels,
        min_parcel_value=row.min_parcel_value or Decimal(0),
        one_country=row.one_country,
        apart=tuple((first, second) for first, second in row.apart),
        on_failure=row.on_failure,
    )
