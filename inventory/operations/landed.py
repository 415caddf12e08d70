"""Freight, duty and insurance become part of what the goods cost that they brought in."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.enums import SpreadBy
from inventory.models import GoodsReceipt, LandedCost, ReceivedMovement
from inventory.operations import costing
from oms import events
from oms.errors import DomainError
from oms.money import ZERO, split


class NothingToSpread(DomainError):
    """A landed cost of nothing, or on a receipt by which no stock came or which is undone."""

    code = "nothing_to_spread"
    message = "There is nothing to spread over the units of {number}."


@dataclass(frozen=True, slots=True)
class Landed:
    """An amount in the currency of the receipt's location, and by what it is spread."""

    kind: str  # one of LandedCostKind
    amount: Decimal
    spread_by: str  # one of SpreadBy
    reference: str = ""  # the invoice; the same one twice on a receipt is one cost


@transaction.atomic
def add_landed_cost(receipt: GoodsReceipt, landed: Landed, *, by: str) -> LandedCost:
    """Spread a cost over the units of a receipt, now or long after they came.

    Spread by value, weight or quantity, to the cent by largest remainder. Units that are still
    there become dearer; the part of those that have left is an expense of today. A repeat of the
    same invoice gives the existing cost. A negative amount takes back too high an estimate; no unit
    becomes worth less than nothing by it. Raises NothingToSpread.
    """
    receipt = GoodsReceipt.objects.select_related("location").lock_one(receipt.pk)
    again = receipt.landed_costs.filter(kind=landed.kind, reference=landed.reference)
    if landed.reference and (known := again.first()):
        return known
    if receipt.undone_at:
        raise NothingToSpread(number=receipt.number)
    rows = list(
        ReceivedMovement.objects.filter(line__receipt=receipt)
        .select_related("movement__cost_entry", "line__product")
        .order_by("pk")
    )
    if not rows or not landed.amount:
        raise NothingToSpread(number=receipt.number)

    cost = LandedCost.objects.create(
        receipt=receipt,
        kind=landed.kind,
        amount=landed.amount,
        spread_by=landed.spread_by,
        reference=landed.reference,
        actor=by,
        at=timezone.now(),
    )
    costing.value_of([row.movement for row in rows])
    parts = split(landed.amount, _weights(rows, landed.spread_by), receipt.location.cost_currency)
    shares = {row.movement_id: part for row, part in zip(rows, parts, strict=True) if part}
    entries = costing.revalue(cost, shares)

    expensed = sum((entry.fifo_expensed for entry in entries), ZERO)
    events.record(
        "goods_receipt.cost_added",
        receipt,
        by=by,
        kind=landed.kind,
        amount=str(landed.amount),
        expensed=str(expensed),
    )
    return cost


def _weights(rows: Sequence[ReceivedMovement], spread_by: str) -> list[Decimal]:
    """What each movement counts; where nothing has a value or a weight, quantity decides."""
    quantities = [Decimal(row.movement.quantity) for row in rows]
    if spread_by == SpreadBy.QUANTITY:
        return quantities
    if spread_by == SpreadBy.WEIGHT:
        each = [Decimal(row.line.product.weight_g) for row in rows]
    else:
        each = [row.line.unit_cost or ZERO for row in rows]
    weights = [one * count for one, count in zip(each, quantities, strict=True)]
    return weights if any(weights) else quantities
