"""What a person may ask for: everything held on them, and its erasure. Each request has a clock."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from compliance.enums import PrivacyRequestKind
from compliance.models import PrivacyRequest
from compliance.queries.privacy import (
    MONTHS_IF_COMPLEX,
    due_on,
    everything_on,
    numbers_of,
    same_person,
)
from compliance.queries.retention import expired_subjects
from customers import operations as customers
from customers.models import DataSubject, Disclosure
from oms import events, idempotency
from oms.errors import DomainError
from orders import operations as orders


class RequestDone(DomainError):
    """An answered request has no clock any more."""

    code = "privacy_request_done"
    message = "This request was answered on {day}."


class TooLateToExtend(DomainError):
    """The person must be told of a delay within the first month."""

    code = "too_late_to_extend"
    message = "The first month ended on {day}; the time can no longer be extended."


@transaction.atomic
def open_request(
    subject: DataSubject,
    *,
    by: str,
    kind: PrivacyRequestKind,
    reason: str = "",
    received_on: date | None = None,
) -> PrivacyRequest:
    """Write down what a person asked for; the clock runs from the day it was received.

    A request of the same kind that is still open is returned instead of a second one.
    """
    now = timezone.now()
    DataSubject.objects.lock_one(subject.pk)
    waiting = PrivacyRequest.objects.filter(subject=subject, kind=kind, done_at=None).first()
    if waiting is not None:
        return waiting

    received_at = now if received_on is None else datetime.combine(received_on, time.min, UTC)
    request = PrivacyRequest.objects.create(
        subject=subject,
        kind=kind,
        reason=reason,
        requested_by=by,
        requested_at=received_at,
        due_on=due_on(received_at.date()),
    )
    due = request.due_on.isoformat()
    events.record("privacy.requested", request, by=by, kind=str(kind), due_on=due)
    return request


@transaction.atomic
def extend_request(request: PrivacyRequest, *, by: str, reason: str) -> PrivacyRequest:
    """Give a complex request two more months; the person is to be told now, with the reason.

    Raises RequestDone, and TooLateToExtend after the first month. Extending twice changes nothing.
    """
    today = timezone.now().date()
    request = PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    _check_is_open(request)
    received = request.requested_at.date()
    first_month = due_on(received)
    if request.due_on > first_month:
        return request
    if today > request.due_on:
        raise TooLateToExtend(day=request.due_on.isoformat())

    request.due_on = due_on(received, months=MONTHS_IF_COMPLEX)
    request.save(update_fields=["due_on"])
    due = request.due_on.isoformat()
    events.record("privacy.extended", request, by=by, due_on=due, reason=reason)
    return request


@transaction.atomic
def export_subject(subject: DataSubject, *, by: str) -> dict[str, Any]:
    """Gather everything held on a person, record that it was read, and answer their request.

    Also works for an erased person: what the law keeps is shown, the rest is `[erased]`.
    """
    now = timezone.now()
    request = open_request(subject, by=by, kind=PrivacyRequestKind.EXPORT)
    subject.refresh_from_db()

    Disclosure.objects.create(subject=subject, reader=by, what="everything held on the person")
    content = everything_on(subject, now=now)
    content["also_known_as"] = [everything_on(other, now=now) for other in same_person(subject)]
    _answer(request, by=by)
    return content


@transaction.atomic
def erase_subject(subject: DataSubject, *, by: str, reason: str) -> PrivacyRequest:
    """Make everything on a person unreadable but issued documents, and answer their request.

    Answers of the API that are kept for repeats and speak of the person are forgotten, and bank
    lines that name them and belong to nobody are emptied by a worker soon after. Orders, stock,
    money, documents and the trail stay row by row as they are. Erasing again returns the request
    that was answered then. `reason` must not name the person.
    """
    subject = DataSubject.objects.lock_one(subject.pk)
    kind = PrivacyRequestKind.ERASURE
    if subject.erased_at is not None:
        done = PrivacyRequest.objects.filter(subject=subject, kind=kind).order_by("-pk").first()
        if done is not None:
            return done
    request = open_request(subject, by=by, kind=kind, reason=reason)

    numbers = numbers_of(subject)
    orders.seek_payer(subject, same_person(subject), by=by)
    customers.erase(subject, by=by, reason=reason)
    idempotency.forget_answers(numbers)
    return _answer(request, by=by)


@transaction.atomic
def purge_fiscal_keys(*, by: str, today: date) -> list[DataSubject]:
    """Destroy the fiscal keys of erased people whose documents need not be kept any longer."""
    return customers.destroy_fiscal_keys(expired_subjects(today), by=by)


def _answer(request: PrivacyRequest, *, by: str) -> PrivacyRequest:
    request.done_at = timezone.now()
    request.save(update_fields=["done_at"])
    events.record("privacy.answered", request, by=by, kind=request.kind)
    return request


def _check_is_open(request: PrivacyRequest) -> None:
    if request.done_at is not None:
        raise RequestDone(day=request.done_at.date().isoformat())
