"""Counts of things and actors, as pages say them."""

from decimal import Decimal

import pytest

from oms import keys, words
from oms.templatetags.words import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")]
)
def test_one_thing_is_told_in_the_singular(number, said):
    assert counted(number, "day") == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ("0", "0 %"),
        ("0.5", "50 %"),
        ("0.123456", "12.346 %"),
        ("0.999990", "99.999 %"),
        ("0.999996", "99.999 %"),
        ("1.000000", "100 %"),
    ],
)
def test_a_share_of_less_than_all_is_never_said_to_be_all(share, said):
    assert words.percent(Decimal(share)) == said


def test_a_machine_is_told_by_the_name_of_its_key_and_a_lost_one_by_its_prefix(db):
    key, _ = keys.create("Web shop")

    names = words.names_of([f"api-key:{key.prefix}", "api-key:gone", "system"])

    assert names[f"api-key:{key.prefix}"] == "API key Web shop"
    assert names["api-key:gone"] == "API key gone"
