"""Promises of stock to order lines: reserve, release, consume."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from inventory.enums import MovementKind, ReservationState, StockCondition
from inventory.models import Reservation, StockMovement
from inventory.operations import counters, fence_uses, lot_counters
from inventory.operations.increases import record_increases
from inventory.operations.lot_counters import refuse_unusable
from inventory.queries.fences import Draw, Holder
from oms import bulk
from oms.counting import write_counts
from oms.errors import DomainError

NOTHING: Mapping[int, int] = MappingProxyType({})

Part = tuple[Reservation, int, int | None]  # units of a reservation, and their lot


class StockTaken(DomainError):
    """Between plan and promise somebody else took the stock; plan again."""

    code = "stock_taken"
    message = "The stock was taken by another order in the meantime."


class NotReserved(DomainError):
    """More was to be released or shipped than is reserved for the line at the location."""

    code = "not_reserved"
    message = "Fewer than {quantity:unit} are reserved for this line at this location."


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one order line at one location.

    `lots` says which units of a tracked product leave: pairs of lot id and quantity that add up.
    """

    line_id: int
    location_id: int
    quantity: int
    lots: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """Units of a level for an order line; firm ones are handed to the location at once.

    `draws` of them come from the taker's fences; `spare` units are left by the taker's channel.
    """

    line_id: int
    level_id: int
    location_id: int
    quantity: int
    firm: bool = False
    draws: tuple[Draw, ...] = ()
    spare: int = 0


@transaction.atomic(savepoint=False)
def reserve(takes: Sequence[Take], *, freed: Mapping[int, int] = NOTHING) -> None:
    """Promise available stock to order lines, all or none.

    `freed` gives units by level that baskets of these orders had set aside and that count as
    available to them. Nothing moves: on-hand stays what a picker can count. The counters are
    written last, because everybody who wants the same levels waits from then until the commit.
    Raises StockTaken when a level has no longer enough; the caller then undoes its own work as well.
    """
    promises = bulk.Batch()
    promises.add(
        Reservation(
            level_id=take.level_id,
            order_line_id=take.line_id,
            quantity=take.quantity,
            firm=take.firm,
        )
        for take in takes
    )
    promises.insert()

    _promise(takes, freed)


@transaction.atomic
def firm_up(line_ids: Iterable[int]) -> list[Units]:
    """Hand what is reserved for these lines to the locations; return the units newly handed over.

    Firm units are shipped by `consume` or taken back by `recall`; they are never re-planned.
    """
    lines = set(line_ids)
    loose = _open(lines, firm=False)

    pks = [row.pk for rows in loose.values() for row in rows]
    Reservation.objects.filter(pk__in=pks).update(firm=True)

    return [Units(*key, sum(row.quantity for row in rows)) for key, rows in loose.items()]


@transaction.atomic
def loosen(units: Sequence[Units]) -> None:
    """Take units back from the locations that work on them; their lines keep them reserved.

    No figure of a level changes. Raises NotReserved, and changes nothing.
    """
    drawn = _drawn(units, firm=True)

    Reservation.objects.filter(pk__in=_cut(drawn)).update(firm=False)


@transaction.atomic
def hand_over(moves: Mapping[int, tuple[int, int]]) -> list[Units]:
    """Give reserved units of order lines to other lines: by line id, the other's id and how many.

    They stay where they are, so that nobody comes between, and no level is touched. Fences that
    the units came from follow them. Only units that no location works on are given. Returns where
    the other lines have them now. Raises NotReserved, and changes nothing.
    """
    rows: dict[int, list[Reservation]] = defaultdict(list)
    for (line, _), found in _open(set(moves), firm=False).items():
        rows[line] += found
    drawn = [part for line, (_, units) in moves.items() for part in _draw(rows[line], units)]

    now = timezone.now()
    Reservation.objects.filter(pk__in=_cut(drawn)).update(
        state=ReservationState.RELEASED, ended_at=_end_at(now)
    )
    Reservation.objects.bulk_create(
        Reservation(
            level_id=row.level_id,
            order_line_id=_receiver(moves, row),
            quantity=units,
            created_at=max(now, row.created_at),
        )
        for row, units in drawn
    )
    fence_uses.follow((row, _receiver(moves, row), units) for row, units in drawn)
    return [Units(_receiver(moves, row), row.level.location_id, units) for row, units in drawn]


