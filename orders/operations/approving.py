"""What a buyer orders beyond their limit: approved or declined by their company.

The hold of its own type is the question. Approvers answer in the back office, through the API, or
by the link in the mail that `ask_approvers` sends to the company's own people.
"""

from typing import TYPE_CHECKING

from django.db import transaction

from customers import queries as customers
from oms import events
from oms.errors import DomainError
from oms.models import Event
from oms.money import plain
from orders.enums import CancelReason, HoldKind
from orders.models import DraftOrder, Hold, Order
from orders.operations import cancelling, composing, hold_rows, pipeline
from orders.operations.reordering import content_of_order
from orders.queries.approvals import Seen
from orders.queries.terms import business_of

if TYPE_CHECKING:
    from customers.models import Customer


class NothingToApprove(DomainError):
    """The order waits for no approval: somebody was faster, or it never did."""

    code = "nothing_to_approve"
    message = "Order {number} does not wait for an approval."


class ApprovalOutdated(DomainError):
    """The order is not the one that its approver looked at."""

    code = "approval_outdated"
    message = "{changed} Look at order {number} again before you decide."


@transaction.atomic
def approve(order: Order, *, by: str, note: str = "", seen: Seen | None = None) -> Order:
    """Let an order go on that is beyond its buyer's limit.

    `seen` is what the approver looked at. Raises NothingToApprove, and ApprovalOutdated, which says
    what is different, when the order has changed since.
    """
    work = pipeline.lock(order, by=by)
    hold = _waiting(work)
    if seen is not None and (changed := seen.changed(work.order)):
        raise ApprovalOutdated(number=work.order.number, changed=changed)

    hold_rows.end(work, hold, reason=f"Approved. {note}".strip()[:300])
    total = plain(work.order.total, work.order.currency)
    work.fact("order.approved", hold=hold.pk, note=note, total=total)
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)


@transaction.atomic
def decline(order: Order, *, by: str, reason: str) -> Order:
    """Cancel an order that its company does not want; the reason is kept and told.

    Raises NothingToApprove, and what cancelling refuses.
    """
    work = pipeline.lock(order, by=by)
    hold = _waiting(work)

    work.fact("order.declined", hold=hold.pk, reason=reason)
    pipeline.settle(work)
    cancelling.cancel(work.order, by=by, reason=CancelReason.CUSTOMER, note=_note(reason))
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def send_back(order: Order, *, by: str, reason: str) -> DraftOrder:
    """Cancel an order that its company does not want as it is, and open a draft with its content.

    The buyer's draft can be changed and placed again; the order stays, cancelled, with the reason.
    Raises NothingToApprove, and what cancelling refuses.
    """
    work = pipeline.lock(order, by=by)
    hold = _waiting(work)
    content = content_of_order(work.order)

    work.fact("order.declined", hold=hold.pk, reason=reason, sent_back=True)
    pipeline.settle(work)
    cancelling.cancel(work.order, by=by, reason=CancelReason.CUSTOMER, note=_note(reason))
    document, _ = composing.draft(work.order.channel, content, by=by, customer=work.order.customer)
    events.record("draft.sent_back", document, by=by, order_number=order.number, reason=reason)
    return document


@transaction.atomic
def note_refused_decision(order: Order, *, by: str, decision: str, why: DomainError) -> Event:
    """Keep that an approver decided in vain (approve, decline), and what was against it."""
    order = Order.objects.lock_one(order.pk)
    return events.record(
        "order.decision_refused", order, by=by, decision=decision, code=why.code, reason=why.detail
    )


@transaction.atomic
def ask_approvers(event: Event) -> list["Customer"]:
    """Ask the people who approve for the buyer's company, once each for a hold; returns them.

    Nobody is asked when the hold is over already, or is being lifted: the order is locked first.
    Each is told by a message of their own.
    """
    order = Order.objects.lock_one(event.subject_id)
    hold = Hold.objects.filter(pk=event.facts["hold"], order=order).first()
    if hold is None or hold.kind != HoldKind.APPROVAL or hold.lifted_at is not None:
        return []
    row = business_of(order)
    asked = customers.approvers_of(row.company if row else None)
    for approver in asked:
        events.record(
            "order.approval_asked",
            order,
            by="consumer:ask_approvers",
            approver=approver.number,
            hold=hold.pk,
        )
    return asked


def _waiting(work: pipeline.Work) -> Hold:
    for hold in work.holds:
        if hold.kind == HoldKind.APPROVAL:
            return hold
    raise NothingToApprove(number=work.order.number)


def _note(reason: str) -> str:
    return f"Declined: {reason}"[:200]
