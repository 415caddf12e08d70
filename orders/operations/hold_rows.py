"""Beginning and ending holds of an order that the caller has locked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orders.enums import ReleaseTest
from orders.models import Hold, HoldType
from orders.queries.hold_tests import Standing, Verdict, judge

if TYPE_CHECKING:
    from orders.operations.pipeline import Work


def fill(hold: Hold, kind: HoldType) -> Hold:
    """Give a new hold what its type says of owner, due time and escalation, unless it says so."""
    hold.type = kind
    hold.owner = hold.owner or kind.owner
    hold.due_at = hold.due_at or kind.due_from(hold.placed_at)
    hold.escalate_at = kind.escalates_from(hold.due_at)
    return hold


def begin(work: "Work", hold: Hold) -> Hold:
    """Write a new hold of a locked order and remember the event.

    A test may lift only what it would have kept: a hold that was placed although its test passes
    is somebody's decision, and stays until somebody lifts it.
    """
    hold.order, hold.placed_by, hold.placed_at = work.order, work.by, work.now
    fill(hold, hold.type)
    if hold.type.test and not judge(hold, _standing(work)).passed:
        hold.failed_test_at = work.now
    hold.save()
    work.reload_holds()
    work.fact("order.held", hold=hold.pk, kind=hold.kind, reason=hold.reason)
    return hold


def end(work: "Work", hold: Hold, *, reason: str) -> None:
    """Mark a hold of a locked order as lifted and remember the event."""
    _end(work, hold, by=work.by, reason=reason)
    work.fact("order.hold_lifted", hold=hold.pk, kind=hold.kind, reason=reason)


def lift_passed(work: "Work") -> list[Hold]:
    """End the open holds whose tests, having failed, now pass; the event says what each saw."""
    lifted = []
    for hold, verdict in _judged(work, list(work.holds)):
        if hold.failed_test_at is None:
            if not verdict.passed:
                hold.failed_test_at = work.now
                hold.save(update_fields=["failed_test_at"])
        elif verdict.passed:
            reason = f"{ReleaseTest(hold.type.test).label}: {verdict.said}"[:300]
            _end(work, hold, by=f"hold-test:{hold.kind}", reason=reason)
            work.fact(
                "order.hold_lifted",
                hold=hold.pk,
                kind=hold.kind,
                reason=reason,
                test=hold.type.test,
                saw=verdict.saw,
            )
            lifted.append(hold)
    return lifted


def _judged(work: "Work", holds: Iterable[Hold]) -> Iterable[tuple[Hold, Verdict]]:
    standing = _standing(work)
    return ((hold, judge(hold, standing)) for hold in holds if hold.type.test)


def _standing(work: "Work") -> Standing:
    return Standing(work.order, work.lines, work.money, work.now)


def _end(work: "Work", hold: Hold, *, by: str, reason: str) -> None:
    hold.lifted_by, hold.lifted_at, hold.lift_reason = by, work.now, reason
    hold.claimed_by, hold.claimed_at = "", None
    hold.save(update_fields=["lifted_by", "lifted_at", "lift_reason", "claimed_by", "claimed_at"])
    work.reload_holds()
