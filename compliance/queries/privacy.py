"""What is held on a person, and by when a person must be answered."""

import calendar
from datetime import date, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BinaryField, ForeignKey, Model, QuerySet

from compliance.models import PrivacyRequest
from compliance.queries.held import REGISTER, Held, events_of
from customers import queries as customers
from customers.models import Customer, DataSubject
from oms.models import Event
from oms.sealed import ERASED

MONTHS_TO_ANSWER = 1  # GDPR art. 12(3)
MONTHS_IF_COMPLEX = 3  # two more; the person is told within the first month
OURS = {"id", "history_id", "fingerprint", "digest", "token"}  # keys and checksums, no data
_encoder = DjangoJSONEncoder()


def due_on(received: date, *, months: int = MONTHS_TO_ANSWER) -> date:
    """The last day for an answer: the same day of a later month, or that month's last."""
    years, month = divmod(received.month - 1 + months, 12)
    year = received.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(received.day, last))


def open_requests() -> QuerySet[PrivacyRequest]:
    """Requests that wait for an answer, most urgent first."""
    return PrivacyRequest.objects.filter(done_at=None).order_by("due_on", "pk")


def everything_on(subject: DataSubject, *, now: datetime) -> dict[str, Any]:
    """All that is held on a person, as plain values under the names of the register.

    Envelopes are opened where their key still exists; where it does not, `[erased]` stands.
    """
    found = {
        held.name: [_row(held, row, subject) for row in _rows(held, subject)] for held in REGISTER
    }
    return {
        "person": str(subject.public_id),
        "made_at": _plain(now),
        "erased_at": _plain(subject.erased_at),
        "purposes": {held.name: f"{held.purpose} ({held.basis})" for held in REGISTER},
        **found,
        "events": [_event(event) for event in events_of(subject)],
    }


def same_person(subject: DataSubject) -> list[DataSubject]:
    """The other data subjects who were found to be this person, by merging their customers."""
    customer = Customer.objects.filter(subject=subject).first()
    family = customers.family_of(customer) if customer else []
    rows = DataSubject.objects.filter(customer__in=family).exclude(pk=subject.pk)
    return list(rows.order_by("pk"))


def numbers_of(subject: DataSubject) -> set[str]:
    """Numbers of everything held on a person: of the customer, orders, returns, documents ..."""
    found: set[str] = set()
    for person in [subject, *same_person(subject)]:
        for held in REGISTER:
            names = {field.name for field in held.table._meta.get_fields()}  # noqa: SLF001
            if "number" in names:
                found |= set(map(str, _rows(held, person).values_list("number", flat=True)))
    return {number for number in found if not number.isdecimal()}  # versions count from 1


def _rows(held: Held, subject: DataSubject) -> QuerySet[Model]:
    """Rows with what their foreign keys show selected along."""
    fields = held.table._meta.concrete_fields  # noqa: SLF001 (documented)
    along = [field.name for field in fields if isinstance(field, ForeignKey)]
    return held.rows(subject).select_related(*along)


def _row(held: Held, row: Model, subject: DataSubject) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:  # noqa: SLF001 (documented)
        if field.name in held.envelopes:
            values[field.name] = _opened(held, field.name, row, subject)
        elif field.name in OURS or isinstance(field, BinaryField):
            continue
        elif isinstance(field, ForeignKey):
            values[field.name] = _label(row, field.name)
        else:
            values[field.name] = _plain(getattr(row, field.name))
    return values


def _opened(held: Held, name: str, row: Model, subject: DataSubject) -> dict[str, Any] | str | None:
    envelope = held.envelopes[name]
    content = getattr(row, name)
    if content is None:
        return None
    read = customers.unseal_fiscal if envelope.fiscal else customers.unseal
    return read(subject, content, envelope.context) or ERASED


def _label(row: Model, name: str) -> str | None:
    other = getattr(row, name)
    return None if other is None else str(other)


def _event(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "about": f"{event.subject_type} {event.subject_label}".strip(),
        "at": _plain(event.at),
        "by": event.actor,
        "facts": event.facts,
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | list | dict):
        return value
    return _encoder.default(value)
