"""Counts of things, as pages say them."""

import pytest

from oms.templatetags.words import counted


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1200, "1,200 days")]
)
def test_one_thing_is_told_in_the_singular(number, said):
    assert counted(number, "day") == said
