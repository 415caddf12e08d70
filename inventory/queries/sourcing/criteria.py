"""What a plan costs by each criterion, in whole numbers, and how several are weighed as one.

A criterion costs so much per opened parcel and so much per unit. Criteria in order of importance are
packed into one number, each above the greatest sum that the less important ones can reach;
criteria with prices are added up as money.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from inventory.queries.sourcing.asked import Site

if TYPE_CHECKING:
    from inventory.queries.sourcing.rules import Rule

FAR = 20_040  # km, half around the earth: where nobody knows the distance
MONEY = 10_000  # costs count in ten-thousandths
# kg CO2e per tonne and km, well to wheel (DESNZ/DEFRA conversion factors 2025, freighting goods):
# all diesel HGVs, average laden; freight flights, long haul with radiative forcing (tank to wing).
ROAD, AIR = 0.12522, 0.89939
ROAD_KM = 1_500  # beyond that, and across borders, a parcel flies
OLDEST = 3_650  # days; older stock counts as this old
SCALE = {  # what one of the criterion's unit is in whole numbers
    "parcels": 1, "priority": 1, "distance": 10, "shipping": MONEY, "handling": MONEY, "cost": MONEY,
    "co2e": 1_000_000, "days": 1, "age": 1, "balance": 1_000_000, "load": 1_000, "accuracy": 1_000,
}  # fmt: skip


@dataclass(slots=True)
class Offer:
    """A parcel that a location may send: where it is and what is known about it now."""

    site: Site
    km: float | None
    days: int  # until it leaves
    load: int  # thousandths of the day's capacity that are taken
    stock: Sequence[int]  # units by item
    ages: Sequence[int]  # days by item
    same_country: bool = True
    collected: bool = False  # by the buyer: no carrier, no way

    @property
    def far(self) -> int:
        """Kilometres, the greatest possible where unknown."""
        return FAR if self.km is None else round(self.km)


def _money(amount: Decimal) -> int:
    return int(amount * MONEY)


def _shipping(offer: Offer) -> int:
    service = offer.site.service
    if offer.collected or not (service.shipping_base or service.shipping_per_100km):
        return 0
    return _money(service.shipping_base) + _money(service.shipping_per_100km) * offer.far // 100


def _handling(offer: Offer) -> int:
    return _money(offer.site.service.handling_per_parcel)


def _shipping_unit(offer: Offer, _item: int, weight: int) -> int:
    per_kg = offer.site.service.shipping_per_kg
    return _money(per_kg) * weight // 1_000 if per_kg and not offer.collected else 0


def _handling_unit(offer: Offer, _item: int, _weight: int) -> int:
    return _money(offer.site.service.handling_per_unit)


def co2e(offer: Offer, _item: int, weight: int) -> int:
    """Milligrams of a unit's way: by road within reach, by air beyond."""
    flies = offer.far > ROAD_KM and not offer.same_country
    return int(weight * offer.far * (AIR if flies else ROAD))


FIXED: dict[str, Callable[[Offer], int]] = {
    "parcels": lambda _offer: 1,
    "priority": lambda offer: offer.site.priority,
    "distance": lambda offer: offer.far * 10,
    "shipping": _shipping,
    "handling": _handling,
    "cost": lambda offer: _shipping(offer) + _handling(offer),
    "days": lambda offer: offer.days,
    "load": lambda offer: offer.load,
    "accuracy": lambda offer: 1_000 - int(offer.site.service.accuracy * 1_000),
}
UNIT: dict[str, Callable[[Offer, int, int], int]] = {
    "shipping": _shipping_unit,
    "handling": _handling_unit,
    "cost": lambda o, item, weight: (
        _shipping_unit(o, item, weight) + _handling_unit(o, item, weight)
    ),
    "co2e": co2e,
    "age": lambda offer, item, _: OLDEST - min(offer.ages[item], OLDEST),
    "balance": lambda offer, item, _: SCALE["balance"] // max(offer.stock[item], 1),
}


@dataclass(slots=True)
class Costs:
    """Costs of opening each parcel and of a unit of each item in it, packed; see `search.Problem`."""

    fixed: list[int]
    unit: list[list[int]]
    missing: int
    step: int = 0
    slack: int = 0


def costs(
    rule: "Rule", offers: Sequence[Offer], wanted: Sequence[int], weights: Sequence[int]
) -> Costs:
    """The packed costs of these parcels under a rule's ranking; ties go to the earlier parcel."""
    packing = _Packing(offers, wanted, weights)
    if rule.prices:
        factors = [(name, int(price * MONEY), SCALE[name]) for name, price in rule.prices]
        packing.add(factors)
    else:
        for name in reversed(rule.order):
            packing.add([(name, 1, 1)])
    first = not rule.prices and rule.order[:1] == ("parcels",)
    return Costs(
        packing.fixed,
        packing.unit,
        1 << (packing.most.bit_length() + 1),
        packing.step if first else 0,
        packing.slack if first else 0,
    )


def amounts(name: str, offer: Offer, weights: Sequence[int]) -> tuple[int, list[int]]:
    """What a parcel costs by one criterion: to open, and per unit of each item."""
    fixed = FIXED[name](offer) if name in FIXED else 0
    if name not in UNIT:
        return fixed, []
    each = UNIT[name]
    return fixed, [each(offer, item, weight) for item, weight in enumerate(weights)]


class _Packing:
    """Costs that grow by one layer at a time, the least important first."""

    def __init__(
        self, offers: Sequence[Offer], wanted: Sequence[int], weights: Sequence[int]
    ) -> None:
        count = len(offers)
        self.offers, self.wanted, self.weights = offers, wanted, weights
        self.fixed = [(1 << count) - (1 << (count - 1 - at)) for at in range(count)]
        self.unit = [[0] * len(wanted) for _ in offers]
        self.most = sum(self.fixed)  # the greatest sum that a plan can reach
        self.step = self.slack = 0

    def add(self, factors: Sequence[tuple[str, int, int]]) -> None:
        """Put the sum of these criteria (times factor, by scale) above what is there."""
        shift = self.most.bit_length() + 6
        self.step, self.slack = 1 << shift, self.most
        for at, offer in enumerate(self.offers):
            for name, factor, scale in factors:
                opening, units = amounts(name, offer, self.weights)
                self.fixed[at] += (opening * factor // scale) << shift
                for item, amount in enumerate(units):
                    self.unit[at][item] += (amount * factor // scale) << shift
        dearest = [max(column) for column in zip(*self.unit, strict=True)]
        self.most = sum(self.fixed) + sum(map(int.__mul__, dearest, self.wanted))
