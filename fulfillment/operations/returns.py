"""The life of a return: approved or declined, waited for, given up, closed."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import RefundTiming, ReturnStatus
from fulfillment.models import Return
from fulfillment.operations import documents
from fulfillment.operations.entitlement import settle_credit
from fulfillment.operations.expecting import expect_units
from fulfillment.operations.receiving import received
from fulfillment.queries.policies import Wish, policies_for, refuse_unreturnable
from oms.counting import write_counts
from oms.errors import DomainError

EXPIRED_AT_ONCE = 200  # returns a run of the chore ends


class NothingArrived(DomainError):
    """Whoever sent nothing is not waited for by halves."""

    code = "nothing_arrived"
    message = "Nothing of {number} is here yet; decline it, or let it expire."


class NotInspected(DomainError):
    """Units whose credit depends on an inspection wait for it."""

    code = "not_inspected"
    message = "{number} has {units:quarantined unit} to inspect first."


@transaction.atomic
def approve(document: Return, *, by: str) -> Return:
    """Let the buyer send the goods; what is credited on approval is credited. Raises IllegalMove."""
    document = documents.lock(document)
    _refuse_from(document, ReturnStatus.REQUESTED)

    return _wait(document, by=by)


@transaction.atomic
def decline(document: Return, *, by: str, reason: str) -> Return:
    """Refuse the return; the buyer is told the reason.

    Raises IllegalMove once goods are here, and for a parcel that the carrier brings back.
    """
    document = documents.lock(document)
    _refuse_arrived(document, ReturnStatus.DECLINED)

    document.decline_reason = reason
    document.save(update_fields=["decline_reason"])
    return _end(document, ReturnStatus.DECLINED, by=by, reason=reason)


@transaction.atomic
def withdraw(document: Return, *, by: str) -> Return:
    """The buyer keeps the goods after all.

    Raises IllegalMove once any of them are here, and for a parcel that the carrier brings back.
    """
    document = documents.lock(document)
    _refuse_arrived(document, ReturnStatus.WITHDRAWN)

    return _end(document, ReturnStatus.WITHDRAWN, by=by)


@transaction.atomic
def reopen(document: Return, *, by: str, reason: str) -> Return:
    """Wait again for a return that had expired: the goods come after all.

    Raises IllegalMove, and NotReturnable when its units came back by another return meanwhile.
    """
    document = documents.lock(document)
    _refuse_from(document, ReturnStatus.EXPIRED)
    lines = {line.pk: line for line in document.order.lines.all()}
    refuse_unreturnable(
        lines,
        {row.order_line_id: Wish(row.quantity, row.reason_id) for row in document.lines.all()},
    )

    return _wait(document, by=by, reason=reason)


@transaction.atomic
def give_up_rest(document: Return, *, by: str, reason: str) -> Return:
    """Wait no more for units that never came; what is here counts, and the return is received.

    What was credited for the rest on approval is charged again. The units can be asked back anew.
    Raises IllegalMove, and NothingArrived for a return of which nothing is here.
    """
    document = documents.lock(document)
    documents.refuse_move(document, ReturnStatus.RECEIVED)
    lines = documents.return_lines(document)
    if not any(line.received for line in lines.values()):
        raise NothingArrived(number=document.number)

    missing = sum(line.missing for line in lines.values())
    for line in lines.values():
        line.given_up += line.missing
    write_counts(lines.values(), "given_up")
    facts = {**received(document, lines), "given_up": missing}
    documents.move(document, ReturnStatus.RECEIVED, by=by, reason=reason, **facts)
    settle_credit(document, lines.values(), by=by)
    expect_units(document, by=by)
    return document


@transaction.atomic
def close(document: Return, *, by: str) -> Return:
    """End a received return. Raises IllegalMove, and NotInspected while a credit waits for it."""
    document = documents.lock(document)
    documents.refuse_move(document, ReturnStatus.CLOSED)
    refuse_uninspected(document)

    documents.move(document, ReturnStatus.CLOSED, by=by)
    return document


def refuse_uninspected(document: Return) -> None:
    """Raise NotInspected while units are here whose credit depends on an inspection."""
    waiting = sum(
        line.to_inspect
        for line in document.lines.all()
        if line.refund_on == RefundTiming.INSPECTION
    )
    if waiting:
        raise NotInspected(number=document.number, units=waiting)


def expire_due() -> int:
    """End approved returns whose time is over; returns how many.

    Those that nobody sent expire; of those that came in part, the rest is given up. What carriers
    bring back is waited for: it is not with the buyer, and somebody decides about it.
    """
    due = Return.objects.filter(
        status=ReturnStatus.APPROVED, expires_at__lt=timezone.now(), origin_return=None
    ).select_related("order")
    rows = list(due.order_by("expires_at")[:EXPIRED_AT_ONCE])
    for document in rows:
        _expire(document, by="chore:expire_returns")
    return len(rows)


@transaction.atomic
def _expire(document: Return, *, by: str) -> None:
    document = documents.lock(document)
    over = document.expires_at is not None and document.expires_at < timezone.now()
    if document.status != ReturnStatus.APPROVED or not over:
        return  # somebody received or reopened it meanwhile
    if any(line.received for line in document.lines.all()):
        give_up_rest(document, by=by, reason="The rest did not come in time")
    else:
        _end(document, ReturnStatus.EXPIRED, by=by)


def _end(document: Return, to: ReturnStatus, *, by: str, reason: str = "") -> Return:
    """End a return of which nothing is here; what was credited on approval is charged again."""
    documents.move(document, to, by=by, reason=reason, **({"why": reason} if reason else {}))
    settle_credit(document, documents.return_lines(document).values(), by=by)
    expect_units(document, by=by)
    return document


def _refuse_arrived(document: Return, to: ReturnStatus) -> None:
    documents.refuse_move(document, to)
    if any(line.received for line in document.lines.all()):
        raise documents.IllegalMove(number=document.number, status="partly received", to=to)
    if hasattr(document, "origin_return"):
        raise documents.IllegalMove(
            number=document.number, status="brought back by its carrier", to=to
        )


def _refuse_from(document: Return, status: ReturnStatus) -> None:
    """Requested ones are approved, expired ones reopened."""
    if document.status != status:
        raise documents.IllegalMove(
            number=document.number, status=document.status, to=ReturnStatus.APPROVED
        )


def _wait(document: Return, *, by: str, reason: str = "") -> Return:
    """From now on for as many days as the most patient policy of its lines says."""
    lines = [row.order_line for row in document.lines.select_related("order_line__product")]
    days = max(row.expires_days for row in policies_for(document.order, lines).values())
    document.expires_at = timezone.now() + timedelta(days=days)
    document.ended_at = None
    document.save(update_fields=["expires_at", "ended_at"])
    documents.move(document, ReturnStatus.APPROVED, by=by, reason=reason)
    settle_credit(document, documents.return_lines(document).values(), by=by)
    expect_units(document, by=by)
    return document
