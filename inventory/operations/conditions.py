"""What people do to stock by hand: adjust, set apart, restore, write off."""

from dataclasses import replace
from datetime import datetime

from inventory.enums import MovementKind, StockCondition
from inventory.models import Location, Product, StockMovement
from inventory.operations.reasons import Why
from inventory.operations.stock import Change, move
from oms.errors import DomainError


class NothingToMove(DomainError):
    """A movement of nothing, or of less than nothing where only more makes sense."""

    code = "nothing_to_move"
    message = "Say how many units: {quantity} is no quantity to move."


def adjust(
    product: Product,
    location: Location,
    quantity: int,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.AVAILABLE,
    effective_at: datetime | None = None,
) -> StockMovement:
    """Bring stock of a condition in line with the shelf by a signed quantity.

    `effective_at` says since when it is so, where that is known; the movement is dated now. Raises
    InsufficientStock, NothingToMove, ReasonMissing, UnknownReason or NotYetEffective and changes
    nothing.
    """
    if not quantity:
        raise NothingToMove(quantity=quantity)
    change = _change(product, location, quantity, MovementKind.ADJUSTED, condition, why)
    return move([replace(change, effective_at=effective_at)], by=by)[0]


def quarantine(
    product: Product, location: Location, quantity: int, *, by: str, why: Why
) -> list[StockMovement]:
    """Set good units apart: they lie there still, but are no longer promised to anybody.

    Reserved units cannot be set apart. Raises InsufficientStock, NothingToMove, ReasonMissing or
    UnknownReason and changes nothing; so do the three acts below.
    """
    kind, condition = MovementKind.QUARANTINED, StockCondition.AVAILABLE
    moved = _change(product, location, quantity, kind, condition, why)
    return _convert(moved, StockCondition.QUARANTINED, by=by)


def release_from_quarantine(
    product: Product, location: Location, quantity: int, *, by: str, why: Why
) -> list[StockMovement]:
    """Find quarantined units good: they are sold again, first to orders that wait."""
    kind, condition = MovementKind.RESTORED, StockCondition.QUARANTINED
    moved = _change(product, location, quantity, kind, condition, why)
    return _convert(moved, StockCondition.AVAILABLE, by=by)


def mark_damaged(
    product: Product,
    location: Location,
    quantity: int,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.AVAILABLE,
) -> list[StockMovement]:
    """Find units of a condition (good ones, unless said otherwise) damaged: they are not sold."""
    moved = _change(product, location, quantity, MovementKind.DAMAGED, condition, why)
    return _convert(moved, StockCondition.DAMAGED, by=by)


def write_off(
    product: Product,
    location: Location,
    quantity: int,
    *,
    by: str,
    why: Why,
    condition: str = StockCondition.DAMAGED,
) -> StockMovement:
    """Scrap units of a condition (damaged ones, unless said otherwise): they are gone for good."""
    if quantity <= 0:
        raise NothingToMove(quantity=quantity)
    change = _change(product, location, -quantity, MovementKind.SCRAPPED, condition, why)
    return move([change], by=by)[0]


def _change(
    product: Product, location: Location, quantity: int, kind: str, condition: str, why: Why
) -> Change:
    return Change(
        product.pk,
        location.pk,
        quantity,
        kind,
        why.reference,
        why.words,
        condition=condition,
        reason_code=why.given(),
    )


def _convert(moved: Change, to: str, *, by: str) -> list[StockMovement]:
    """One condition less, another more, in one transaction and under one kind."""
    if moved.quantity <= 0:
        raise NothingToMove(quantity=moved.quantity)
    return move([replace(moved, quantity=-moved.quantity), replace(moved, condition=to)], by=by)
