"""What colleagues keep about customers.

A customer is a person: what is kept under any of their numbers counts for all.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from customers.models import Customer, CustomerNote, CustomerTag

NOTE = "customers.customernote.sealed"


def notes_among(note_ids: Iterable[int]) -> dict[int, CustomerNote]:
    """Notes by key, each with the person under whose key it is sealed; one statement."""
    rows = CustomerNote.objects.filter(pk__in=set(note_ids)).select_related("customer__subject")
    return {row.pk: row for row in rows}


def tags_of(members: Iterable[int]) -> list[str]:
    """The tags of these customers, who are one person, in alphabetical order."""
    rows = CustomerTag.objects.filter(customer__in=list(members)).order_by("tag")
    return list(rows.values_list("tag", flat=True).distinct())


def tags_by_person(roots: Sequence[int]) -> dict[int, set[str]]:
    """Tags of persons, by the id of the customer under whom each is known; one statement."""
    found: dict[int, set[str]] = defaultdict(set)
    for lookup in ("customer__in", "customer__merged_into__in"):
        rows = CustomerTag.objects.filter(**{lookup: roots}).annotate(root=_ROOT)
        for root, tag in rows.values_list("root", "tag"):
            found[root].add(tag)
    return found


def tagged(tag: str) -> QuerySet[Customer]:
    """Customers known by this tag, under whichever of their numbers they got it."""
    rows = CustomerTag.objects.filter(tag=tag).annotate(root=_ROOT)
    return Customer.objects.filter(pk__in=rows.values("root"))


def tags_in_use(most: int = 100) -> list[str]:
    """The tags that customers have, in alphabetical order; the first hundred."""
    rows = CustomerTag.objects.order_by("tag").values_list("tag", flat=True)
    return list(rows.distinct()[:most])


_ROOT = Coalesce("customer__merged_into", "customer")