def release(units: Sequence[Units], *, by: str) -> None:
    """Give reserved units that no location works on back, so that others may have them.

    Records `stock.increased`. Raises NotReserved when a line has fewer such units there, and
    changes nothing.
    """
    _give_back(units, firm=False, by=by)


def recall(units: Sequence[Units], *, by: str) -> None:
    """Give units back that a location had been handed; otherwise like `release`."""
    _give_back(units, firm=True, by=by)


@transaction.atomic
def consume(units: Sequence[Units], *, by: str, reference: str) -> list[StockMovement]:
    """Ship reserved units: the reservation ends and on-hand falls by an issued movement.

    `reference` is the shipment's number. Units of tracked products leave by lot, which is neither
    held nor expired. Raises NotReserved, and for tracked products LotMissing, InsufficientLot or
    LotUnusable, and changes nothing.
    """
    ended = _end(units, ReservationState.CONSUMED, firm=True)

    wanted: dict[int, int] = defaultdict(int)
    for row, quantity in ended:
        wanted[row.level_id] += quantity
    after = counters.apply(
        counters.Delta(level, on_hand=-quantity, reserved=-quantity)
        for level, quantity in wanted.items()
    )

    parts = _by_lot(ended, units)
    lot_counters.shift(_lot_changes(parts))
    return _issue(parts, wanted, after, by=by, reference=reference)


@transaction.atomic
def _give_back(units: Sequence[Units], *, firm: bool, by: str) -> None:
    ended = _end(units, ReservationState.RELEASED, firm=firm)

    wanted: dict[int, int] = defaultdict(int)
    for row, quantity in ended:
        wanted[row.level_id] += quantity
    counters.apply(counters.Delta(level, reserved=-quantity) for level, quantity in wanted.items())
    fence_uses.refill(ended)

    levels = {row.level_id: row.level for row, _ in ended}
    record_increases(levels.values(), cause="released", by=by)


def _promise(takes: Sequence[Take], freed: Mapping[int, int]) -> None:
    """Reserve on the levels and use fences up, or raise StockTaken."""
    draws = [(Holder(take.line_id), take.level_id, draw) for take in takes for draw in take.draws]
    wanted: dict[int, int] = defaultdict(int)
    drawn: dict[int, int] = defaultdict(int)
    own: dict[int, int] = defaultdict(int)  # units of a take that its level kept for the taker
    for take in takes:
        wanted[take.level_id] += take.quantity
    for level, quantity in freed.items():
        wanted[level] -= quantity
    for _, level, draw in draws:
        drawn[draw.level_id] += draw.quantity
        own[level] += draw.quantity if draw.level_id == level else 0
    spare = {take.level_id: take.spare for take in takes}

    deltas = [
        counters.Delta(
            level,
            reserved=wanted[level],
            promised=_promised(wanted[level], own[level], spare.get(level, 0)),
            fenced=-drawn[level],
        )
        for level in wanted.keys() | drawn.keys()
    ]
    done = counters.apply(deltas)
    if len(done) != len(deltas) or (draws and not fence_uses.use(draws)):
        raise StockTaken


def _promised(units: int, own: int, spare: int) -> int:
    """Units that must be available: the channel's safety stock too, unless all are the taker's own."""
    if units <= 0:
        return 0
    return units + (spare if units > own else 0)


def _open(line_ids: set[int], *, firm: bool) -> dict[tuple[int, int], list[Reservation]]:
    """Open reservations by line and location, oldest first."""
    rows = Reservation.objects.filter(
        order_line_id__in=line_ids, state=ReservationState.OPEN, firm=firm
    ).select_related("level")
    rows = rows.annotate(tracking=F("level__product__tracking"))
    found: dict[tuple[int, int], list[Reservation]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.line_id, row.level.location_id].append(row)
    return found


def _end(units: Sequence[Units], state: str, *, firm: bool) -> list[tuple[Reservation, int]]:
    """End open reservations in whole or in part; the caller holds the order's lock.

    Nothing ends before it began, also where the clocks of two machines differ.
    """
    ended = _drawn(units, firm=firm)
    rows = Reservation.objects.filter(pk__in=_cut(ended))
    rows.update(state=state, ended_at=_end_at(timezone.now()))
    return ended


