"""The sum by which a carrier hands remittances over: a bank line that pays no order by itself."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from oms import events
from oms.errors import DomainError
from oms.money import ZERO, plain
from orders.models import BankLine, Remittance, RemittancePayout
from orders.operations.bank_matching import decide, refuse_closed
from orders.queries.handed_over import not_handed_over


class RemittanceDiffers(DomainError):
    """What a carrier handed over is what its remittances come to."""

    code = "remittance_differs"
    message = "{names} come to {net} {currency}; of {line} {left} {own} are left."


class RemittanceNotOpen(DomainError):
    """It was not read, comes to nothing, or is on an account already."""

    code = "remittance_not_open"
    message = (
        "{names} cannot be handed over: not read yet, worth nothing, or on our account already."
    )


@transaction.atomic
def book_handed_over(
    line: BankLine, remittances: Sequence[Remittance], *, by: str
) -> list[RemittancePayout]:
    """Say that a line is the sum of these remittances, each less what its carrier kept.

    Their orders were paid parcel by parcel; this clears what the carrier owed us, and what the line
    has beyond it stays open. Locks the line, then the remittances in key order. Raises LineNotOpen,
    RemittanceNotOpen and RemittanceDiffers when they come to more than is left.
    """
    line = BankLine.objects.lock_one(line.pk)
    rows = Remittance.objects.lock(*(row.pk for row in remittances))
    names = ", ".join(row.number for row in rows)
    open_ones = set(
        not_handed_over().filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    if not rows or any(row.pk not in open_ones for row in rows):
        raise RemittanceNotOpen(names=names or "None")
    net, left = sum((row.net for row in rows), ZERO), line.amount - line.matched
    if net > left or any(row.currency != line.currency for row in rows):
        raise RemittanceDiffers(
            names=names,
            net=plain(net, rows[0].currency),
            currency=rows[0].currency,
            line=line.number,
            left=plain(max(left, ZERO), line.currency),
            own=line.currency,
        )
    refuse_closed(line, Decimal(net))

    made = [
        RemittancePayout.objects.create(line=line, remittance=row, amount=row.net, by=by)
        for row in rows
    ]
    line.matched += net
    decide(line, by=by)
    events.record(
        "bank_line.handed_over",
        line,
        by=by,
        remittances=[[row.number, plain(row.net, row.currency)] for row in rows],
    )
    return made
