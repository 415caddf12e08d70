"""What a person has agreed to.

A person is asked once, whatever the number: what was said last under any of their numbers counts, so
that a withdrawal under one of them ends a consent that was given under another.
"""

from collections.abc import Iterable

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from customers.enums import ConsentPurpose
from customers.models import Consent, Customer
from customers.queries.merging import family_of, roots_of

SAID = (Coalesce("said_at", "at"), "pk")  # in the order in which it was said


def has_consented(customer_id: int, purpose: ConsentPurpose) -> bool:
    """Whether consent stands: it was given and not withdrawn since."""
    rows = _said(roots_of([customer_id])).filter(purpose=purpose)
    return bool(rows.values_list("granted", flat=True).last())


def consents_of(customer: Customer) -> list[Consent]:
    """What was said last on each purpose that the person was ever asked about."""
    newest = {row.purpose: row for row in _said(family_of(customer))}
    return list(newest.values())


def consent_history(customer: Customer) -> list[Consent]:
    """Everything the person said, the last first, with the number under which it was said."""
    return list(_said(family_of(customer)).select_related("customer").reverse())


def _said(members: Iterable[int]) -> QuerySet[Consent]:
    return Consent.objects.filter(customer__in=list(members)).order_by(*SAID)
