"""The case most orders are: parcels count first and a unit costs the same everywhere.

Then the smallest sets can simply be looked at, all of one size before the next: what a set holds of
every item is one addition of numbers in which each item has a field of its own, and whether it is
enough is one comparison of their highest bits. Tens of thousands of sets take milliseconds.
"""

from itertools import combinations
from math import comb
from typing import Any

SETS = 60_000  # sets looked at before the general search takes over


def smallest(problem: Any, parcels: list[int]) -> tuple[int, ...] | None:
    """The cheapest set of the smallest size that holds everything; none when it takes too long."""
    if not _applies(problem):
        return None
    packed, bias, high = _packed(problem, parcels)
    if (sum(packed.values()) + bias) & high != high:
        return None
    looked = 0
    for size in range(1, min(problem.most, len(parcels)) + 1):
        looked += comb(len(parcels), size)
        if looked > SETS:
            return None
        enough = [
            chosen
            for chosen in combinations(parcels, size)
            if (sum(map(packed.__getitem__, chosen)) + bias) & high == high
        ]
        if enough:
            return min(enough, key=lambda chosen: sum(map(problem.fixed.__getitem__, chosen)))
    return None


def undominated(problem: Any) -> list[int]:
    """Parcels without those that a cheaper one replaces entirely, whatever else is opened."""
    if problem.least:
        return list(range(len(problem.fixed)))
    has = [_bits(count > 0 for count in row) for row in problem.stock]
    full = [
        _bits(count >= wanted for count, wanted in zip(row, problem.wanted, strict=True))
        for row in problem.stock
    ]
    kept: list[int] = []
    for parcel in sorted(range(len(has)), key=lambda p: (problem.fixed[p], p)):
        if not any(
            has[parcel] & ~full[other] == 0 and _no_dearer(problem, other, parcel) for other in kept
        ):
            kept.append(parcel)
    return sorted(kept)


def _applies(problem: Any) -> bool:
    """Parcels first, no cost per unit, no minimum, no stock shared between parcels."""
    return bool(
        problem.step
        and not problem.least
        and len(set(problem.place)) == len(problem.place)
        and not any(map(any, problem.unit))
    )


def _packed(problem: Any, parcels: list[int]) -> tuple[dict[int, int], int, int]:
    """Stock by parcel in one number, what to add so that enough sets the high bits, those bits."""
    width = [(count * len(parcels)).bit_length() + 1 for count in problem.wanted]
    shifts = [sum(width[:item]) for item in range(len(width))]
    packed = {
        parcel: sum(
            min(problem.stock[parcel][item], count) << shifts[item]
            for item, count in enumerate(problem.wanted)
        )
        for parcel in parcels
    }
    tops = [1 << (shift + bits - 1) for shift, bits in zip(shifts, width, strict=True)]
    bias = sum(
        top - (count << shift)
        for top, shift, count in zip(tops, shifts, problem.wanted, strict=True)
    )
    return packed, bias, sum(tops)


def _no_dearer(problem: Any, other: int, parcel: int) -> bool:
    return all(
        not stock or problem.unit[other][item] <= problem.unit[parcel][item]
        for item, stock in enumerate(problem.stock[parcel])
    )


def _bits(flags: Any) -> int:
    return sum(1 << item for item, flag in enumerate(flags) if flag)
