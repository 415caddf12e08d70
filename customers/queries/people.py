"""Questions about people: opening and closing their envelopes, and finding them without reading.

Nothing here records that somebody read; a door that shows a person's data to a reader goes
through `customers.operations.disclose`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from customers.enums import TokenKind
from customers.models import Customer, DataSubject, SearchToken
from oms import sealed
from oms.errors import DomainError
from oms.ledgers import Invariant
from oms.sealed import ERASED, Stored

PROFILE = "customers.customer.profile"
ADDRESS = "customers.address.sealed"
EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
FEWEST_DIGITS = 5  # shorter phone numbers find nobody: they are extensions, or no numbers
SHORTEST_WORD = 2
MOST_WORDS = 12


class SubjectErased(DomainError):
    """The person was erased; nothing can be sealed for them any more."""

    code = "subject_erased"
    message = "This person's data was erased."


def seal(subject: DataSubject, values: dict[str, Any], context: str) -> bytes:
    """Close personal values under the person's operational key. Raises SubjectErased."""
    return sealed.seal(_present(subject.operational_key), values, _bound(subject, context))


def unseal(subject: DataSubject, envelope: Stored, context: str) -> dict[str, Any]:
    """Open an envelope; an empty dictionary when the person was erased or nothing is stored."""
    return sealed.unseal(subject.operational_key, envelope, _bound(subject, context))


def seal_text(subject: DataSubject, text: str, context: str) -> bytes | None:
    """Close what was said; None of no words. Raises SubjectErased."""
    return seal(subject, {"text": text}, context) if text else None


def unseal_text(subject: DataSubject, envelope: Stored, context: str) -> str:
    """What was said; empty when the person was erased or nothing is stored."""
    return str(unseal(subject, envelope, context).get("text", ""))


def seal_fiscal(subject: DataSubject, values: dict[str, Any], context: str) -> bytes:
    """Close what the law wants kept on an issued document. Raises SubjectErased."""
    return sealed.seal(_present(subject.fiscal_key), values, _bound(subject, context))


def unseal_fiscal(subject: DataSubject, envelope: Stored, context: str) -> dict[str, Any]:
    """Open an issued document's envelope; empty once its legal retention has ended."""
    return sealed.unseal(subject.fiscal_key, envelope, _bound(subject, context))


def profile_of(customer: Customer) -> dict[str, str]:
    """A customer's profile; empty when erased."""
    return unseal(customer.subject, customer.profile, PROFILE)


def name_of(customer: Customer) -> str:
    """How a page calls this customer: by name, company or e-mail address, or `[erased]`."""
    if customer.subject.erased_at is not None:
        return ERASED
    profile = profile_of(customer)
    return profile.get("name") or profile.get("company") or profile.get("email") or ""


def names_of(customers: Iterable[Customer]) -> dict[int, str]:
    """Names by primary key, for one page of a list; select `subject` along, or pay per row."""
    return {customer.pk: name_of(customer) for customer in customers}


def contact_of(values: dict[str, Any]) -> dict[str, str]:
    """The contact inside an opened order envelope, `[erased]` standing for what is gone."""
    return values.get("contact", {}) if values else {"name": ERASED}


def tokens_of(name: str = "", email: str = "", phone: str = "") -> dict[str, set[str]]:
    """Blind index tokens of a person, by kind; kinds without a usable value are left out."""
    tokens = {
        TokenKind.EMAIL.value: {email_token(email)},
        TokenKind.PHONE.value: {phone_token(phone)},
        TokenKind.NAME.value: {sealed.token("name", word) for word in words_of(name)},
    }
    found = {kind: values - {""} for kind, values in tokens.items()}
    return {kind: values for kind, values in found.items() if values}


def is_email(text: str) -> bool:
    """Whether mail could be sent there, as far as can be seen: one @ between words without spaces."""
    return bool(EMAIL.fullmatch(text.strip())) and text.strip().isprintable()


def email_token(email: str) -> str:
    """Token of an e-mail address; empty when it is none."""
    return sealed.token("email", email) if "@" in email else ""


