"""Deciding about differences, and posting them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from inventory.enums import CountLineState, CountStatus, MovementKind
from inventory.models import Count, CountEntry, CountLine, StockLevel
from inventory.operations.counts import documents
from inventory.operations.counts.planning import next_turns
from inventory.operations.stock import Change, move
from oms import events
from oms.errors import DomainError

UNDECIDED = {CountLineState.TO_COUNT, CountLineState.TO_RECOUNT, CountLineState.TO_APPROVE}
SETTLED = {CountLineState.MATCHED, CountLineState.KEPT, CountLineState.POSTED}
SHOWN = 5  # SKUs that a refusal names


class NotDecided(DomainError):
    """A line was chosen that cannot be decided so, or one waits for a decision."""

    code = "not_decided"
    message = "Lines of {number} that wait for a count or a decision: {lines}."


class OwnCount(DomainError):
    """Who counted a difference does not approve it."""

    code = "own_count"
    message = "You counted {sku} yourself; somebody else has to approve it."


class StillReserved(DomainError):
    """Units are missing that orders were promised."""

    code = "still_reserved"
    message = (
        "{number}: units of {skus} are missing that orders have reserved. "
        "Recall or re-route those orders, then post again."
    )


@transaction.atomic
def approve_lines(count: Count, *, by: str, lines: Iterable[int], reason: str = "") -> Count:
    """Believe these differences (by line id), so that posting writes them into the ledger.

    Raises OwnCount when the approver counted one of them last, NotDecided for a line that waits
    for no approval, and WrongCountStatus; changes nothing then.
    """
    count, chosen = _chosen(count, lines, CountLineState.TO_APPROVE)
    last = CountEntry.objects.filter(line__in=chosen, by=by, round=F("line__round"))
    if entry := last.select_related("line__level__product").first():
        raise OwnCount(sku=entry.line.level.product.sku)

    _decide(count, chosen, CountLineState.APPROVED, reason, by)
    return count


@transaction.atomic
def keep_lines(count: Count, *, by: str, lines: Iterable[int], reason: str) -> Count:
    """Let the book figure of these lines stand, and say why; nothing is posted for them.

    Raises NotDecided and WrongCountStatus.
    """
    count, chosen = _chosen(count, lines, CountLineState.TO_APPROVE, CountLineState.APPROVED)

    _decide(count, chosen, CountLineState.KEPT, reason, by)
    return count


@transaction.atomic
def count_again(count: Count, *, by: str, lines: Iterable[int], reason: str = "") -> Count:
    """Send these lines back to be counted once more, by somebody who has not counted them.

    Raises NotDecided and WrongCountStatus.
    """
    count, chosen = _chosen(count, lines, CountLineState.TO_APPROVE, CountLineState.APPROVED)

    for line in chosen:
        line.round += 1
    CountLine.objects.bulk_update(chosen, ["round"])
    _decide(count, chosen, CountLineState.TO_RECOUNT, reason, by)
    documents.move(count, CountStatus.RECOUNT, by=by, reason=reason, lines=len(chosen))
    return count


@transaction.atomic
def post_count(count: Count, *, by: str) -> Count:
    """Write the approved differences into the ledger as counted movements.

    A difference is what was found beyond the book in the moment of counting; it is added to what
    the book says now, so that stock which moved in between stays moved. Units that orders have
    reserved cannot be taken away: such lines wait, the others are posted, and the count ends when
    none is left. Raises StillReserved when none could be posted, NotDecided, WrongCountStatus.
    """
    count = documents.lock(count)
    documents.refuse_unless(count, CountStatus.TO_APPROVE)
    lines = documents.lines_of(count)
    if undecided := sum(line.state in UNDECIDED for line in lines):
        raise NotDecided(number=count.number, lines=undecided)
    approved = [line for line in lines if line.state == CountLineState.APPROVED]
    possible = _possible(approved)
    if approved and not possible:
        raise StillReserved(number=count.number, skus=_skus(approved))

    move([_change(count, line) for line in possible], by=by)
    count.lines.filter(pk__in=[line.pk for line in possible]).update(state=CountLineState.POSTED)
    _settle(count, possible, waiting=len(approved) - len(possible), by=by)
    return count


def _possible(lines: Sequence[CountLine]) -> list[CountLine]:
    """The lines whose missing units are free, on locked levels."""
    rows = StockLevel.objects.lock(*(line.level_id for line in lines))
    free = {level.pk: level.on_hand - level.reserved for level in rows}
    possible = []
    for line in sorted(lines, key=lambda line: -(line.difference or 0)):  # what was found first
        if free[line.level_id] + (line.difference or 0) >= 0:
            free[line.level_id] += line.difference or 0
            possible.append(line)
    return sorted(possible, key=lambda line: line.position)


def _change(count: Count, line: CountLine) -> Change:
    reason = f"Counted {line.counted}, book {line.expected}"
    return Change(
        line.level.product_id,
        count.location_id,
        line.difference or 0,
        MovementKind.COUNTED,
        count.number,
        f"{reason}: {line.decision}"[:200] if line.decision else reason,
        line.unit_cost,
        lot_id=line.lot_id,
    )


def _settle(count: Count, posted: Sequence[CountLine], *, waiting: int, by: str) -> None:
    facts: dict[str, Any] = {
        "lines": len(posted),
        "found": sum(max(line.difference or 0, 0) for line in posted),
        "missing": sum(max(-(line.difference or 0), 0) for line in posted),
        "value": str(sum(line.value or 0 for line in posted)),
    }
    if waiting:
        events.record("count.partly_posted", count, by=by, waiting=waiting, **facts)
        return
    next_turns(count)
    documents.move(count, CountStatus.POSTED, by=by, **facts)


def _chosen(count: Count, lines: Iterable[int], *states: str) -> tuple[Count, list[CountLine]]:
    count = documents.lock(count)
    documents.refuse_unless(count, CountStatus.TO_APPROVE)
    wanted = set(lines)
    chosen = list(count.lines.filter(pk__in=wanted, state__in=states).order_by("pk"))
    if not wanted or len(chosen) != len(wanted):
        raise NotDecided(number=count.number, lines=len(wanted) - len(chosen))
    return count, chosen


def _decide(count: Count, lines: Sequence[CountLine], state: str, reason: str, by: str) -> None:
    for line in lines:
        line.state, line.decided_by, line.decision = state, by, reason
    CountLine.objects.bulk_update(lines, ["state", "decided_by", "decision"])
    positions = [line.position for line in lines]
    events.record(f"count.lines_{state}", count, by=by, lines=positions, reason=reason)


def _skus(lines: Sequence[CountLine]) -> str:
    shown = ", ".join(line.level.product.sku for line in lines[:SHOWN])
    return shown if len(lines) <= SHOWN else f"{shown} and {len(lines) - SHOWN} more"
