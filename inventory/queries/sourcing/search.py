"""The exact search: which parcels to open and what to put into each, at the least cost.

A parcel is a place that may send something, at a fixed cost and a cost per unit and item. For a given
set of open parcels each item is served best by its cheapest stock first, independently of the others
(`filled`), so only the sets have to be searched. That is done by branch and bound: the bound is a dual
solution of the linear relaxation found by one ascent over the items (Erlenkotter 1978 for the
uncapacitated case; here a stock limits what a parcel gives of an item), in whole numbers, so that
the answer is proven and does not depend on rounding. Costs are plain integers however many criteria
stand behind them: `criteria` packs them into one number, the first criterion highest.

Knows neither Django nor locations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from inventory.queries.sourcing import covering, minimum

NODES = 1_500  # sets looked at before the best one so far is taken, unproven


@dataclass(slots=True)
class Problem:
    """Parcels that may be opened, in order of preference, and the items to be put into them.

    `stock[parcel][item]` are units, `unit[parcel][item]` what one of them costs there; parcels of one
    `place` share that place's stock. A unit that is not served costs `missing`. At most `most`
    parcels; where there are several, each is worth at least `least`, an item's unit being `worth`
    so much. Costs are multiples of `step` plus at most `slack` (zero: nothing is known).
    """

    wanted: Sequence[int]
    stock: Sequence[Sequence[int]]
    unit: Sequence[Sequence[int]]
    fixed: Sequence[int]
    place: Sequence[int]
    missing: int
    most: int
    worth: Sequence[int] = ()
    least: int = 0
    step: int = 0
    slack: int = 0


@dataclass(slots=True)
class Answer:
    """The best filling found: its cost, the units by parcel and item, and whether it is proven."""

    cost: int
    units: dict[tuple[int, int], int] = field(default_factory=dict)
    exact: bool = True
    looked: int = 0

    @property
    def parcels(self) -> list[int]:
        """Parcels that hold something, in order of preference."""
        return sorted({parcel for parcel, _ in self.units})


def solve(problem: Problem) -> Answer:
    """The cheapest filling; proven unless more than NODES sets would have to be looked at.

    Among fillings that cost the same, an item comes from as few parcels as it can.
    """
    if found := _one_parcel(problem):
        return found
    parcels = covering.undominated(problem)
    if chosen := covering.smallest(problem, parcels):
        return _unsplit(problem, _Search(problem, parcels).of(chosen))
    return _unsplit(problem, _Search(problem, parcels).run())


def _one_parcel(problem: Problem) -> Answer | None:
    """The cheapest parcel that holds everything, where it is plain that no two can be cheaper."""
    wanted, items = problem.wanted, range(len(problem.wanted))
    best, cost = -1, problem.missing
    for parcel, stock in enumerate(problem.stock):
        if problem.fixed[parcel] < cost and all(stock[item] >= wanted[item] for item in items):
            unit = problem.unit[parcel]
            total = problem.fixed[parcel] + sum(unit[item] * wanted[item] for item in items)
            if total < cost:
                best, cost = parcel, total
    if best < 0 or cost > _of_two(problem):
        return None
    return Answer(cost, {(best, item): wanted[item] for item in items if wanted[item]})


def _of_two(problem: Problem) -> int:
    """What two parcels cost at least."""
    cheapest = sorted(problem.fixed)[:2]
    if len(cheapest) < 2:  # noqa: PLR2004 (two parcels)
        return problem.missing
    units = sum(
        count * min(unit[item] for unit in problem.unit)
        for item, count in enumerate(problem.wanted)
    )
    return sum(cheapest) + units


class _Search:
    """Depth first over sets of parcels, the promising one opened first."""

    def __init__(self, problem: Problem, parcels: Sequence[int]) -> None:
        self.problem = problem
        self.parcels = set(parcels)
        self.offers = [self._offers(item) for item in range(len(problem.wanted))]
        self.order = sorted(range(len(problem.wanted)), key=lambda item: len(self.offers[item]))
        self.alone = len(set(problem.place)) == len(problem.place)
        self.tried: set[int] = set()
        self.best = Answer(sum(problem.wanted) * problem.missing)
        self.proven = True

    def run(self) -> Answer:
        """Look until nothing better can be left."""
        stack, looked = [(0, _mask(self.parcels))], 0
        while stack:
            if looked >= NODES:
                self.proven = False
                break
            looked += 1
            stack += self._branches(*stack.pop())
        self.best.exact, self.best.looked = self.proven, looked
        return self.best

    def of(self, parcels: Iterable[int]) -> Answer:
        """What these parcels, known to be the best, hold."""
        self._keep(_mask(parcels), whole=False)
        return self.best

    def _offers(self, item: int) -> list[tuple[int, int, int]]:
        """Who has the item: unit cost, parcel, and how many units it can give at most."""
        problem, wanted = self.problem, self.problem.wanted[item]
        return sorted(
            (problem.unit[parcel][item], parcel, min(stock[item], wanted))
            for parcel, stock in enumerate(problem.stock)
            if stock[item] > 0 and wanted and parcel in self.parcels
        )

    def _branches(self, opened: int, allowed: int) -> list[tuple[int, int]]:
        """The sets that are left to be looked at below one, the better one last."""
        room = self.problem.most - opened.bit_count()
        if room <= 0:
            allowed = opened
        bound, used = self._bound(opened, allowed, room)
        if bound >= self.best.cost:
            return []
        self._try(opened | _mask(used))
        if allowed == opened:
            self._try(opened, whole=True)
            return []
        if self.best.cost <= bound:
            return []
        bit = 1 << self._next(opened, allowed, used)
        return [(opened, allowed & ~bit), (opened | bit, allowed)]

    def _next(self, opened: int, allowed: int, used: dict[int, int]) -> int:
        """The undecided parcel that the relaxation would use most."""
        free = {parcel: units for parcel, units in used.items() if not opened >> parcel & 1}
        if free:
            return max(free, key=lambda parcel: (free[parcel], -parcel))
        undecided = allowed & ~opened
        return (undecided & -undecided).bit_length() - 1

    def _bound(self, opened: int, allowed: int, room: int) -> tuple[int, dict[int, int]]:
        """What these parcels cost at least, and the units that the relaxation takes of each."""
        fixed = self.problem.fixed
        left = [0 if opened >> parcel & 1 else cost for parcel, cost in enumerate(fixed)]
        total = sum(cost for parcel, cost in enumerate(fixed) if opened >> parcel & 1)
        used: dict[int, int] = {}
        for item in self.order:
            offers = [
                (cost + left[parcel] // most, cost, most, parcel)
                for cost, parcel, most in self.offers[item]
                if allowed >> parcel & 1
            ]
            offers.sort()
            total += self._ascend(self.problem.wanted[item], offers, left, used)
        return max(self._stepped(total), self._unserved(opened, allowed, room)), used

    def _ascend(
        self,
        wanted: int,
        offers: list[tuple[int, int, int, int]],
        left: list[int],
        used: dict[int, int],
    ) -> int:
        """Raise the price of an item until enough parcels would sell; pays off fixed costs."""
        missing = self.problem.missing
        total, price = 0, missing
        for asked, _, most, parcel in offers:
            if asked >= missing:
                break
            taken = min(most, wanted)
            total += taken * asked
            wanted -= taken
            used[parcel] = used.get(parcel, 0) + taken
            if not wanted:
                price = asked
                break
        for asked, cost, most, parcel in offers:
            if cost < price:
                left[parcel] -= most * (min(asked, price) - cost)
        return total + wanted * missing

    def _stepped(self, bound: int) -> int:
        """The next possible cost: fractions of a parcel do not exist."""
        step = self.problem.step
        if step and bound % step > self.problem.slack:
            return (bound // step + 1) * step
        return bound

    def _unserved(self, opened: int, allowed: int, room: int) -> int:
        """What must stay unserved when only `room` more parcels may be opened."""
        undecided = [p for p in range(len(self.problem.fixed)) if (allowed & ~opened) >> p & 1]
        if room >= len(undecided):
            return 0
        wanted, stock = self.problem.wanted, self.problem.stock
        lacking = [
            max(count - sum(row[i] for p, row in enumerate(stock) if opened >> p & 1), 0)
            for i, count in enumerate(wanted)
        ]
        gains = sorted(
            (sum(min(lack, stock[p][i]) for i, lack in enumerate(lacking)) for p in undecided),
            reverse=True,
        )
        return max(sum(lacking) - sum(gains[: max(room, 0)]), 0) * self.problem.missing

    def _try(self, mask: int, *, whole: bool = False) -> None:
        """Fill these parcels; keep the result when it is the best, then leave out one at a time."""
        while mask and (whole or mask not in self.tried):
            self.tried.add(mask)
            self._keep(mask, whole=whole)
            if whole:
                return
            mask = self._without_one(mask)

    def _without_one(self, mask: int) -> int:
        """The set without the dearest parcel that can be spared, or nothing."""
        fixed = self.problem.fixed
        parcels = [p for p in range(len(fixed)) if mask >> p & 1]
        for parcel in sorted(parcels, key=lambda p: -fixed[p]):
            smaller = mask & ~(1 << parcel)
            if smaller not in self.tried and self._covers(smaller):
                return smaller
        return 0

    def _covers(self, mask: int) -> bool:
        return all(
            sum(most for _, parcel, most in self.offers[item] if mask >> parcel & 1) >= count
            for item, count in enumerate(self.problem.wanted)
        )

    def _keep(self, mask: int, *, whole: bool) -> None:
        cost, units = self._filled(mask)
        opened = {parcel for parcel, _ in units}
        cost += sum(self.problem.fixed[parcel] for parcel in opened)
        if cost >= self.best.cost:
            return
        if len(opened) > self.problem.most:
            return
        if not self._worth_it(opened, units):
            if whole:
                self._keep_worthy(mask)
            return
        self.best = Answer(cost, units)

    def _filled(self, mask: int) -> tuple[int, dict[tuple[int, int], int]]:
        """Each item from its cheapest stock in these parcels; the cost without fixed ones."""
        units: dict[tuple[int, int], int] = {}
        total, place = 0, self.problem.place
        for item, wanted in enumerate(self.problem.wanted):
            emptied: set[int] = set()
            for cost, parcel, most in self.offers[item]:
                if not wanted:
                    break
                if mask >> parcel & 1 and (self.alone or place[parcel] not in emptied):
                    emptied.add(place[parcel])
                    units[parcel, item] = taken = min(most, wanted)
                    total += taken * cost
                    wanted -= taken  # noqa: PLW2901 (what is left of it)
            total += wanted * self.problem.missing
        return total, units

    def _worth_it(self, opened: set[int], units: dict[tuple[int, int], int]) -> bool:
        if not self.problem.least or len(opened) == 1:
            return True
        value = dict.fromkeys(opened, 0)
        for (parcel, item), count in units.items():
            value[parcel] += count * self.problem.worth[item]
        return min(value.values(), default=0) >= self.problem.least

    def _keep_worthy(self, mask: int) -> None:
        """The cheapest filling of exactly these parcels with enough value in each."""
        parcels = [p for p in range(len(self.problem.fixed)) if mask >> p & 1]
        try:
            found = minimum.fill(self.problem, parcels)
        except minimum.TooMany:
            self.proven = False
            return
        if found and found[0] < self.best.cost:
            self.best = Answer(*found)


def _mask(parcels: Iterable[int]) -> int:
    mask = 0
    for parcel in parcels:
        mask |= 1 << parcel
    return mask


def _unsplit(problem: Problem, answer: Answer) -> Answer:
    """Take each item from as few of the opened parcels as cost the same; no parcel is emptied.

    Nothing changes where parcels share a place's stock or each must be worth so much.
    """
    if problem.least or len(set(problem.place)) != len(problem.place):
        return answer
    for item in range(len(problem.wanted)):
        given = {p: count for (p, other), count in answer.units.items() if other == item}
        costs = {problem.unit[parcel][item] for parcel in given}
        if len(given) < 2 or len(costs) > 1:  # noqa: PLR2004 (one parcel is not split)
            continue
        fewer = _fewest(problem, answer.parcels, item, sum(given.values()), costs.pop())
        dropped = given.keys() - fewer.keys()
        if len(fewer) < len(given) and all(_gives_more(answer, p, item) for p in dropped):
            for parcel in given:
                del answer.units[parcel, item]
            answer.units |= {(parcel, item): count for parcel, count in fewer.items()}
    return answer


def _fewest(
    problem: Problem, parcels: Sequence[int], item: int, units: int, cost: int
) -> dict[int, int]:
    """So many units of an item at this cost: from the first parcel that has them all, else the fullest."""
    stock = {p: problem.stock[p][item] for p in parcels if problem.unit[p][item] == cost}
    taken: dict[int, int] = {}
    for parcel in sorted(stock, key=lambda p: (-min(stock[p], units), p)):
        if units and stock[parcel]:
            taken[parcel] = min(stock[parcel], units)
            units -= taken[parcel]
    return taken


def _gives_more(answer: Answer, parcel: int, item: int) -> bool:
    """Whether another item comes from the parcel, too."""
    return any(p == parcel and other != item for p, other in answer.units)
