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

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from inventory.queries.fences import NOBODY, Taker, opens_for

NOTHING: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Lot:
    """Units that are or will be at a location: on hand where `reference` is empty.

    A fence keeps them for `kept_for`, or will when they come; none: anybody may have them.
    """

    day: date
    quantity: int
    location_id: int
    kind: str = "stock"
    reference: str = ""
    kept_for: Taker | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Units that somebody was promised for a day."""

    day: date
    quantity: int
    taker: Taker = NOBODY


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a lot that somebody gets."""

    lot: Lot
    quantity: int


class Book:
    """The lots of one product, drawn down by what is promised from them.

    Each taker sees the lots that fences keep for it and those that nobody keeps, less what its
    channel leaves at every location (`spares`, by channel id; `lying` units, by location id, are
    there for that and are no lot).
    """

    def __init__(
        self,
        lots: Iterable[Lot],
        *,
        spares: Mapping[int, int] = NOTHING,
        lying: Mapping[int, int] = NOTHING,
    ) -> None:
        self.lots = sorted(lots, key=_turn)
        self._left = [lot.quantity for lot in self.lots]
        self._spares, self._lying = spares, lying

    def anew(self) -> "Book":
        """The same book before anything was promised from it."""
        return Book(self.lots, spares=self._spares, lying=self._lying)

    def commit(self, demands: Iterable[Demand]) -> None:
        """Keep units for promises already given, in any order."""
        for demand in sorted(demands, key=lambda one: (one.day, one.quantity)):
            in_time = [at for at, lot in enumerate(self.lots) if lot.day <= demand.day]
            late = range(len(in_time), len(self.lots))
            first = sorted(in_time, key=lambda at: (self.lots[at].kept_for is None, -at))
            self._draw((*first, *late), demand.quantity, demand.taker)

    def available(self, day: date, taker: Taker = NOBODY) -> int:
        """Units that can be promised for this day."""
        usable = self._usable(taker)
        return sum(units for lot, units in zip(self.lots, usable, strict=True) if lot.day <= day)

    def take(self, quantity: int, taker: Taker = NOBODY) -> tuple[Part, ...]:
        """Promise units from what comes first; fewer where not so many are in sight."""
        before = list(self._left)
        self._draw(range(len(self.lots)), quantity, taker)
        return tuple(
            Part(lot, was - left)
            for lot, was, left in zip(self.lots, before, self._left, strict=True)
            if was > left
        )

    def _draw(self, places: Iterable[int], quantity: int, taker: Taker) -> None:
        """Take units from these lots in turn, as far as the taker may."""
        usable = self._usable(taker)
        for at in places:
            taken = min(quantity, usable[at])
            self._left[at] -= taken
            quantity -= taken
            if not quantity:
                break

    def _usable(self, taker: Taker) -> list[int]:
        """What the taker may have of each lot; what its channel leaves stays with the first ones."""
        spare = self._spares.get(taker.channel_id or 0, 0)
        leaves: dict[int, int] = defaultdict(lambda: spare)
        leaves |= {place: max(0, spare - units) for place, units in self._lying.items()}
        usable = []
        for lot, left in zip(self.lots, self._left, strict=True):
            if lot.kept_for is not None:
                usable.append(left if opens_for(lot.kept_for, taker) else 0)
                continue
            stays = min(left, leaves[lot.location_id])
            leaves[lot.location_id] -= stays
            usable.append(left - stays)
        return usable


def _turn(lot: Lot) -> tuple[date, bool, str, int]:
    """By day; on one day first what is kept for somebody, which nobody else can have."""
    return lot.day, lot.kept_for is None, lot.reference, lot.location_id
