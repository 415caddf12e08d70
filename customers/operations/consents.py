"""Consent is recorded as it was given or withdrawn, and never changed."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.enums import ConsentPurpose
from customers.models import Consent, Customer
from customers.operations.profiles import lock_person
from customers.queries import has_consented
from oms import events
from oms.errors import DomainError

DIGITS = 12  # of the digest that stands for a wording without a version of its own


class WordingMissing(DomainError):
    """Consent is worth nothing without what the person was told."""

    code = "wording_missing"
    message = "Say what the person was told when they agreed."


class ConsentUnproven(DomainError):
    """Nobody can show consent that has no source, or that was said in the future."""

    code = "consent_unproven"
    message = "{reason}"


@transaction.atomic
def give_consent(
    customer: Customer,
    purpose: ConsentPurpose,
    *,
    by: str,
    source: str,
    wording: str,
    version: str = "",
    said_at: datetime | None = None,
) -> Consent:
    """Record that a person agreed to a purpose, with the words they agreed to.

    Given again in other words it is recorded again, for those words count from then on. Without a
    `version` of its own a wording is known by its digest: the same words have the same version.
    `said_at` is when the person said it, where it is written down later; what was said last counts.
    Raises WordingMissing, ConsentUnproven and SubjectErased.
    """
    customer = lock_person(customer)
    if not wording.strip():
        raise WordingMissing
    _refuse_unproven(source, said_at)

    row = Consent.objects.create(
        customer=customer,
        purpose=purpose,
        granted=True,
        source=source.strip(),
        wording=wording,
        version=version.strip() or digest_of(wording),
        said_at=said_at,
        by=by,
    )
    _record("customer.consent_given", row)
    return row


@transaction.atomic
def withdraw_consent(
    customer: Customer,
    purpose: ConsentPurpose,
    *,
    by: str,
    source: str,
    said_at: datetime | None = None,
) -> Consent | None:
    """Record that a person takes consent back; nothing where none stands. Raises ConsentUnproven.

    It ends consent under every number of the person.
    """
    customer = Customer.objects.lock_one(customer.pk)
    _refuse_unproven(source, said_at)
    if not has_consented(customer.pk, purpose):
        return None

    row = Consent.objects.create(
        customer=customer,
        purpose=purpose,
        granted=False,
        source=source.strip(),
        said_at=said_at,
        by=by,
    )
    _record("customer.consent_withdrawn", row)
    return row


def digest_of(wording: str) -> str:
    """What stands for a wording that has no version: the beginning of its digest."""
    return hashlib.sha256(" ".join(wording.split()).encode()).hexdigest()[:DIGITS]


def _record(name: str, row: Consent) -> None:
    facts = {"purpose": row.purpose, "source": row.source, "version": row.version}
    events.record(name, row.customer, by=row.by, **facts)


def _refuse_unproven(source: str, said_at: datetime | None) -> None:
    if not source.strip():
        raise ConsentUnproven(reason="Say where the person said it.")
    if said_at is not None and said_at > timezone.now():
        raise ConsentUnproven(reason="Nobody has said it yet: the time is in the future.")
