"""Repairs of stock figures: what is a copy of a ledger is copied anew, with the reason written."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from inventory import queries
from inventory.models import StockLevel, StockSnapshot
from inventory.operations import fences
from inventory.operations.increases import record_increases
from inventory.operations.snapshots import keep_snapshots
from oms import events, words
from oms.errors import DomainError

BY = "command:check_ledgers"


class NothingToRepair(DomainError):
    """Counters and snapshots are what their ledgers add up to."""

    code = "nothing_to_repair"
    message = "Every counter of {level} is what its ledger adds up to."


class LedgerBroken(DomainError):
    """The ledgers contradict a rule of the house; somebody must look, and nothing is overwritten."""

    code = "ledger_broken"
    message = "The ledgers of {level} say {on_hand} on hand and {reserved} reserved: investigate."


@transaction.atomic
def repair(level: StockLevel, *, by: str, reason: str) -> str:
    """Set a level's counters and snapshots to what its ledgers add up to; say what was changed.

    Ledgers are never changed; fences give way where fewer units are left than they kept. Records `stock.repaired` with both figures, and `stock.increased`
    when more can be promised than before. Raises NothingToRepair or LedgerBroken and changes
    nothing.
    """
    fences.hold_wide([level.product_id], [level.pk])
    level = StockLevel.objects.select_related("product", "location").lock_one(level.pk)
    found = queries.examine([level])[0]
    before = {name: getattr(level, name) for name in found.ledger}
    changed = {
        name: (before[name], now) for name, now in found.ledger.items() if now != before[name]
    }
    _refuse(found, changed)

    available = level.available
    for name, (_, now) in changed.items():
        setattr(level, name, now)
    level.fenced = min(level.fenced, level.on_hand - level.reserved)
    level.changed_at = timezone.now()
    level.save(update_fields=[*changed, "fenced", "changed_at"])
    fences.settle([level.pk])
    snapshots = _retake(level) if found.snapshots else 0

    events.record(
        "stock.repaired",
        level,
        by=by,
        product=level.product_id,
        changed={name: list(pair) for name, pair in changed.items()},
        snapshots=snapshots,
        reason=reason,
    )
    if level.available > available:
        record_increases([level], cause="repaired", by=by)
    return _told(level, changed, snapshots)


def repair_counters() -> Iterator[str]:
    """Repair every level whose figures are not proven; one sentence each."""
    for level in queries.unproven_levels():
        try:
            yield repair(level, by=BY, reason="check_ledgers --repair")
        except DomainError as error:
            yield error.detail


def _refuse(found: queries.Examination, changed: dict[str, tuple[int, int]]) -> None:
    ledger = found.ledger
    if not changed and not found.snapshots:
        raise NothingToRepair(level=str(found.level))
    if min(ledger.values()) < 0 or ledger["reserved"] > ledger["on_hand"]:
        raise LedgerBroken(
            level=str(found.level), on_hand=ledger["on_hand"], reserved=ledger["reserved"]
        )


def _retake(level: StockLevel) -> int:
    """Throw the level's snapshots from the first wrong one on away, and take them anew."""
    first = queries.wrong_snapshots().filter(level=level).order_by("at").values_list("at")[0][0]
    rows = StockSnapshot.objects.filter(level=level, at__gte=first)
    moments = sorted(rows.values_list("at", flat=True))
    rows.delete()
    return sum(keep_snapshots([level.pk], at) for at in moments)


def _told(level: StockLevel, changed: dict[str, tuple[int, int]], snapshots: int) -> str:
    parts = [f"{name.replace('_', ' ')} {was} -> {now}" for name, (was, now) in changed.items()]
    if snapshots:
        parts.append(f"{words.count(snapshots, 'snapshot')} taken anew")
    return f"{level}: {', '.join(parts)}, as the ledger adds up."
