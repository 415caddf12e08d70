from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.money import exponent, is_currency, quantize, split


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "EUR", "1.01"),
        ("-1.005", "EUR", "-1.01"),
        ("1.5", "JPY", "2"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_quantize_half_goes_up_at_the_minor_unit(amount, currency, rounded):
    assert quantize(Decimal(amount), currency) == Decimal(rounded)


def test_split_odd_cent_goes_to_the_largest_remainder():
    assert split(Decimal("1.00"), [1, 1, 1], "EUR") == [
        Decimal("0.34"),
        Decimal("0.33"),
        Decimal("0.33"),
    ]


def test_split_zero_weights_gives_all_to_the_first():
    assert split(Decimal("0.05"), [0, 0], "EUR") == [Decimal("0.05"), Decimal(0)]


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 1000), min_size=1, max_size=30),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_split_any_amount_sums_to_it(units, weights, currency):
    amount = units * exponent(currency)

    parts = split(amount, weights, currency)

    assert sum(parts) == amount
    assert all(part == quantize(part, currency) for part in parts)


def test_is_currency_unknown_code_is_refused():
    assert is_currency("EUR")
    assert not is_currency("EUX")
