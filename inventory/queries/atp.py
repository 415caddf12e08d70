"""Available to promise: what is left of dated supply after dated demand.

Cumulative available-to-promise with look-ahead (ASCM Supply Chain Dictionary, "available-to-
promise"; Vollmann, Berry, Whybark, *Manufacturing Planning and Control Systems*, chapter on master
production scheduling): units that can be promised for a day without breaking any promise already
given for a later one, that is, the lowest balance of supply less demand from that day on.

The same answer is reached here by pegging, because a promise must say what it is made of: demand
in the order of its days takes the latest supply that is still in time, and late demand the first
that comes. What every lot has left then adds up, day by day, to exactly that lowest balance
(`tests/inventory/test_atp.py` proves it against the definition).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Lot:
    """Units that are or will be at a location: on hand where `reference` is empty."""

    day: date
    quantity: int
    location_id: int
    kind: str = "stock"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a lot that somebody gets."""

    lot: Lot
    quantity: int


class Book:
    """The lots of one product, drawn down by what is promised from them."""

    def __init__(self, lots: Iterable[Lot]) -> None:
        self.lots = sorted(lots, key=lambda lot: (lot.day, lot.reference, lot.location_id))
        self._left = [lot.quantity for lot in self.lots]

    def commit(self, demands: Iterable[tuple[date, int]]) -> None:
        """Keep units for promises already given: (day, units) each, in any order."""
        for day, quantity in sorted(demands):
            in_time = [at for at, lot in enumerate(self.lots) if lot.day <= day]
            missing = self._draw(reversed(in_time), quantity)
            self._draw(range(len(in_time), len(self.lots)), missing)

    def available(self, day: date) -> int:
        """Units that can be promised for this day."""
        return sum(left for lot, left in zip(self.lots, self._left, strict=True) if lot.day <= day)

    def take(self, quantity: int) -> tuple[Part, ...]:
        """Promise units from what comes first; fewer where not so many are in sight."""
        before = list(self._left)
        self._draw(range(len(self.lots)), quantity)
        return tuple(
            Part(lot, was - left)
            for lot, was, left in zip(self.lots, before, self._left, strict=True)
            if was > left
        )

    def _draw(self, places: Iterable[int], quantity: int) -> int:
        """Take units from these lots in turn; returns what is still missing."""
        for at in places:
            taken = min(quantity, self._left[at])
            self._left[at] -= taken
            quantity -= taken
            if not quantity:
                break
        return quantity
