"""Distances from an offline table: fine where it is fine, coarse where it is not."""

import pytest

from inventory.queries import Destination, distance_km
from inventory.queries.places import TABLE

LONDON = (51.51, -0.13)
MUNICH = (48.14, 11.58)
DELHI = (28.63, 77.22)


@pytest.mark.parametrize(
    ("country", "area", "place", "most"),
    [
        ("GB", "SW1A", LONDON, 3),
        ("GB", "sw1a", LONDON, 3),
        ("DE", "803", MUNICH, 5),
        ("IN", "110", DELHI, 20),
        ("AT", "101", (48.21, 16.37), 5),
        ("CA", "M5V", (43.64, -79.39), 5),
    ],
)
def test_an_area_is_found_where_it_is(country, area, place, most):
    assert distance_km(Destination(country, area), *place) < most


def test_neighbouring_areas_differ():
    near = distance_km(Destination("DE", "803"), *MUNICH)
    far = distance_km(Destination("DE", "809"), *MUNICH)
    assert near < far


def test_unknown_area_falls_back_to_a_larger_one_and_unknown_country_to_none():
    paris = (48.86, 2.35)
    assert distance_km(Destination("GB", "SW1Z"), *LONDON) < 15
    assert distance_km(Destination("GB", "Q"), *LONDON) == distance_km(Destination("GB"), *LONDON)
    assert distance_km(Destination("XX", "1"), *paris) is None
    assert distance_km(Destination("GB", "SW1A"), None, None) is None


def test_table_stays_small_enough_to_ship():
    assert TABLE.stat().st_size < 400_000
