"""Reading personal data leaves a trace: who opened what, when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import Customer, DataSubject, Disclosure
from customers.queries import names_of, unseal, unseal_fiscal

LOOK = timedelta(minutes=30)  # how long a page that answers every entry counts as one look


@dataclass(frozen=True, slots=True)
class Reading:
    """An envelope about to be opened, and what it is: such as `orders.order SO100001`."""

    subject: DataSubject
    envelope: bytes | None
    context: str
    what: str


def disclose(
    subject: DataSubject, envelope: bytes | None, context: str, *, by: str, what: str
) -> dict[str, Any]:
    """Open an envelope for a reader and record the reading.

    An erased or empty envelope gives an empty dictionary, and nothing is recorded.
    """
    return disclose_all([Reading(subject, envelope, context, what)], by=by)[0]


def disclose_on(
    subject: DataSubject, envelope: bytes | None, context: str, *, by: str, what: str
) -> dict[str, Any]:
    """Open an envelope for a reader who goes on with what is before them: one look, one record.

    Recorded unless the same reader was recorded as reading the same within `LOOK`.
    """
    since = timezone.now() - LOOK
    rows = Disclosure.objects.filter(subject=subject, reader=by, what=what, at__gte=since)
    if rows.exists():
        return unseal(subject, envelope, context)
    return disclose(subject, envelope, context, by=by, what=what)


@transaction.atomic(savepoint=False)
def disclose_fiscal(
    subject: DataSubject, envelope: bytes | None, context: str, *, by: str, what: str
) -> dict[str, Any]:
    """Open an issued document's envelope for a reader and record the reading.

    Empty once the legal retention has ended, and then nothing is recorded.
    """
    values = unseal_fiscal(subject, envelope, context)
    if values:
        Disclosure.objects.create(subject=subject, reader=by, what=what)
    return values


@transaction.atomic(savepoint=False)
def disclose_all(readings: Iterable[Reading], *, by: str) -> list[dict[str, Any]]:
    """Open several envelopes, such as those of one page, and record it in one statement.

    Envelopes of a person that are called the same, such as the notes of a page, are one reading.
    """
    readings = list(readings)
    values = [unseal(item.subject, item.envelope, item.context) for item in readings]
    opened = [item for item, value in zip(readings, values, strict=True) if value]
    once = {(item.subject.pk, item.what): item.subject for item in opened}
    Disclosure.objects.bulk_create(
        Disclosure(subject=subject, reader=by, what=what) for (_, what), subject in once.items()
    )
    return values


@transaction.atomic(savepoint=False)
def disclose_names(customers: Sequence[Customer], *, by: str, what: str) -> dict[int, str]:
    """Names of one page of customers by primary key, each reading recorded, in one statement.

    Select `subject` along, or pay per row.
    """
    Disclosure.objects.bulk_create(
        Disclosure(subject=customer.subject, reader=by, what=what)
        for customer in customers
        if customer.subject.operational_key
    )
    return names_of(customers)
