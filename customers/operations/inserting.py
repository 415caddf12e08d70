"""Writing new customers down: subject, customer, first history row and blind index together.

PostgreSQL does it in one statement, because a first order must not cost five round trips more than
a second one; elsewhere each table takes its own. Both write the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.db import connection
from django.utils import timezone

from customers.models import Customer, DataSubject, SearchToken
from customers.queries import tokens_of
from oms import numbers, prepared
from oms.history import describe, record_created, user_of

AT_ONCE = """
WITH sent AS (
  SELECT * FROM unnest(%(people)s::uuid[], %(operational)s::bytea[], %(fiscal)s::bytea[],
                       %(profiles)s::bytea[]) WITH ORDINALITY
    AS sent(public_id, operational_key, fiscal_key, profile, position)
), subject AS (
  INSERT INTO customers_datasubject (public_id, operational_key, fiscal_key, created_at)
  SELECT public_id, operational_key, fiscal_key, %(now)s FROM sent ORDER BY position
  RETURNING id, public_id
), customer AS (
  INSERT INTO customers_customer
    (number, subject_id, profile, "group", payment_terms_days, created_at)
  SELECT %(prefix)s || nextval('oms_number_customer'), subject.id, profile, '', 0, %(now)s
  FROM sent JOIN subject USING (public_id) ORDER BY position
  RETURNING *
), history AS (
  INSERT INTO customers_historicalcustomer
    (id, number, subject_id, company_id, profile, "group", credit_limit, payment_terms_days,
     created_at, history_date, history_type, history_change_reason, history_user_id)
  SELECT id, number, subject_id, company_id, profile, "group", credit_limit, payment_terms_days,
         created_at, %(now)s, '+', %(why)s, %(user)s
  FROM customer
), found_by AS (
  INSERT INTO customers_searchtoken (subject_id, kind, token)
  SELECT subject.id, kind, token
  FROM unnest(%(owners)s::uuid[], %(kinds)s::text[], %(tokens)s::text[])
    AS indexed(public_id, kind, token)
  JOIN subject USING (public_id) ORDER BY kind, token
)
SELECT subject.public_id, subject.id, customer.id, customer.number
FROM subject JOIN customer ON customer.subject_id = subject.id
"""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody as a channel names them."""

    name: str
    email: str = ""
    phone: str = ""
    company: str = ""
    tax_id: str = ""


def insert(made: Sequence[tuple[Customer, Party]], *, by: str) -> None:
    """Write customers and their subjects, give them keys and numbers, and make them findable."""
    if not made:
        return
    if connection.vendor == "postgresql":
        _insert_at_once(made, by)
    else:
        _insert_by_table(made, by)


def index(people: Iterable[tuple[Customer, Party]]) -> None:
    """Insert the blind index of people who are there."""
    SearchToken.objects.bulk_create(
        SearchToken(subject=customer.subject, kind=kind, token=token)
        for kind, token, customer in _entries(people)
    )


def _entries(people: Iterable[tuple[Customer, Party]]) -> list[tuple[str, str, Customer]]:
    """In token order, so that two batches with the same people never wait for each other."""
    entries = [
        (kind, token, customer)
        for customer, party in people
        for kind, tokens in tokens_of(
            f"{party.name} {party.company}", party.email, party.phone
        ).items()
        for token in tokens
    ]
    return sorted(entries, key=itemgetter(0, 1))


def _insert_by_table(made: Sequence[tuple[Customer, Party]], by: str) -> None:
    customers = [customer for customer, _ in made]
    DataSubject.objects.bulk_create([customer.subject for customer in customers])
    for customer, number in zip(customers, numbers.take("customer", len(made)), strict=True):
        customer.number = number
        customer.subject = customer.subject  # takes over the key that the insert gave
    Customer.objects.bulk_create(customers)
    record_created(customers, by=by)
    index(made)


def _insert_at_once(made: Sequence[tuple[Customer, Party]], by: str) -> None:
    now, user = timezone.now(), user_of(by)
    by_person = {customer.subject.public_id: customer for customer, _ in made}
    subjects = [customer.subject for customer in by_person.values()]
    entries = _entries(made)
    sent = {
        "now": now,
        "prefix": numbers.SERIES["customer"],
        "why": describe(by, ""),
        "user": user.pk if user else None,
        "people": list(by_person),
        "operational": [subject.operational_key for subject in subjects],
        "fiscal": [subject.fiscal_key for subject in subjects],
        "profiles": [customer.profile for customer in by_person.values()],
        "owners": [customer.subject.public_id for _, _, customer in entries],
        "kinds": [kind for kind, _, _ in entries],
        "tokens": [token for _, token, _ in entries],
    }
    with prepared.cursor() as cursor:
        cursor.execute(AT_ONCE, sent)
        for public_id, subject_id, customer_id, number in cursor.fetchall():
            _take_over(by_person[public_id], subject_id, customer_id, number)
    for customer in by_person.values():
        customer.created_at = customer.subject.created_at = now


def _take_over(customer: Customer, subject_id: int, customer_id: int, number: str) -> None:
    """Make the rows in memory what the inserted ones are."""
    subject = customer.subject
    subject.pk, customer.pk, customer.number = subject_id, customer_id, number
    customer.subject = subject
    for row in (customer, subject):
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 (as Django does)
