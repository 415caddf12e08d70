"""Movements that outside systems report, each once: told again by their reference, known again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from inventory.models import Location, Product, StockMovement
from inventory.operations.lots import InLot, move_by_lot
from oms import once
from oms.errors import DomainError


class MovementReused(DomainError):
    """The reference moved another quantity before."""

    code = "reference_reused"
    message = (
        "Reference {reference} has moved {known} of {sku} at {location} already, not {quantity}. "
        "Another movement needs another reference."
    )


class Identity(NamedTuple):
    """What two movements have in common when one is the other told again."""

    reference: str
    product: int
    location: int
    reason: str
    kind: str
    condition: str
    lot: str


class Told(NamedTuple):
    """A movement that was told, and whether it was made now."""

    row: StockMovement
    is_new: bool


@transaction.atomic
def move_once(wanted: Sequence[InLot], *, by: str) -> list[Told]:
    """Move stock by lot, except what the same references moved before; one result each.

    A repeat has the reference, product, location, reason, kind, condition and lot of an earlier
    movement, and its quantity; it gives that movement. Calls that tell the same at once wait for
    each other. Raises MovementReused for another quantity, and what `move_by_lot` raises; nothing is
    changed then.
    """
    _take_turns(map(_identity, wanted))
    known = _known(wanted)
    _refuse_others(wanted, known)
    fresh = [one for one in wanted if not known[_identity(one)]]
    moved = iter(move_by_lot(fresh, by=by)) if fresh else iter(())
    return [
        Told(known[_identity(one)].pop(_same(known[_identity(one)], one)), is_new=False)
        if known[_identity(one)]
        else Told(next(moved), is_new=True)
        for one in wanted
    ]


def _identity(one: InLot) -> Identity:
    change = one.change
    return Identity(
        change.reference,
        change.product_id,
        change.location_id,
        change.reason,
        str(change.kind),
        str(change.condition),
        one.code,
    )


def _take_turns(identities: Iterable[Identity]) -> None:
    """Whoever tells the same movement in another transaction waits for the end of this one."""
    once.use_all(uuid5(NAMESPACE_URL, repr(tuple(one))).hex for one in identities)


def _known(wanted: Sequence[InLot]) -> dict[Identity, list[StockMovement]]:
    identities = {_identity(one) for one in wanted}
    rows = StockMovement.objects.filter(
        reference__in={one.reference for one in identities},
        level__product__in={one.product for one in identities},
        corrects=None,
    )
    found: dict[Identity, list[StockMovement]] = defaultdict(list)
    for row in rows.select_related("level", "lot").order_by("pk"):
        level, lot = row.level, row.lot.code if row.lot else ""
        key = Identity(
            row.reference,
            level.product_id,
            level.location_id,
            row.reason,
            row.kind,
            row.condition,
            lot,
        )
        if key in identities:
            found[key].append(row)
    return found


def _refuse_others(
    wanted: Sequence[InLot], known: Mapping[Identity, Sequence[StockMovement]]
) -> None:
    told: dict[Identity, list[int]] = defaultdict(list)
    for one in wanted:
        told[_identity(one)].append(one.change.quantity)
    for identity, quantities in told.items():
        rows = [row.quantity for row in known.get(identity, ())]
        if rows and Counter(rows) != Counter(quantities):
            raise MovementReused(
                reference=identity.reference,
                known=sum(rows),
                quantity=sum(quantities),
                sku=Product.objects.values_list("sku", flat=True).get(pk=identity.product),
                location=Location.objects.values_list("code", flat=True).get(pk=identity.location),
            )


def _same(rows: Sequence[StockMovement], one: InLot) -> int:
    return [row.quantity for row in rows].index(one.change.quantity)
