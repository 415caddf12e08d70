"""Consent is recorded as it was given or withdrawn, and never changed."""

from django.db import transaction

from customers.enums import ConsentPurpose
from customers.models import Consent, Customer
from customers.queries import has_consented
from oms import events
from oms.errors import DomainError


class WordingMissing(DomainError):
    """Consent is worth nothing without what the person was told."""

    code = "wording_missing"
    message = "Say what the person was told when they agreed."


@transaction.atomic
def give_consent(
    customer: Customer, purpose: ConsentPurpose, *, by: str, source: str, wording: str
) -> Consent:
    """Record that a person agreed to a purpose, with the words they agreed to.

    Given again in other words it is recorded again, for those words count from then on. Raises
    WordingMissing.
    """
    customer = Customer.objects.lock_one(customer.pk)
    if not wording.strip():
        raise WordingMissing

    row = Consent.objects.create(
        customer=customer, purpose=purpose, granted=True, source=source, wording=wording, by=by
    )
    events.record("customer.consent_given", customer, by=by, purpose=purpose, source=source)
    return row


@transaction.atomic
def withdraw_consent(
    customer: Customer, purpose: ConsentPurpose, *, by: str, source: str
) -> Consent | None:
    """Record that a person takes consent back; nothing where none stands."""
    customer = Customer.objects.lock_one(customer.pk)
    if not has_consented(customer.pk, purpose):
        return None

    row = Consent.objects.create(
        customer=customer, purpose=purpose, granted=False, source=source, by=by
    )
    events.record("customer.consent_withdrawn", customer, by=by, purpose=purpose, source=source)
    return row
