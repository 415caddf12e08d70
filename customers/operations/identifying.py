"""Who is ordering: the customer whom a name, address or number stands for, found or made.

A batch costs one statement when everybody is known and one more when somebody is new, however many
they are (on SQLite a few more). Two transactions that meet the same new e-mail address at
once are kept apart by the unique index on e-mail tokens: the second waits for the first and then
fails with IntegrityError, whereupon its caller begins again and finds the customer. Phone numbers
are shared by households and desks, so they are not unique; two first orders by phone alone at the
same instant may make two customers, which is the harmless side of that race.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from customers.enums import TokenKind
from customers.models import Customer, DataSubject, SearchToken
from customers.operations.inserting import Party, insert
from customers.queries import PROFILE, email_token, phone_token, root_of, seal
from oms import sealed
from oms.prepared import prepared

__all__ = ["Party", "identify"]


@dataclass(slots=True)
class Known:
    """Customers by the tokens that tell them apart."""

    by_email: dict[str, Customer] = field(default_factory=dict)
    by_phone: dict[str, Customer] = field(default_factory=dict)
    by_phone_alone: dict[str, Customer] = field(default_factory=dict)  # have no e-mail address

    def find(self, email: str, phone: str) -> Customer | None:
        """By e-mail address, else by phone number unless the two would contradict each other.

        A phone number alone does not make two e-mail addresses one person: linking a stranger's
        order would show it to the wrong person, and erase it with the wrong person.
        """
        if email and email in self.by_email:
            return self.by_email[email]
        return (self.by_phone_alone if email else self.by_phone).get(phone)

    def add(self, customer: Customer, email: str, phone: str) -> None:
        """Remember a customer; whoever was first keeps a shared phone number."""
        if email:
            self.by_email.setdefault(email, customer)
        if phone:
            self.by_phone.setdefault(phone, customer)
        if phone and not email:
            self.by_phone_alone.setdefault(phone, customer)


@transaction.atomic(savepoint=False)
def identify(parties: Sequence[Party], *, by: str) -> list[Customer]:
    """Find the customer of each party, or make one; `customer.subject` is selected along.

    Raises IntegrityError when somebody else is just now making a customer with one of the e-mail
    addresses: the caller begins its transaction again. What is known of a customer stays as it
    is, whatever an order says; `correct` changes it. A party with neither e-mail address nor
    phone number is a customer of its own each time.
    """
    keys = [(email_token(party.email), phone_token(party.phone)) for party in parties]
    known = _known({token for pair in keys for token in pair if token})
    made: list[tuple[Customer, Party]] = []
    found: list[Customer] = []
    for party, (email, phone) in zip(parties, keys, strict=True):
        customer = known.find(email, phone)
        if customer is None:
            customer = _new(party)
            known.add(customer, email, phone)
            made.append((customer, party))
        found.append(customer)

    insert(made, by=by)
    return found


def _known(tokens: set[str]) -> Known:
    known = Known()
    if not tokens:
        return known
    rows = _holders(tokens=sorted(tokens))
    for row in sorted(rows, key=lambda row: row.subject_id):  # only the merged cost a look-up more
        email = row.token if row.kind == TokenKind.EMAIL else ""
        phone = row.token if row.kind == TokenKind.PHONE else ""
        if phone and row.has_email:
            known.by_phone.setdefault(phone, root_of(row.subject.customer))
        else:
            known.add(root_of(row.subject.customer), email, phone)
    return known


@prepared
def _holders(tokens: list[str]) -> QuerySet[SearchToken]:
    has_email = SearchToken.objects.filter(subject=OuterRef("subject"), kind=TokenKind.EMAIL)
    rows = SearchToken.objects.filter(
        kind__in=[TokenKind.EMAIL, TokenKind.PHONE],
        token__any=tokens,
        subject__customer__isnull=False,
    )
    return rows.annotate(has_email=Exists(has_email)).select_related("subject__customer")


def _new(party: Party) -> Customer:
    subject = DataSubject(operational_key=sealed.new_key(), fiscal_key=sealed.new_key())
    return Customer(subject=subject, profile=seal(subject, asdict(party), PROFILE))
