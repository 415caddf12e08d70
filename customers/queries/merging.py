"""Which customers are one person, and which may be.

A merged customer keeps its number, its key and its orders; it points to the customer that survives
it. The family of a customer is everybody who is the same person. Nothing moves, so that undoing a
merge is taking the pointer away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

from django.db.models import Count

from customers.enums import TokenKind
from customers.models import Customer, SearchToken

SHARED_BY_TOO_MANY = 10  # a switchboard's number says nothing about who calls
SAME_NAME = 2  # words in common that make a name the same


def root_of(customer: Customer) -> Customer:
    """The customer under whom a person is known today."""
    return customer.merged_into or customer


def family_of(customer: Customer) -> list[int]:
    """Ids of everybody who is the same person, the surviving customer first."""
    root = customer.merged_into_id or customer.pk
    merged = Customer.objects.filter(merged_into=root).order_by("pk")
    return [root, *merged.values_list("pk", flat=True)]


def roots_of(customer_ids: Iterable[int]) -> dict[int, int]:
    """For each member of the families of these customers, the id of the survivor; two statements."""
    roots: dict[int, int] = {}
    for pk, root in _pointers(pk__in=set(customer_ids)):
        roots[root or pk] = root or pk
    for pk, root in _pointers(merged_into__in=set(roots)):
        roots[pk] = root or pk
    return roots


def _pointers(**wanted: Any) -> list[tuple[int, int | None]]:
    return list(Customer.objects.filter(**wanted).values_list("pk", "merged_into"))


def suspected_pairs() -> Iterator[tuple[int, int, list[str]]]:
    """Living customers who share a phone number, as (older, younger, reasons)."""
    shared = (
        SearchToken.objects.filter(kind=TokenKind.PHONE)
        .values("token")
        .annotate(holders=Count("subject"))
        .filter(holders__gt=1, holders__lte=SHARED_BY_TOO_MANY)
        .order_by("token")
        .values_list("token", flat=True)
    )
    for token in shared.iterator():
        yield from _pairs(token)


def _pairs(phone: str) -> Iterator[tuple[int, int, list[str]]]:
    holders = Customer.objects.filter(
        subject__tokens__kind=TokenKind.PHONE, subject__tokens__token=phone, merged_into=None
    )
    people = dict(holders.order_by("pk").values_list("pk", "subject"))
    names: dict[int, set[str]] = defaultdict(set)
    for subject, token in SearchToken.objects.filter(
        subject__in=people.values(), kind=TokenKind.NAME
    ).values_list("subject", "token"):
        names[subject].add(token)
    for first, second in combinations(people, 2):
        common = names[people[first]] & names[people[second]]
        reasons = ["phone", "name"] if len(common) >= SAME_NAME else ["phone"]
        yield first, second, reasons