def phone_token(phone: str) -> str:
    """Token of a phone number; empty when it is too short to tell people apart."""
    digits = sealed.normalise("phone", phone)
    return sealed.token("phone", phone) if len(digits) >= FEWEST_DIGITS else ""


def words_of(name: str) -> list[str]:
    """The words by which a name can be found."""
    words = dict.fromkeys(sealed.normalise("name", name).replace(",", " ").split(" "))
    return [word for word in words if len(word) >= SHORTEST_WORD][:MOST_WORDS]


def find_subjects(text: str) -> QuerySet[DataSubject]:
    """Living people whose e-mail address or phone number is `text`, or whose name has its words."""
    tokens = _tokens_sought(text.strip())
    people = DataSubject.objects.filter(erased_at=None)
    if not tokens:
        return people.none()
    for kind, token in tokens:
        holders = SearchToken.objects.filter(kind=kind, token=token).values("subject")
        people = people.filter(pk__in=holders)
    return people


def customer_by_number(number: str) -> Customer | None:
    """One customer with their data subject, or none."""
    return Customer.objects.select_related("subject").filter(number=number).first()


def is_known_to(customer: Customer, codes: Collection[str]) -> bool:
    """Whether this person, under any of their numbers, ordered in one of these channels."""
    return any(each.orders.filter(channel__code__in=codes).exists() for each in _person(customer))


def buys_elsewhere(customer: Customer, codes: Collection[str]) -> bool:
    """Whether this person, under any of their numbers, also ordered in other channels than these.

    What was told to one seller is neither shown to another nor theirs to change: whoever places an
    order with somebody's e-mail address would learn all about them.
    """
    return any(each.orders.exclude(channel__code__in=codes).exists() for each in _person(customer))


def is_theirs(customer: Customer, codes: Collection[str] | None) -> bool:
    """Whether sellers of these channels alone know this person; None means every channel."""
    if codes is None:
        return True
    return is_known_to(customer, codes) and not buys_elsewhere(customer, codes)


def _person(customer: Customer) -> QuerySet[Customer]:
    root = customer.merged_into_id or customer.pk
    return Customer.objects.filter(Q(pk=root) | Q(merged_into=root))


def find_customers(text: str) -> QuerySet[Customer]:
    """Customers who are the people that `find_subjects` finds."""
    return Customer.objects.filter(subject__in=find_subjects(text)).select_related("subject")


def invariants() -> list[Invariant]:
    """What must be true of people and their keys."""
    return [
        Invariant(
            "people.erased",
            "An erased person has no operational key and cannot be found.",
            DataSubject.objects.exclude(erased_at=None).count,
            _findable_though_erased,
        ),
        Invariant(
            "people.keys",
            "A customer who is not erased has both keys and a profile.",
            Customer.objects.filter(subject__erased_at=None).count,
            _living_without_keys,
        ),
    ]


def _findable_though_erased() -> Iterator[str]:
    kept = Q(operational_key__isnull=False) | Q(tokens__isnull=False)
    people = DataSubject.objects.exclude(erased_at=None).filter(kept).distinct()
    for subject in people.order_by("pk").iterator():
        yield f"{subject} is erased but has a key or can be found"


def _living_without_keys() -> Iterator[str]:
    missing = Q(subject__operational_key=None) | Q(subject__fiscal_key=None) | Q(profile=None)
    rows = Customer.objects.filter(subject__erased_at=None).filter(missing)
    for number in rows.order_by("pk").values_list("number", flat=True).iterator():
        yield f"{number} lacks a key or a profile"


def _tokens_sought(text: str) -> list[tuple[str, str]]:
    if "@" in text:
        return [(TokenKind.EMAIL, email_token(text))]
    if not any(sign.isalpha() for sign in text):
        token = phone_token(text)
        return [(TokenKind.PHONE, token)] if token else []
    return [(TokenKind.NAME, sealed.token("name", word)) for word in words_of(text)]


def _bound(subject: DataSubject, context: str) -> str:
    return f"{context}:{subject.public_id}"


def _present(key: Stored) -> bytes:
    if not key:
        raise SubjectErased
    return bytes(key)
