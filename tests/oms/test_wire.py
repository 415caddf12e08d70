from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
import pytest

from oms.wire import Invalid, Moment, Sent, Short, decode


class Part(Sent):
    price: Decimal | None = None
    at: Moment | None = None


class Whole(Sent):
    name: Short = ""
    kind: Literal["a", "b"] | None = None
    day: date | None = None
    counts: list[int] = []
    named: Annotated[list[Decimal], msgspec.Meta(max_length=5)] = []
    part: Part | None = None
    parts: list[Part] = []
    either: Decimal | int | None = None


HUGE, LONG_AGO = "1e20", "1066-10-14T09:00:00Z"


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        (f'{{"named": ["1", "{HUGE}"]}}', "/named/1"),
        (f'{{"part": {{"price": "{HUGE}"}}}}', "/part/price"),
        (f'{{"parts": [{{}}, {{"at": "{LONG_AGO}"}}]}}', "/parts/1/at"),
        ('{"parts": [{"price": "1.23456"}]}', "/parts/0/price"),
    ],
)
def test_decode_refuses_what_the_database_could_not_keep_wherever_it_stands(sent, pointer):
    with pytest.raises(Invalid) as refused:
        decode(sent.encode(), Whole)

    assert refused.value.pointer == pointer


def test_decode_gives_what_was_sent():
    sent = b'{"name": "Mug", "kind": "a", "day": "2026-11-27", "counts": [1], "named": ["1.5"], "either": 7, "parts": [{"at": "2026-11-27T10:00:00Z"}]}'

    assert decode(sent, Whole) == Whole(
        "Mug",
        "a",
        date(2026, 11, 27),
        [1],
        [Decimal("1.5")],
        None,
        [Part(at=datetime(2026, 11, 27, 10, tzinfo=UTC))],
        7,
    )
