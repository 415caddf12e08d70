"""What stock costs: every movement is valued once, in the order in which it was written.

Stock is valued per location, in the location's currency, by two methods side by side: first in
first out (each delivery is a layer; what leaves takes the oldest) and moving average (what leaves
takes the mean of what is there). IAS 2, paragraphs 25 to 27, allows both. All that lies at a
location counts, whatever its condition, until it leaves or is written off.

Valuing runs behind the movements, so that shipping never waits for it: levels are valued by a
chore, and by whoever needs a value now. Movements of one level are written under its lock, so
their ids are in the order of their commits, and nothing can appear before what is valued.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from inventory.enums import CostBasis, MovementKind
from inventory.models import CostEntry, CostLayer, LandedCost, LevelCost, StockLevel, StockMovement
from oms.money import ZERO

PLACES = Decimal("0.0001")
BATCH = 200  # levels a transaction
MOST = 20_000  # movements a transaction; the rest waits for the next
TURNING = {  # kinds by which units may change their condition
    MovementKind.QUARANTINED,
    MovementKind.DAMAGED,
    MovementKind.RESTORED,
    MovementKind.CORRECTED,
}


Cause = tuple[str, int | None]  # "line" of an order, or "movement" that is undone, and its id


@dataclass(frozen=True, slots=True)
class Value:
    """An amount by both methods, in the location's currency."""

    fifo: Decimal = ZERO
    average: Decimal = ZERO

    def __sub__(self, other: "Value") -> "Value":
        return Value(self.fifo - other.fifo, self.average - other.average)


def part(whole: Value, units: int, of: int) -> Value:
    """The value of some of the units that together have a value; all of them take it whole."""
    if units == of:
        return whole
    share = Decimal(units) / Decimal(of)
    return Value((whole.fifo * share).quantize(PLACES), (whole.average * share).quantize(PLACES))


@transaction.atomic
def value_of(
    movements: Sequence[StockMovement], known: Mapping[int, Value] | None = None
) -> dict[int, Value]:
    """Value these movements now, and everything before them; their signed values by movement id.

    `known` gives incoming movements of this very transaction the value that they bring along.
    """
    levels = {row.level_id for row in movements}
    while _value_all(levels, known or {}) == MOST:
        pass
    entries = CostEntry.objects.filter(movement__in=[row.pk for row in movements])
    rows = entries.values_list("movement__pk", "fifo_value", "average_value")
    return {pk: Value(fifo, average) for pk, fifo, average in rows}


