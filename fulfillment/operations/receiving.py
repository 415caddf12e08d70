"""Receiving returned goods: an outcome for each unit, and a second look at what was set apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import transaction

from fulfillment.enums import Outcome, ReturnStatus
from fulfillment.models import Return, ReturnLine
from fulfillment.operations import documents, lots, parcel_lots
from fulfillment.operations.entitlement import settle_credit
from fulfillment.operations.expecting import expect_units
from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import MovementKind, StockCondition, Tracking
from inventory.operations import Units
from oms import events
from oms.counting import write_counts
from oms.errors import DomainError
from orders import operations as orders

if TYPE_CHECKING:
    from orders.models import OrderLine

REASON = "returned"  # code of the reason on movements that write returned units off
COMES_BACK = {  # outcome -> the condition in which its units are booked in
    Outcome.RESTOCK: StockCondition.AVAILABLE,
    Outcome.QUARANTINE: StockCondition.QUARANTINED,
    Outcome.SCRAP: StockCondition.DAMAGED,
}

Named = Mapping[tuple[int, str], Sequence[tuple[str, int]]]  # return line id, outcome -> lots
NOTHING: Named = MappingProxyType({})


class WrongOutcome(DomainError):
    """An outcome for more units than were announced and are still missing."""

    code = "wrong_outcome"
    message = "{number} waits for only {missing:unit} of {sku}."


class NothingToInspect(DomainError):
    """Fewer quarantined units of the line wait for a look."""

    code = "nothing_to_inspect"
    message = "{number} has only {waiting:unit} of {sku} to inspect."


@transaction.atomic
def receive(
    document: Return,
    *,
    by: str,
    outcomes: Mapping[int, Mapping[str, int]],
    named: Named = NOTHING,
) -> Return:
    """Give received units (by return line id) their outcome, and credit what is due by now.

    *Restock* makes them sellable; *quarantine* sets them apart until somebody has looked; *scrap*
    books them in as damaged and writes them off at once, so that both facts show; what is *sent
    back* to the sender moves no stock and is not credited. When no announced unit is missing the
    return is received. Raises WrongOutcome and changes nothing.

    `named` gives lots or serial numbers by return line and outcome; they are needed where the
    customer has units of several. Raises LotMissing and LotNotHere.
    """
    document = documents.lock(document)
    documents.refuse_move(document, ReturnStatus.RECEIVED)
    return take_in(document, by=by, outcomes=outcomes, named=named)


def take_in(
    document: Return,
    *,
    by: str,
    outcomes: Mapping[int, Mapping[str, int]],
    named: Named = NOTHING,
) -> Return:
    """As `receive`, for a return that is locked and may take goods in."""
    orders.lock_credit_of([document.order])
    lines = documents.return_lines(document)
    _count(document, lines, outcomes)

    write_counts(lines.values(), "waived", *ReturnLine.OUTCOME_FIELDS.values())
    if changes := _changes(document, lines, outcomes, named):
        inventory.move(changes, by=by)
        parcel_lots.come_back(_by_lot(changes))
    if units := _returned(document, lines, outcomes):
        orders.record_return(document.order, by=by, units=units, reference=document.number)
    if document.status != ReturnStatus.APPROVED or any(line.missing for line in lines.values()):
        events.record(
            "return.partially_received",
            document,
            by=by,
            **documents.about(document.order),
            **received(document, lines),
        )
    else:
        documents.move(document, ReturnStatus.RECEIVED, by=by, **received(document, lines))
    settle_credit(document, lines.values(), by=by)
    expect_units(document, by=by)
    return document


@transaction.atomic
def inspect(
    document: Return, *, by: str, accepted: Mapping[int, int], refused: Mapping[int, int], note: str
) -> Return:
    """Say of quarantined units (by return line id) whether they are credited.

    Their stock stays in quarantine; releasing or scrapping it is an act of the stock level. What
    is refused was not in the condition that the policy asks for; where it was credited before, it
    is charged again. Raises NothingToInspect, and IllegalMove once the return is closed.
    """
    document = documents.lock(document)
    if document.status == ReturnStatus.CLOSED:
        raise documents.IllegalMove(
            number=document.number, status=document.status, to=ReturnStatus.RECEIVED
        )
    lines = documents.return_lines(document)
    _inspect(document, lines, accepted, "accepted")
    _inspect(document, lines, refused, "refused")
    if not any((*accepted.values(), *refused.values())):
        raise NothingToInspect(number=document.number, waiting=0, sku="nothing")

    write_counts(lines.values(), "accepted", "refused")
    events.record(
        "return.inspected",
        document,
        by=by,
        **documents.about(document.order),
        accepted=sum(accepted.values()),
        refused=sum(refused.values()),
        note=note,
    )
    settle_credit(document, lines.values(), by=by)
    return document


def received(document: Return, lines: Mapping[int, ReturnLine]) -> dict[str, Any]:
    """What the events of a receipt say: all units of the return that are here and were kept."""
    return {
        "location": document.location_id,
        "lines": [
            [line.order_line_id, line.order_line.product_id, line.kept]
            for line in lines.values()
            if line.kept
        ],
    }


def _inspect(
    document: Return, lines: Mapping[int, ReturnLine], units: Mapping[int, int], verdict: str
) -> None:
    for pk, quantity in units.items():
        line = lines.get(pk)
        waiting = line.to_inspect if line else 0
        if line is None or not 0 <= quantity <= waiting:
            sku = line.order_line.sku if line else f"line {pk}"
            raise NothingToInspect(number=document.number, waiting=waiting, sku=sku)
        setattr(line, verdict, getattr(line, verdict) + quantity)


def _count(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
) -> None:
    total = 0
    for pk, split in outcomes.items():
        line = lines.get(pk)
        units = sum(split.values())
        missing = line.missing + line.waived if line else 0
        if line is None or units > missing or any(quantity < 0 for quantity in split.values()):
            sku = line.order_line.sku if line else f"line {pk}"
            raise WrongOutcome(number=document.number, missing=missing, sku=sku)
        for outcome, quantity in split.items():
            name = ReturnLine.OUTCOME_FIELDS[Outcome(outcome)]
            setattr(line, name, getattr(line, name) + quantity)
        _turn_up(document, line, split)
        total += units
    if not total:
        raise WrongOutcome(number=document.number, missing=0, sku="nothing")


def _turn_up(document: Return, line: ReturnLine, split: Mapping[str, int]) -> None:
    """Units that nobody waited for came after all: credited once, and not sent back once more."""
    extra = -line.missing
    if extra > 0:
        if split.get(Outcome.SEND_BACK, 0):
            sku = line.order_line.sku
            raise WrongOutcome(number=document.number, missing=0, sku=f"{sku} to send back")
        line.waived -= extra


def _changes(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
    named: Named,
) -> list[inventory.Change]:
    changes = []
    for pk, split in outcomes.items():
        line = lines[pk].order_line
        tracked = line.product is not None and line.product.tracking != Tracking.NONE
        left = stock.shipped_lots(line.pk) if tracked else {}
        for outcome, quantity in split.items():
            if not quantity or outcome == Outcome.SEND_BACK:
                continue
            for lot, units in lots.came_back(line, quantity, named.get((pk, outcome), ()), left):
                changes += _coming_back(document, line, Outcome(outcome), units, lot)
    return changes


def _by_lot(changes: Sequence[inventory.Change]) -> dict[tuple[int, int], int]:
    """Units that came in, by order line id and lot id."""
    units: Counter[tuple[int, int]] = Counter()
    for change in changes:
        if change.lot_id and change.order_line_id and change.kind == MovementKind.RETURNED:
            units[change.order_line_id, change.lot_id] += change.quantity
    return units


def _coming_back(
    document: Return, line: "OrderLine", outcome: Outcome, units: int, lot: int | None
) -> list[inventory.Change]:
    kinds = [(MovementKind.RETURNED, units)]
    if outcome == Outcome.SCRAP:
        kinds.append((MovementKind.SCRAPPED, -units))
    return [
        inventory.Change(
            line.product_id,  # type: ignore[arg-type]  # what was shipped has one
            document.location_id,
            signed,
            kind,
            document.number,
            f"Returned: {outcome}",
            None,
            line.pk,
            COMES_BACK[outcome],
            REASON,
            lot_id=lot,
        )
        for kind, signed in kinds
    ]


def _returned(
    document: Return,
    lines: Mapping[int, ReturnLine],
    outcomes: Mapping[int, Mapping[str, int]],
) -> list[Units]:
    units = []
    for pk, split in outcomes.items():
        quantity = sum(units for name, units in split.items() if name != Outcome.SEND_BACK)
        if quantity:
            units.append(Units(lines[pk].order_line_id, document.location_id, quantity))
    return units
