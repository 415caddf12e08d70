"""Holds of orders that are being placed: what their types say of them, and whether they are tested.

Drafts are worked out in memory, so that the batch reads the types it needs in one statement.
"""

from collections.abc import Sequence
from datetime import timedelta

from orders.enums import HoldKind, ReleaseTest
from orders.models import Channel, Hold
from orders.operations import hold_rows
from orders.operations.drafts import Draft
from orders.queries.hold_types import hold_types
from orders.queries.validation import missing_parts


def type_holds(drafts: Sequence[Draft]) -> None:
    """Give holds that have none their type's row, with owner, due time and escalation."""
    new = [hold for draft in drafts for hold in draft.holds if not Hold.type.is_cached(hold)]
    types = hold_types(hold.kind for hold in new) if new else {}
    for hold in new:
        hold_rows.fill(hold, types[hold.kind])


def wait_out(channel: Channel, drafts: Sequence[Draft], *, by: str) -> None:
    """Hold orders until their buyers can no longer change their minds, where the channel says so.

    What was placed longer ago, such as an imported order, does not wait.
    """
    window = timedelta(minutes=channel.remorse_minutes)
    for draft in drafts if window else ():
        order, until = draft.order, draft.order.placed_at + window
        if until > order.created_at:
            reason = f"The buyer may change their mind until {until:%H:%M} UTC"
            hold = Hold(type_id=HoldKind.REMORSE, reason=reason, due_at=until)
            hold.placed_by, hold.placed_at = by, order.created_at
            draft.holds.append(hold)


def test_holds(draft: Draft) -> None:
    """Note which holds wait for their test: those that it would have kept.

    What asks the database is taken to fail now; the chore finds out.
    """
    for hold in draft.holds:
        if hold.type.test and not _passes(draft, hold.type.test):
            hold.failed_test_at = hold.placed_at


def _passes(draft: Draft, test: str) -> bool:
    if test == ReleaseTest.SKU_KNOWN:
        return all(line.product_id for line in draft.lines)
    if test == ReleaseTest.ADDRESS_COMPLETE:
        return not missing_parts(draft.placed.shipping_address)
    if test == ReleaseTest.PREPAID:
        return draft.money.received + draft.money.authorized >= draft.money.due
    return test == ReleaseTest.PAID and draft.money.covers_due
