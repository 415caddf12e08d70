"""Undoing what was wrong: a movement's opposite, which refers to it."""

from django.db import transaction

from inventory.enums import MovementKind
from inventory.models import StockLevel, StockMovement
from inventory.operations import fences
from inventory.operations.reasons import Why
from inventory.operations.stock import Change, move
from inventory.queries.corrections import why_not
from oms import events
from oms.errors import DomainError


class NotCorrectable(DomainError):
    """The movement is corrected already, or a document stands behind it."""

    code = "not_correctable"
    message = "This movement cannot be undone here: {why}."


@transaction.atomic
def correct(movement: StockMovement, *, by: str, why: Why) -> list[StockMovement]:
    """Undo a wrong movement by its opposite, once; both legs where units changed their condition.

    The correction is dated now and effective since the movement: figures as they were then known
    stay as they were. Records `stock.corrected`. Raises NotCorrectable, ReasonMissing,
    UnknownReason, or InsufficientStock where the units are gone meanwhile, and changes nothing.
    """
    fences.hold_wide([movement.level.product_id], [movement.level_id])
    level = StockLevel.objects.lock_one(movement.level_id)
    legs = _legs(movement)
    _refuse(legs)

    corrections = move([_opposite(level, leg, why) for leg in legs], by=by)
    events.record(
        "stock.corrected",
        level,
        by=by,
        product=level.product_id,
        movements=[leg.pk for leg in legs],
        corrections=[row.pk for row in corrections],
        reason=why.code,
    )
    return corrections


def _legs(movement: StockMovement) -> list[StockMovement]:
    """The movement, and the one written with it when its units changed their condition."""
    twins = StockMovement.objects.filter(
        level=movement.level_id,
        kind=movement.kind,
        at=movement.at,
        quantity=-movement.quantity,
        reference=movement.reference,
        lot=movement.lot_id,
    ).exclude(condition=movement.condition)
    nearest = sorted(twins, key=lambda twin: abs(twin.pk - movement.pk))
    return sorted([movement, *nearest[:1]], key=lambda leg: leg.pk)


def _refuse(legs: list[StockMovement]) -> None:
    for leg in legs:
        if why := why_not(leg):
            raise NotCorrectable(why=why)


def _opposite(level: StockLevel, leg: StockMovement, why: Why) -> Change:
    return Change(
        level.product_id,
        level.location_id,
        -leg.quantity,
        MovementKind.CORRECTED,
        leg.reference,
        why.words,
        leg.unit_cost,
        condition=leg.condition,
        reason_code=why.given(),
        effective_at=leg.effective_at or leg.at,
        corrects_id=leg.pk,
        lot_id=leg.lot_id,
    )
