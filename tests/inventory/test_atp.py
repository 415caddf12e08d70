"""Available to promise, against its definition and against trying every day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from inventory.queries.atp import Book, Demand, Lot, Part
from inventory.queries.fences import NOBODY, Taker

DAY = date(2026, 3, 2)
days = st.integers(0, 12).map(lambda ahead: DAY + timedelta(days=ahead))
units = st.integers(1, 20)
dated = st.lists(st.tuples(days, units), max_size=8)
HORIZON = [DAY + timedelta(days=ahead) for ahead in range(14)]


def book(supply, demand=()):
    made = Book(Lot(day, quantity, 1, "po", str(at)) for at, (day, quantity) in enumerate(supply))
    made.commit(Demand(*one) for one in demand)
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


# --- Units kept for somebody ----------------------------------------------------------------------

GOLD, SHOP = Taker(None, "gold"), Taker(1)
takers = st.sampled_from([NOBODY, SHOP, Taker(2), Taker(1, "gold"), Taker(2, "gold")])
fenced = st.lists(st.tuples(days, units, st.sampled_from([None, GOLD, SHOP])), max_size=8)


def fenced_book(supply, **more):
    return Book(
        (
            Lot(day, quantity, 1, "po", str(at), whose)
            for at, (day, quantity, whose) in enumerate(supply)
        ),
        **more,
    )


def entitled(lot, taker):
    return lot.kept_for is None or (
        lot.kept_for.channel_id in {None, taker.channel_id}
        and lot.kept_for.group in {"", taker.group}
    )


@given(fenced, st.lists(st.tuples(days, units, takers), max_size=4), takers, units)
def test_nobody_is_promised_what_is_kept_for_others(supply, promised, taker, quantity):
    made = fenced_book(supply)
    made.commit(Demand(*one) for one in promised)
    could = made.available(HORIZON[-1], taker)

    parts = made.take(quantity, taker)

    assert all(entitled(part.lot, taker) for part in parts)
    assert sum(part.quantity for part in parts) == min(quantity, could)


@given(fenced, takers, units, st.integers(0, 30))
def test_channel_leaves_its_safety_stock_of_what_anybody_may_have(supply, taker, quantity, spare):
    made = fenced_book(supply, spares={1: spare})

    parts = made.take(quantity, taker)

    free = sum(lot.quantity for lot in made.lots if lot.kept_for is None)
    taken = sum(part.quantity for part in parts if part.lot.kept_for is None)
    if taken and taker.channel_id == 1:
        assert free - taken >= spare


def test_own_units_are_taken_before_those_of_everybody():
    made = fenced_book([(DAY, 5, None), (DAY, 3, GOLD)])

    parts = made.take(4, Taker(2, "gold"))

    assert [(part.quantity, part.lot.kept_for) for part in parts] == [(3, GOLD), (1, None)]


def test_promise_given_is_pegged_to_own_units_first():
    friday = DAY + timedelta(days=4)
    made = fenced_book([(DAY, 5, GOLD), (friday, 5, None)])

    made.commit([Demand(friday, 5, Taker(2, "gold"))])

    assert (made.available(friday), made.available(friday, Taker(2, "gold"))) == (5, 5)


def test_units_lying_there_count_as_what_the_channel_leaves():
    lots = [Lot(DAY, 10, 1, "po", "P")]

    assert Book(lots, spares={1: 4}, lying={1: 3}).available(DAY, SHOP) == 9
    assert Book(lots, spares={1: 4}, lying={2: 9}).available(DAY, SHOP) == 6