def value_stock(limit: int | None = None) -> int:
    """Value whatever is not valued yet, a few levels a transaction; how many movements that were."""
    done = 0
    while ids := list(behind().values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            done += _value_all(set(ids), {})
        if limit is not None and done >= limit:
            break
    return done


def behind() -> QuerySet[StockLevel]:
    """Levels with movements that are not valued."""
    last = StockMovement.objects.filter(level=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    return (
        StockLevel.objects.annotate(last=Subquery(last))
        .filter(last__gt=Coalesce("cost__valued_to", 0))
        .order_by("pk")
    )


def revalue(cost: LandedCost, shares: Mapping[int, Decimal]) -> list[CostEntry]:
    """Add parts of a landed cost to the units that these movements (by id) brought in.

    What is still there becomes dearer; the part of units that have left already is an expense of
    today, because what was sold is not valued again. The caller holds the receipt's lock.
    """
    movements = StockMovement.objects.in_bulk(list(shares))
    levels = {row.level_id for row in movements.values()}
    books = {book.state.level_id: book for book in _open(levels)}
    layers = {
        layer.movement_id: layer for layer in CostLayer.objects.filter(movement__in=list(shares))
    }
    for pk, amount in sorted(shares.items()):
        books[movements[pk].level_id].add_cost(cost, layers[pk], amount)
    CostLayer.objects.bulk_update(layers.values(), ["remaining_value"])
    return _write(books.values())


@dataclass(slots=True)
class Book:
    """One level while its movements are valued: its state, its layers, what is to be written."""

    state: LevelCost
    standard: Decimal | None
    layers: deque[CostLayer] = field(default_factory=deque)
    touched: dict[int, CostLayer] = field(default_factory=dict)  # existing ones, by id
    fresh: list[CostLayer] = field(default_factory=list)
    entries: list[CostEntry] = field(default_factory=list)

    def take_in(self, movement: StockMovement, value: Value, basis: str) -> None:
        """Units come in: a layer of their own.

        What earlier releases valued below zero may come back or arrive; it is worth nothing then.
        """
        value = Value(max(value.fifo, ZERO), max(value.average, ZERO))
        layer = CostLayer(
            level_id=self.state.level_id,
            movement=movement,
            quantity=movement.quantity,
            remaining=movement.quantity,
            remaining_value=value.fifo,
        )
        self.layers.append(layer)
        self.fresh.append(layer)
        self._book(movement, value, basis)

    def give_out(self, movement: StockMovement) -> None:
        """Units leave: the oldest layers first; the average method takes its mean.

        A correction takes back what the units that it undoes had brought in, by both methods.
        """
        units = -movement.quantity
        average = self._average(units, movement.corrects_id)
        taken = self._take(units, movement.corrects_id)
        self._book(movement, Value(-taken, -average), "")

    def turn(self, movement: StockMovement) -> None:
        """Units change their condition and nothing else: no value moves."""
        self._book(movement, Value(), "", units=0)

    def add_cost(self, cost: LandedCost, layer: CostLayer, amount: Decimal) -> None:
        """Part of a landed cost, as far as the units are still there.

        A credit takes off no more than they are worth; the rest is an income of today.
        """
        fifo = (amount * layer.remaining / layer.quantity).quantize(PLACES)
        fifo = max(fifo, -layer.remaining_value)
        there = min(self.state.quantity, layer.quantity)
        average = (amount * there / layer.quantity).quantize(PLACES)
        average = max(average, -self.state.average_value)
        layer.remaining_value += fifo
        self._add(0, Value(fifo, average), cost.at)
        self.entries.append(
            self._entry(
                Value(fifo, average),
                quantity=0,
                landed_cost=cost,
                basis=CostBasis.LANDED,
                fifo_expensed=amount - fifo,
                average_expensed=amount - average,
            )
        )

    def mean(self) -> tuple[Value, str] | None:
        """What one unit costs here, where that is known."""
        state = self.state
        if state.quantity:
            count = Decimal(state.quantity)
            return Value(state.fifo_value / count, state.average_value / count), CostBasis.AVERAGE
        if state.last_unit_cost is not None:
            return Value(state.last_unit_cost, state.last_unit_cost), CostBasis.LAST
        if self.standard is not None:
            return Value(self.standard, self.standard), CostBasis.STANDARD
        return None

    def _average(self, units: int, corrects: int | None) -> Decimal:
        """What leaves by the average method: never more than there is, and all with the last unit."""
        there = self.state.average_value
        came = self._entry_of(corrects) if corrects is not None else None
        if came is None or units == self.state.quantity:
            return part(Value(ZERO, there), units, self.state.quantity).average
        own = part(Value(ZERO, came.average_value), units, came.quantity).average
        return min(own, there)

    def _entry_of(self, movement_id: int) -> CostEntry | None:
        """The entry by which a movement brought units in, written already or not."""
        rows = CostEntry.objects.filter(movement=movement_id, quantity__gt=0)
        fresh = [row for row in self.entries if row.movement_id == movement_id and row.quantity > 0]
        return fresh[0] if fresh else rows.first()

    def _take(self, units: int, corrects: int | None) -> Decimal:
        """Take units off the oldest layers; a correction takes them off the one it undoes."""
        if corrects is not None:
            own = [layer for layer in self.layers if layer.movement_id == corrects]
            self.layers = deque([*own, *(layer for layer in self.layers if layer not in own)])
        taken = ZERO
        while units:
            layer = self.layers[0]
            count = min(units, layer.remaining)
            value = part(Value(layer.remaining_value), count, layer.remaining).fifo
            layer.remaining -= count
            layer.remaining_value -= value
            if layer.pk:
                self.touched[layer.pk] = layer
            units, taken = units - count, taken + value
            if not layer.remaining:
                self.layers.popleft()
        if corrects is not None:
            self.layers = deque(sorted(self.layers, key=lambda layer: layer.movement_id))
        return taken

    def _book(
        self, movement: StockMovement, value: Value, basis: str, units: int | None = None
    ) -> None:
        quantity = movement.quantity if units is None else units
        self._add(quantity, value, movement.at)
        self.state.valued_to = movement.pk
        self.entries.append(self._entry(value, quantity=quantity, movement=movement, basis=basis))

    def _add(self, units: int, value: Value, at: datetime) -> None:
        state = self.state
        state.quantity += units
        state.fifo_value += value.fifo
        state.average_value += value.average
        state.valued_at = max(at, state.valued_at or at)
        if state.quantity:
            state.last_unit_cost = (state.average_value / state.quantity).quantize(PLACES)

    def _entry(self, value: Value, **more: object) -> CostEntry:
        state = self.state
        return CostEntry(
            level_id=state.level_id,
            fifo_value=value.fifo,
            average_value=value.average,
            balance=state.quantity,
            fifo_balance=state.fifo_value,
            average_balance=state.average_value,
            at=state.valued_at or timezone.now(),
            **more,
        )


def _value_all(level_ids: set[int], known: Mapping[int, Value]) -> int:
    """Value what is not valued of these levels; the caller's transaction holds their states."""
    books = {book.state.level_id: book for book in _open(level_ids)}
    found = _pending(level_ids)
    rows = _whole(found) if len(found) == MOST else found
    costs, turned = _left_costs(rows), _turned(rows)
    for row in rows:
        book = books[row.level_id]
        if row.pk in turned:
            book.turn(row)
        elif row.quantity < 0:
            book.give_out(row)
            _remember(costs, row, book.entries[-1])
        elif row.pk in known:
            book.take_in(row, known[row.pk], CostBasis.CARRIED)
        else:
            book.take_in(row, *_cost(book, row, costs))
    _write(books.values())
    return len(found)


def _open(level_ids: set[int]) -> list[Book]:
    """The books of these levels, locked in key order; begun where there is none."""
    LevelCost.objects.bulk_create(
        [LevelCost(level_id=pk) for pk in sorted(level_ids)], ignore_conflicts=True
    )
    states = list(
        LevelCost.objects.filter(level__in=level_ids).order_by("pk").select_for_update(of=("self",))
    )
    standard = dict(
        StockLevel.objects.filter(pk__in=level_ids).values_list("pk", "product__unit_cost")
    )
    books = {row.level_id: Book(row, standard[row.level_id]) for row in states}
    open_layers = CostLayer.objects.filter(level__in=level_ids, remaining__gt=0)
    for layer in open_layers.order_by("movement_id"):
        books[layer.level_id].layers.append(layer)
    return list(books.values())


def _pending(level_ids: set[int]) -> list[StockMovement]:
    rows = StockMovement.objects.filter(
        level__in=level_ids, pk__gt=F("level__cost__valued_to")
    ).order_by("pk")
    return list(rows[:MOST])


def _whole(rows: list[StockMovement]) -> list[StockMovement]:
    """Without a level's last row whose other half may be among those that were not read."""
    last = {row.level_id: row.pk for row in rows}
    return [row for row in rows if row.kind not in TURNING or row.pk != last[row.level_id]]


def _turned(rows: Sequence[StockMovement]) -> set[int]:
    """Movements that only change the condition of units: written in pairs that cancel out."""
    found: set[int] = set()
    before: dict[int, StockMovement] = {}
    for row in rows:
        one = before.get(row.level_id)
        if one and _are_pair(one, row):
            found |= {one.pk, row.pk}
            del before[row.level_id]
        else:
            before[row.level_id] = row
    return found


def _are_pair(one: StockMovement, other: StockMovement) -> bool:
    return (
        one.quantity == -other.quantity
        and one.condition != other.condition
        and one.kind == other.kind
    )


def _cost(book: Book, row: StockMovement, costs: Mapping[Cause, Value]) -> tuple[Value, str]:
    """What incoming units cost, by the best that is known."""
    if row.unit_cost is not None:
        stated = row.unit_cost * row.quantity
        return Value(stated, stated), CostBasis.STATED
    if left := costs.get(_cause(row)):
        return _times(left, row.quantity), CostBasis.ISSUED
    if mean := book.mean():
        return _times(mean[0], row.quantity), mean[1]
    return Value(), CostBasis.UNKNOWN


def _times(unit: Value, units: int) -> Value:
    return Value((unit.fifo * units).quantize(PLACES), (unit.average * units).quantize(PLACES))


def _cause(row: StockMovement) -> Cause:
    """By what the earlier leaving of incoming units is found."""
    if row.corrects_id:
        return "movement", row.corrects_id
    return "line", row.order_line_id if row.kind == MovementKind.RETURNED else None


def _left_costs(rows: Sequence[StockMovement]) -> dict[Cause, Value]:
    """What a unit cost when it left, for units that come back or whose leaving is undone."""
    causes = {_cause(row) for row in rows if row.quantity > 0}
    lines = {key for kind, key in causes if kind == "line"} - {None}
    undone = {key for kind, key in causes if kind == "movement"}
    left = CostEntry.objects.filter(quantity__lt=0).select_related("movement").order_by("pk")
    costs: dict[Cause, Value] = {}
    for some in (left.filter(movement__order_line__in=lines), left.filter(movement__in=undone)):
        for entry in some:
            if entry.movement:
                _remember(costs, entry.movement, entry)
    return costs


def _remember(costs: dict[Cause, Value], row: StockMovement, entry: CostEntry) -> None:
    units = Decimal(entry.quantity)
    unit = Value(entry.fifo_value / units, entry.average_value / units)
    costs["movement", row.pk] = unit
    if row.kind == MovementKind.ISSUED:
        costs["line", row.order_line_id] = unit


def _write(books: Iterable[Book]) -> list[CostEntry]:
    books = [book for book in books if book.entries]
    CostLayer.objects.bulk_update(
        [row for book in books for row in book.touched.values()], ["remaining", "remaining_value"]
    )
    CostLayer.objects.bulk_create([row for book in books for row in book.fresh])
    entries = CostEntry.objects.bulk_create([row for book in books for row in book.entries])
    LevelCost.objects.bulk_update([book.state for book in books], STATE)
    return entries


STATE = ["valued_to", "quantity", "fifo_value", "average_value", "last_unit_cost", "valued_at"]