def _end_at(now: datetime) -> Greatest:
    return Greatest("created_at", Value(now, DateTimeField()))


def _receiver(moves: Mapping[int, tuple[int, int]], row: Reservation) -> int:
    return moves[row.order_line_id][0]  # type: ignore[index]  # only lines' rows are moved


def _drawn(units: Sequence[Units], *, firm: bool) -> list[tuple[Reservation, int]]:
    """Open reservations that these units stand for, and how much of each."""
    rows = _open({unit.line_id for unit in units}, firm=firm)
    wanted: dict[tuple[int, int], int] = defaultdict(int)
    for unit in units:
        wanted[unit.line_id, unit.location_id] += unit.quantity
    return [part for key, quantity in wanted.items() for part in _draw(rows[key], quantity)]


def _draw(rows: Iterable[Reservation], quantity: int) -> list[tuple[Reservation, int]]:
    """What each of these reservations gives towards a quantity, oldest first."""
    drawn, missing = [], quantity
    for row in rows:
        if missing:
            drawn.append((row, min(row.quantity, missing)))
            missing -= drawn[-1][1]
    if missing:
        raise NotReserved(quantity=quantity)
    return drawn


def _cut(drawn: list[tuple[Reservation, int]]) -> list[int]:
    """Make each part that is drawn a row of its own, begun when the whole did; give their keys."""
    parts = [(row, quantity) for row, quantity in drawn if row.quantity > quantity]
    write_counts(
        [Reservation(pk=row.pk, quantity=row.quantity - quantity) for row, quantity in parts],
        "quantity",
    )
    made = Reservation.objects.bulk_create(
        Reservation(
            level_id=row.level_id,
            order_line_id=row.order_line_id,
            quantity=quantity,
            firm=row.firm,
            created_at=row.created_at,
        )
        for row, quantity in parts
    )
    whole = [row.pk for row, quantity in drawn if row.quantity == quantity]
    return whole + [row.pk for row in made]


def _by_lot(ended: list[tuple[Reservation, int]], units: Sequence[Units]) -> list[Part]:
    """What ends, split by the lots that were named for its line and location."""
    named: dict[tuple[int, int], list[list[int]]] = defaultdict(list)
    for unit in units:
        named[unit.line_id, unit.location_id] += [list(pair) for pair in unit.lots]
    parts: list[Part] = []
    for row, quantity in ended:
        lots = named[row.order_line_id, row.level.location_id]  # type: ignore[index]
        parts += _draw_lots(row, quantity, lots)
    refuse_unusable({lot for _, _, lot in parts if lot})
    return parts


def _draw_lots(row: Reservation, quantity: int, lots: list[list[int]]) -> list[Part]:
    parts: list[Part] = []
    while quantity and lots:
        units = min(quantity, lots[0][1])
        parts.append((row, units, lots[0][0]))
        quantity -= units
        lots[0][1] -= units
        if not lots[0][1]:
            lots.pop(0)
    return [*parts, (row, quantity, None)] if quantity else parts


def _lot_changes(parts: list[Part]) -> list[lot_counters.LotChange]:
    available = StockCondition.AVAILABLE
    return [
        lot_counters.LotChange(
            row.level_id,
            row.level.product_id,
            row.tracking,  # type: ignore[attr-defined]
            lot,
            available,
            -units,
        )
        for row, units, lot in parts
    ]


def _issue(
    ended: list[Part],
    wanted: dict[int, int],
    after: dict[int, counters.Counters],
    *,
    by: str,
    reference: str,
) -> list[StockMovement]:
    balance = {level: after[level].on_hand + quantity for level, quantity in wanted.items()}
    rows, now = [], timezone.now()
    for row, quantity, lot in ended:
        balance[row.level_id] -= quantity
        rows.append(
            StockMovement(
                level_id=row.level_id,
                kind=MovementKind.ISSUED,
                quantity=-quantity,
                lot_id=lot,
                balance=balance[row.level_id],
                order_line_id=row.order_line_id,
                reference=reference,
                actor=by,
                at=now,
            )
        )
    return StockMovement.objects.bulk_create(rows)
