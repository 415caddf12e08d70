"""What is known of a customer, and on which terms they buy."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db import transaction

from customers.enums import AddressKind, TokenKind
from customers.models import Address, Company, Customer, DataSubject, SearchToken
from customers.operations.inserting import Party, index
from customers.queries import ADDRESS, PROFILE, SubjectErased, email_token, profile_of, seal
from oms import events
from oms.countries import is_country, with_country_code
from oms.errors import DomainError
from oms.history import stamp

LONGEST_TERM = 365  # days


class EmailTaken(DomainError):
    """Another customer is known by this e-mail address."""

    code = "email_taken"
    message = "Another customer, {number}, is known by this e-mail address."


class TermsImpossible(DomainError):
    """A negative credit limit, or more days than anybody waits."""

    code = "terms_impossible"
    message = "A credit limit is not negative, and payment is due within {days} days."


@transaction.atomic
def correct(customer: Customer, *, by: str, party: Party, reason: str) -> Customer:
    """Replace the profile by what is right, and the blind index with it.

    Raises SubjectErased, and EmailTaken when the e-mail address is another customer's. The event
    names the fields that changed, never their content; what it was stays sealed in the history.
    Orders keep the contact that they were placed with.
    """
    customer = lock_person(customer)
    before = profile_of(customer)
    changed = [name for name, value in asdict(party).items() if value != before.get(name, "")]
    if not changed:
        return customer
    _check_email_is_free(customer, party.email)

    customer.profile = seal(customer.subject, {**before, **asdict(party)}, PROFILE)
    stamp(customer, by=by, reason=reason)
    customer.save(update_fields=["profile"])
    customer.subject.tokens.all().delete()
    index([(customer, party)])
    events.record("customer.corrected", customer, by=by, fields=changed)
    return customer


@transaction.atomic
def set_terms(
    customer: Customer,
    *,
    by: str,
    credit_limit: Decimal | None,
    payment_terms_days: int,
    reason: str,
) -> Customer:
    """Set how much a customer may owe (none: no limit) and how many days they have to pay.

    Applies to orders that are validated from now on. Raises TermsImpossible.
    """
    customer = lock_person(customer)
    if (credit_limit or 0) < 0 or not 0 <= payment_terms_days <= LONGEST_TERM:
        raise TermsImpossible(days=LONGEST_TERM)

    customer.credit_limit = credit_limit
    customer.payment_terms_days = payment_terms_days
    stamp(customer, by=by, reason=reason)
    customer.save(update_fields=["credit_limit", "payment_terms_days"])
    limit = None if credit_limit is None else str(credit_limit)
    terms: dict[str, Any] = {"credit_limit": limit, "payment_terms_days": payment_terms_days}
    events.record("customer.terms_changed", customer, by=by, **terms)
    return customer


@transaction.atomic
def classify(
    customer: Customer, *, by: str, group: str, company: Company | None, reason: str
) -> Customer:
    """Put a customer into a group and, or, a company; an empty group and no company take it out."""
    customer = lock_person(customer)
    customer.group = group
    customer.company = company

    stamp(customer, by=by, reason=reason)
    customer.save(update_fields=["group", "company"])
    code = company.code if company else ""
    events.record("customer.classified", customer, by=by, group=group, company=code)
    return customer


@transaction.atomic
def add_address(
    customer: Customer, *, by: str, kind: AddressKind, address: dict[str, str]
) -> Address:
    """Keep an address of a customer, sealed; its country is known by code or name. Raises SubjectErased."""
    customer = lock_person(customer)
    address = with_country_code(address) if address.get("country") else address
    code = address.get("country", "")
    row = Address(
        customer=customer,
        kind=kind,
        country=code if is_country(code) else "",
        sealed=seal(customer.subject, address, ADDRESS),
    )

    row.save()
    events.record("customer.address_added", customer, by=by, address=row.pk, kind=str(kind))
    return row


@transaction.atomic
def remove_address(address: Address, *, by: str) -> None:
    """Forget an address; orders keep the snapshot they were placed with."""
    customer = lock_person(address.customer)
    pk = address.pk

    address.delete()
    events.record("customer.address_removed", customer, by=by, address=pk)


def lock_person(customer: Customer) -> Customer:
    """Lock subject, then customer, so that no erasure happens in between."""
    subject = DataSubject.objects.lock_one(customer.subject_id)
    if subject.erased_at is not None:
        raise SubjectErased
    customer = Customer.objects.lock_one(customer.pk)
    customer.subject = subject
    return customer


def _check_email_is_free(customer: Customer, email: str) -> None:
    holders = SearchToken.objects.filter(kind=TokenKind.EMAIL, token=email_token(email))
    other = holders.exclude(subject=customer.subject).select_related("subject__customer").first()
    if other is not None:
        raise EmailTaken(number=str(getattr(other.subject, "customer", other.subject)))
