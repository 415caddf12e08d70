"""Why a location that could have served does not: what the best plan with it would have cost.

For each location left out, the chosen parcels are filled anew with its own added, or in the place of one
of them. The first criterion by which the cheapest of these plans is worse is the reason.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from inventory.queries.sourcing import criteria
from inventory.queries.sourcing.criteria import SCALE, Offer
from inventory.queries.sourcing.search import Answer, Problem

if TYPE_CHECKING:
    from inventory.queries.sourcing.rules import Rule

TOLD = 20  # locations, the preferred first: the record is kept with the order for ever
FILLINGS = 800  # items filled before the locations that are left are only said to hold so much
Units = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan with what it was chosen from: parcels by their place in `offers`."""

    rule: "Rule"
    problem: Problem
    answer: Answer
    offers: Sequence[Offer]
    weights: Sequence[int]

    def reasons(self, *, without: Container[int]) -> dict[int, list[Any]]:
        """By location: units it holds of what is wanted, and criterion, figure with it, figure chosen.

        Locations in `without` were never in the running. The first 20 by priority and distance.
        The criterion is `missing` where fewer units would be served, `limits` where the rule forbids
        every plan with it, `price` for criteria weighed as money, and `tie` where nothing differs.
        """
        used = frozenset(self.answer.parcels)
        taken = {self.problem.place[parcel] for parcel in used}
        found: dict[int, list[Any]] = {}
        room = FILLINGS
        for place, own in self._left(without, taken):
            room -= (len(used) + 1) * len(self.problem.wanted)
            why = self._reason(used, own) if used and room >= 0 else []
            found[place] = [self._held(own), *why]
        return found

    def held(self, *, without: Container[int]) -> dict[int, list[Any]]:
        """By location, for a plan that was not made: units it holds of what is wanted."""
        return {place: [self._held(own)] for place, own in self._left(without, ())}

    def _left(
        self, without: Container[int], taken: Container[int]
    ) -> Iterator[tuple[int, list[int]]]:
        """Locations that serve nothing though they could, with their parcels; as many as are told."""
        rows = self._places().items()
        return islice((row for row in rows if row[0] not in without and row[0] not in taken), TOLD)

    def _places(self) -> dict[int, list[int]]:
        """Parcels by location, both in order of preference."""
        parcels: dict[int, list[int]] = {}
        for parcel, place in enumerate(self.problem.place):
            parcels.setdefault(place, []).append(parcel)
        return parcels

    def _held(self, parcels: Sequence[int]) -> int:
        stock = self.problem.stock
        return sum(
            min(max(stock[parcel][item] for parcel in parcels), wanted)
            for item, wanted in enumerate(self.problem.wanted)
        )

    def _reason(self, used: frozenset[int], own: Sequence[int]) -> list[Any]:
        best: tuple[int, Units] | None = None
        for parcels, first in self._with(used, own):
            cost, units = self._filled(parcels, first)
            if self._allowed(units) and any(parcel in own for parcel, _ in units):
                best = min(best or (cost, units), (cost, units), key=lambda one: one[0])
        return self._worse(best[1], own) if best else ["limits", 0, 0]

    @staticmethod
    def _with(
        used: frozenset[int], own: Sequence[int]
    ) -> Iterator[tuple[frozenset[int], Sequence[int]]]:
        """Sets of parcels with this location's: added and filled first, then in the place of each."""
        yield used | set(own), own
        for parcel in used:
            yield (used - {parcel}) | set(own), ()

    def _filled(self, parcels: Iterable[int], first: Sequence[int]) -> tuple[int, Units]:
        """Each item from these parcels, the first ones before cheaper ones, and the cost."""
        problem, units, cost = self.problem, {}, 0
        for item, left in enumerate(problem.wanted):
            given: set[int] = set()
            offers = [
                (p not in first, problem.unit[p][item], p)
                for p in parcels
                if problem.stock[p][item]
            ]
            for _, each, parcel in sorted(offers):
                if left and problem.place[parcel] not in given:
                    given.add(problem.place[parcel])
                    units[parcel, item] = taken = min(problem.stock[parcel][item], left)
                    cost += taken * each
                    left -= taken  # noqa: PLW2901 (what is left of it)
            cost += left * problem.missing
        return cost + sum(problem.fixed[parcel] for parcel in {p for p, _ in units}), units

    def _allowed(self, units: Units) -> bool:
        value: dict[int, int] = dict.fromkeys((parcel for parcel, _ in units), 0)
        if len(value) > self.problem.most:
            return False
        if not self.problem.least or len(value) == 1:
            return True
        for (parcel, item), count in units.items():
            value[parcel] += count * self.problem.worth[item]
        return min(value.values(), default=0) >= self.problem.least

    def _worse(self, units: Units, own: Sequence[int]) -> list[Any]:
        """The first figure in which the plan with it is worse."""
        wanted, chosen = sum(self.problem.wanted), self.answer.units
        if sum(units.values()) < sum(chosen.values()):
            return ["missing", wanted - sum(units.values()), wanted - sum(chosen.values())]
        for name in ("price",) if self.rule.prices else self.rule.order:
            here, there = self._sum(name, units), self._sum(name, chosen)
            if here > there:
                return [name, here, there]
        return self._by_rank(units, own)

    def _by_rank(self, units: Units, own: Sequence[int]) -> list[Any]:
        """Equal by the rule: the lower priority number, then the shorter way, then the older location."""
        opened = {parcel for parcel, _ in units}
        spared = [parcel for parcel in self.answer.parcels if parcel not in opened]
        if not spared:
            return ["tie", 0, 0]
        mine, other = self.offers[own[0]], self.offers[spared[0]]
        if mine.site.priority != other.site.priority:
            return ["priority", mine.site.priority, other.site.priority]
        if mine.far != other.far:
            return ["distance", mine.far, other.far]
        return ["tie", 0, 0]

    def _sum(self, name: str, units: Units) -> float:
        """A criterion over a plan, in its own unit."""
        if name == "price":
            return sum(float(price) * self._sum(one, units) for one, price in self.rule.prices)
        total = 0
        for parcel in {parcel for parcel, _ in units}:
            opening, each = criteria.amounts(name, self.offers[parcel], self.weights)
            total += opening
            if each:
                total += sum(each[i] * n for (p, i), n in units.items() if p == parcel)
        return float(Decimal(total) / SCALE[name])
