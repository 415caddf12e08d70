"""Filling parcels so that each is worth at least so much.

Such a minimum ties the items to each other, so that the cheapest stock first is not always allowed.
A dynamic programme over the items keeps, for every combination of values reached so far (values
above the minimum count as the minimum), the cheapest way to get there.
"""

from collections.abc import Iterator, Sequence
from typing import Any

WAYS = 200_000  # combinations looked at before the search is given up
Units = dict[tuple[int, int], int]


class TooMany(Exception):
    """More ways to fill the parcels than can be looked at in time."""


def fill(problem: Any, parcels: Sequence[int]) -> tuple[int, Units] | None:
    """The cheapest filling of exactly these parcels; none when the value does not suffice.

    Raises TooMany.
    """
    start = sum(problem.fixed[parcel] for parcel in parcels)
    states: dict[tuple[int, ...], tuple[int, Any]] = {(0,) * len(parcels): (start, None)}
    looked = 0
    for item in range(len(problem.wanted)):
        ways = list(_ways(problem, parcels, item))
        looked += len(ways) * len(states)
        if looked > WAYS:
            raise TooMany
        states = _advanced(problem, states, item, ways)
    found = states.get((problem.least,) * len(parcels))
    return (found[0], _units(found[1], parcels)) if found else None


def _advanced(
    problem: Any,
    states: dict[tuple[int, ...], tuple[int, Any]],
    item: int,
    ways: list[tuple[int, tuple[int, ...]]],
) -> dict[tuple[int, ...], tuple[int, Any]]:
    """The cheapest way to each combination of values after one more item."""
    worth, least = problem.worth[item], problem.least
    following: dict[tuple[int, ...], tuple[int, Any]] = {}
    for values, (cost, chain) in states.items():
        for extra, counts in ways:
            reached = tuple(
                min(value + count * worth, least)
                for value, count in zip(values, counts, strict=True)
            )
            known = following.get(reached)
            if known is None or cost + extra < known[0]:
                following[reached] = (cost + extra, (chain, item, counts))
    return following


def _ways(problem: Any, parcels: Sequence[int], item: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Every way to spread as many units of an item as there are, with what it costs."""
    stock = {
        problem.place[p]: max(
            problem.stock[q][item] for q in parcels if problem.place[q] == problem.place[p]
        )
        for p in parcels
    }
    served = min(problem.wanted[item], sum(stock.values()))
    unserved = (problem.wanted[item] - served) * problem.missing
    for counts in _spreads(problem, parcels, item, served, stock):
        cost = sum(problem.unit[p][item] * n for p, n in zip(parcels, counts, strict=True))
        yield cost + unserved, counts


def _spreads(
    problem: Any, parcels: Sequence[int], item: int, units: int, stock: dict[int, int]
) -> Iterator[tuple[int, ...]]:
    if not parcels:
        if not units:
            yield ()
        return
    first, place = parcels[0], problem.place[parcels[0]]
    most = min(units, stock[place]) if problem.stock[first][item] else 0
    for count in range(most, -1, -1):  # among equals, the preferred place gives most
        left = {**stock, place: stock[place] - count}
        for rest in _spreads(problem, parcels[1:], item, units - count, left):
            yield (count, *rest)


def _units(chain: Any, parcels: Sequence[int]) -> Units:
    units: Units = {}
    while chain:
        chain, item, counts = chain
        for parcel, count in zip(parcels, counts, strict=True):
            if count:
                units[parcel, item] = count
    return units
