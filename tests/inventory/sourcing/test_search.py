"""The search against brute force: every way to fill every parcel, looked at one by one."""

import random
import statistics
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.queries.sourcing.search import Problem, solve


@st.composite
def problems(draw):
    items = draw(st.integers(1, 3))
    parcels = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 3), min_size=items, max_size=items)
    step = draw(st.sampled_from([0, 1_000]))
    fixed = st.integers(0, 60) if not step else st.integers(0, 12).map(lambda low: step + low)
    units = st.just([0] * items) if step else row
    return Problem(
        wanted=draw(st.lists(st.integers(1, 3), min_size=items, max_size=items)),
        stock=draw(st.lists(row, min_size=parcels, max_size=parcels)),
        unit=draw(st.lists(units, min_size=parcels, max_size=parcels)),
        fixed=draw(st.lists(fixed, min_size=parcels, max_size=parcels)),
        place=list(range(parcels)),
        missing=100_000,
        most=draw(st.sampled_from([1, 2, parcels])),
        worth=draw(st.lists(st.integers(1, 5), min_size=items, max_size=items)),
        least=draw(st.sampled_from([0, 0, 3, 6])),
        step=step,
        slack=60 if step else 0,
    )


def spreads(wanted, stocks):
    """Every way to take at most `wanted` units from these stocks."""
    for counts in product(*(range(min(wanted, stock) + 1) for stock in stocks)):
        if sum(counts) <= wanted:
            yield counts


def cheapest(problem):
    """Brute force: no set, no bound, no order, only the definition."""
    items = range(len(problem.wanted))
    ways = [
        list(spreads(problem.wanted[item], [row[item] for row in problem.stock])) for item in items
    ]
    return min(
        cost for filling in product(*ways) if (cost := cost_of(problem, filling)) is not None
    )


def cost_of(problem, filling):
    opened = [p for p in range(len(problem.fixed)) if any(counts[p] for counts in filling)]
    if len(opened) > problem.most:
        return None
    if len(opened) > 1:
        for p in opened:
            value = sum(counts[p] * problem.worth[item] for item, counts in enumerate(filling))
            if value < problem.least:
                return None
    cost = sum(problem.fixed[p] for p in opened)
    for item, counts in enumerate(filling):
        cost += sum(count * problem.unit[p][item] for p, count in enumerate(counts))
        cost += (problem.wanted[item] - sum(counts)) * problem.missing
    return cost


@settings(max_examples=400, deadline=None)
@given(problems())
def test_solve_any_problem_costs_what_brute_force_finds(problem):
    found = solve(problem)

    assert found.exact
    assert found.cost == cheapest(problem)
    assert cost_of(problem, filling_of(problem, found)) == found.cost


def filling_of(problem, found):
    parcels, items = range(len(problem.fixed)), range(len(problem.wanted))
    return [[found.units.get((p, item), 0) for p in parcels] for item in items]


def test_solve_two_parcels_of_one_place_share_its_stock():
    """Food and hazard apart: the neutral item is there once, whichever parcel takes it."""
    found = solve(
        Problem(
            wanted=[1, 1, 3],
            stock=[[1, 0, 2], [0, 1, 2]],
            unit=[[0, 0, 0], [0, 0, 0]],
            fixed=[10, 10],
            place=[5, 5],
            missing=1_000,
            most=2,
        )
    )

    assert found.cost == 20 + 1_000
    assert sum(units for (_, item), units in found.units.items() if item == 2) == 2


@settings(max_examples=300, deadline=None)
@given(problems())
def test_solve_takes_an_item_from_one_parcel_where_that_costs_the_same(problem):
    found = solve(problem)

    opened = found.parcels
    for item in range(len(problem.wanted)):
        given = {p: n for (p, other), n in found.units.items() if other == item}
        idle = [p for p in given if not any(q == p and i != item for q, i in found.units)]
        if len(given) > 1 and not idle and not problem.least:
            cost = {problem.unit[p][item] for p in given}
            assert not any(
                problem.stock[p][item] >= sum(given.values()) and {problem.unit[p][item]} == cost
                for p in opened
            )


def test_solve_line_is_not_split_though_the_preferred_parcel_has_some():
    """Two parcels are needed for the second and third item; the first is whole in the one or the other."""
    found = solve(
        Problem(
            wanted=[5, 20, 60],
            stock=[[2, 30, 7], [99, 11, 95]],
            unit=[[0, 0, 0], [0, 0, 0]],
            fixed=[1_001, 1_002],
            place=[1, 2],
            missing=100_000,
            most=2,
            step=1_000,
            slack=60,
        )
    )

    assert found.units == {(1, 0): 5, (0, 1): 20, (1, 2): 60}


def randomly(seed, parcels, items, *, share=0.5):
    """An order of `items` lines for a network where half of the shelves hold what is wanted."""
    rng = random.Random(seed)
    step = 1 << 40
    distances = [rng.randrange(100, 8_000) for _ in range(parcels)]
    stock = [
        [rng.choice([1, 2, 9]) if rng.random() < share else 0 for _ in range(items)]
        for _ in range(parcels)
    ]
    return Problem(
        wanted=[rng.choice([1, 1, 1, 2, 3]) for _ in range(items)],
        stock=stock,
        unit=[[0] * items for _ in range(parcels)],
        fixed=[step + distance for distance in distances],
        place=list(range(parcels)),
        missing=step << 20,
        most=parcels,
        step=step,
        slack=sum(distances),
    )


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_solve_20_locations_and_10_lines_takes_less_than_5_ms(share):
    problems = [randomly(seed, 20, 10, share=share) for seed in range(30)]
    took = []
    for problem in problems:
        started = time.process_time()
        found = solve(problem)
        took.append(time.process_time() - started)
        assert found.exact
    assert statistics.median(took) < 0.005
