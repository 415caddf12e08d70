"""What people do to stock by hand: receive, adjust, set apart, restore, write off.

Every quantity is a number of units, or for tracked products `ByLot`: units by lot or serial number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from msgspec.structs import replace

from inventory.enums import MovementKind, StockCondition
from inventory.models import Location, Product, StockMovement
from inventory.operations.lots import InLot, move_by_lot
from inventory.operations.reasons import Why
from inventory.operations.stock import Change
from oms.errors import DomainError


class NothingToMove(DomainError):
    """A movement of nothing, or of less than nothing where only more makes sense."""

    code = "nothing_to_move"
    message = "Say how many units: {quantity} is no quantity to move."


@dataclass(frozen=True, slots=True)
class ByLot:
    """Units of a tracked product by the code of their lot or serial number.

    All are positive, or all negative where stock is adjusted downwards. `expires_on` is what the
    label of units that come in says.
    """

    units: Mapping[str, int]
    expires_on: date | None = None

    @property
    def total(self) -> int:
        """All units together."""
        return sum(self.units.values())


Quantity = int | ByLot


def units_in(quantity: Quantity) -> int:
    """How many units that is."""
    return quantity.total if isinstance(quantity, ByLot) else quantity


def receive(
    product: Product,
    location: Location,
    quantity: Quantity,
    *,
    by: str,
    reference: str = "",
    unit_cost: Decimal | None = None,
) -> StockMovement:
    """Take units in from a supplier; `reference` names the delivery note or purchase order.

    Returns the last movement. Raises NothingToMove, and LotMissing, LotDiffers, LotNotTracked or
    SerialElsewhere about lots, and changes nothing.
    """
    change = Change(product.pk, location.pk, 0, MovementKind.RECEIVED, reference, "", unit_cost)
    return move_by_lot(_parted(change, quantity), by=by)[-1]


def adjust(
    product: Product,
    location: Location,
    quantity: Quantity,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.AVAILABLE,
    effective_at: datetime | None = None,
) -> StockMovement:
    """Bring stock of a condition in line with the shelf by a signed quantity.

    `effective_at` says since when it is so, where that is known; the movement is dated now. Returns
    the last movement. Raises InsufficientStock, NothingToMove, ReasonMissing, UnknownReason or
    NotYetEffective, for tracked products what `move_by_lot` raises, and changes nothing.
    """
    change = _change(product, location, MovementKind.ADJUSTED, condition, why)
    parts = _parted(replace(change, effective_at=effective_at), quantity)
    return move_by_lot(parts, by=by)[-1]


def quarantine(
    product: Product, location: Location, quantity: Quantity, *, by: str, why: Why
) -> list[StockMovement]:
    """Set good units apart: they lie there still, but are no longer promised to anybody.

    Reserved units cannot be set apart. Raises InsufficientStock, NothingToMove, ReasonMissing or
    UnknownReason, for tracked products what `move_by_lot` raises, and changes nothing; so do the
    three acts below.
    """
    kind, condition = MovementKind.QUARANTINED, StockCondition.AVAILABLE
    moved = _change(product, location, kind, condition, why)
    return _convert(moved, quantity, StockCondition.QUARANTINED, by=by)


def release_from_quarantine(
    product: Product, location: Location, quantity: Quantity, *, by: str, why: Why
) -> list[StockMovement]:
    """Find quarantined units good: they are sold again, first to orders that wait."""
    kind, condition = MovementKind.RESTORED, StockCondition.QUARANTINED
    moved = _change(product, location, kind, condition, why)
    return _convert(moved, quantity, StockCondition.AVAILABLE, by=by)


def mark_damaged(
    product: Product,
    location: Location,
    quantity: Quantity,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.AVAILABLE,
) -> list[StockMovement]:
    """Find units of a condition (good ones, unless said otherwise) damaged: they are not sold."""
    moved = _change(product, location, MovementKind.DAMAGED, condition, why)
    return _convert(moved, quantity, StockCondition.DAMAGED, by=by)


def write_off(
    product: Product,
    location: Location,
    quantity: Quantity,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.DAMAGED,
) -> StockMovement:
    """Scrap units of a condition (damaged ones, unless said otherwise): they are gone for good."""
    moved = _change(product, location, MovementKind.SCRAPPED, condition, why)
    return move_by_lot(_taken(moved, quantity), by=by)[-1]


def _change(product: Product, location: Location, kind: str, condition: str, why: Why) -> Change:
    return Change(
        product.pk,
        location.pk,
        0,
        kind,
        why.reference,
        why.words,
        condition=condition,
        reason_code=why.given(),
    )


def _parted(change: Change, quantity: Quantity) -> list[InLot]:
    """The change of so many units, for each lot its own."""
    if not isinstance(quantity, ByLot):
        parts = [InLot(replace(change, quantity=quantity))]
    else:
        parts = [
            InLot(replace(change, quantity=units), code, quantity.expires_on)
            for code, units in quantity.units.items()
        ]
    signs = {(part.change.quantity > 0) - (part.change.quantity < 0) for part in parts}
    if signs not in ({1}, {-1}):
        raise NothingToMove(quantity=units_in(quantity))
    return parts


def _taken(change: Change, quantity: Quantity) -> list[InLot]:
    """So many units taken away; they are given as a positive quantity."""
    parts = _parted(change, quantity)
    if parts[0].change.quantity < 0:
        raise NothingToMove(quantity=units_in(quantity))
    return [_turned(part) for part in parts]


def _turned(part: InLot) -> InLot:
    return replace(part, change=replace(part.change, quantity=-part.change.quantity))


def _convert(moved: Change, quantity: Quantity, to: str, *, by: str) -> list[StockMovement]:
    """One condition less, another more, in one transaction and under one kind."""
    gone = _taken(moved, quantity)
    come = [
        replace(turned, change=replace(turned.change, condition=to))
        for turned in map(_turned, gone)
    ]
    parts: Sequence[InLot] = [part for pair in zip(gone, come, strict=True) for part in pair]
    return move_by_lot(parts, by=by)
