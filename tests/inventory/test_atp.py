"""Available to promise, against its definition and against trying every day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inventory.queries.atp import Book, Lot, Part

DAY = date(2026, 3, 2)
days = st.integers(0, 12).map(lambda ahead: DAY + timedelta(days=ahead))
units = st.integers(1, 20)
dated = st.lists(st.tuples(days, units), max_size=8)
HORIZON = [DAY + timedelta(days=ahead) for ahead in range(14)]


def book(supply, demand=()):
    made = Book(Lot(day, quantity, 1, "po", str(at)) for at, (day, quantity) in enumerate(supply))
    made.commit(demand)
    return made


def balance(supply, demand, day):
    came = sum(quantity for at, quantity in supply if at <= day)
    return came - sum(quantity for at, quantity in demand if at <= day)


@given(dated, dated)
def test_available_is_the_lowest_balance_from_that_day_on(supply, demand):
    made = book(supply, demand)

    for at, day in enumerate(HORIZON):
        lowest = min(balance(supply, demand, later) for later in HORIZON[at:])
        assert made.available(day) == max(lowest, 0)


@given(dated, dated, units)
def test_promise_is_the_first_day_that_breaks_no_other(supply, demand, quantity):
    """Brute force: try each day in turn with the new demand put there."""
    parts = book(supply, demand).take(quantity)

    def breaks_none(day):
        tried = [*demand, (day, quantity)]
        return all(balance(supply, tried, later) >= 0 for later in HORIZON if later >= day)

    first = next((day for day in HORIZON if breaks_none(day)), None)
    whole = sum(part.quantity for part in parts) == quantity
    assert (max(part.lot.day for part in parts) if whole else None) == first


@given(dated, dated, st.lists(units, max_size=5))
def test_nothing_is_promised_twice(supply, demand, wanted):
    made = book(supply, demand)

    parts = [part for quantity in wanted for part in made.take(quantity)]

    for lot in made.lots:
        assert sum(part.quantity for part in parts if part.lot is lot) <= lot.quantity
    assert sum(part.quantity for part in parts) <= sum(wanted)


def test_early_stock_is_kept_for_the_promise_that_needs_it():
    """Five on hand, five on Friday, five promised for Friday: today's five are still free."""
    friday = DAY + timedelta(days=4)

    made = book([(DAY, 5), (friday, 5)], [(friday, 5)])

    assert made.available(DAY) == 5
    assert made.take(6) == (Part(made.lots[0], 5),)
