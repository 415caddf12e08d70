"""Segments: which there are, what they ask in words, who is in them, who would be."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from customers.models import Customer, Segment, SegmentMember, SegmentVersion
from customers.queries.asking import living, those_who_fit
from customers.queries.notes import tags_by_person
from customers.queries.population import BOUGHT, VOCABULARY, Facts, facts_of, those
from oms.conditions import Predicate, compiled, refuse_bad, sentence
from oms.ledgers import Invariant

SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Asking:
    """A segment in force with its newest version, ready to ask."""

    segment: int
    code: str
    number: int
    fits: Predicate
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be in a segment: how many of all, and the newest of them with their facts."""

    members: int
    customers: int
    sample: list[tuple[Customer, Facts]]


def segments_in_force(keys: Iterable[int] | None = None) -> list[Asking]:
    """Segments that have not ended, with what their newest versions ask; one statement."""
    newest = SegmentVersion.objects.filter(segment=OuterRef("segment")).order_by("-number")
    rows = SegmentVersion.objects.filter(
        pk=Subquery(newest.values("pk")[:1]), segment__ended_at=None
    ).select_related("segment")
    if keys is not None:
        rows = rows.filter(segment__in=list(keys))
    return [
        Asking(row.segment_id, row.segment.code, row.number, *understood(row.conditions))
        for row in rows.order_by("segment")
    ]


def understood(tree: Mapping[str, Any]) -> tuple[Predicate, frozenset[str]]:
    """A predicate of a customer's facts, and which facts it asks. Raises BadCondition."""
    return _understood(json.dumps(tree))


@lru_cache(maxsize=256)  # what a version says never changes
def _understood(conditions: str) -> tuple[Predicate, frozenset[str]]:
    tree = json.loads(conditions)
    return compiled(tree, VOCABULARY), frozenset(_asked(tree))


def _asked(tree: Mapping[str, Any]) -> Iterator[str]:
    if "field" in tree:
        yield tree["field"]
    else:
        for members in tree.values():
            for member in members:
                yield from _asked(member)


def events_of_segments() -> set[str]:
    """Names of the events that change what segments ask about, once there is a segment."""
    wiring = import_module("oms.wiring")
    if not Segment.objects.filter(ended_at=None).exists():
        return set()
    return {name for name, consumers in wiring.CONSUMERS.items() if wiring.SEGMENTS in consumers}


def segment_words(tree: Mapping[str, Any]) -> str:
    """What a segment asks, as a sentence about customers."""
    return f"Customers where {sentence(tree, VOCABULARY)}" if _says(tree) else "All customers"


def _says(tree: Mapping[str, Any]) -> bool:
    return "field" in tree or any(tree.values())


def preview_segment(tree: Mapping[str, Any]) -> Preview:
    """Ask all customers a condition that is not kept yet; nothing is written. Raises BadCondition."""
    refuse_bad(tree, VOCABULARY)
    now = timezone.now()
    members = those_who_fit(tree, now)
    newest = sorted(members, reverse=True)[:SAMPLE]
    facts = facts_of(those(newest), BOUGHT, now)
    rows = Customer.objects.select_related("subject").in_bulk(newest)
    return Preview(len(members), living(), [(rows[pk], facts[pk]) for pk in newest])


def in_segment(rows: QuerySet[Customer], code: str) -> QuerySet[Customer]:
    """Of these customers those in a segment, each under the number that the person is known by.

    Joined by the segment's key, so that the newest fifty of very many come from the index.
    """
    keys = Segment.objects.filter(code=code).values_list("pk", flat=True)
    return rows.filter(memberships__segment=keys.first() or 0)


def segments_of(customer: Customer | None) -> QuerySet[Segment]:
    """Segments that a person is in now; none of nobody."""
    if customer is None:
        return Segment.objects.none()
    root = customer.merged_into_id or customer.pk
    return Segment.objects.filter(members__customer=root, ended_at=None).order_by("name")


def segments_by_person(roots: Sequence[int]) -> dict[int, set[str]]:
    """Codes of the segments of persons, by the id that each is known as; one statement."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = SegmentMember.objects.filter(customer__in=roots)
    for pk, code in rows.values_list("customer_id", "segment__code"):
        found[pk].add(code)
    return found


def segment_keys(buyers: Iterable[Customer]) -> dict[int, set[int]]:
    """Keys of the segments of the persons behind these customers, by the customer's id."""
    roots = {buyer.pk: buyer.merged_into_id or buyer.pk for buyer in buyers}
    found: dict[int, set[int]] = defaultdict(set)
    rows = SegmentMember.objects.filter(customer__in=set(roots.values()))
    for pk, segment in rows.values_list("customer_id", "segment_id"):
        found[pk].add(segment)
    return {pk: found[root] for pk, root in roots.items()}


def marks_of(customer_ids: Iterable[int]) -> dict[int, tuple[set[str], set[str]]]:
    """Tags and segments of the persons behind these customers; three statements at most.

    By the id that was asked about, also where that was merged into another.
    """
    rows = Customer.objects.filter(pk__in=set(customer_ids)).annotate(
        root=Coalesce("merged_into", F("pk"))
    )
    roots = dict(rows.values_list("pk", "root"))
    wanted = sorted(set(roots.values()))
    tags, segments = tags_by_person(wanted), segments_by_person(wanted)
    return {pk: (tags.get(root, set()), segments.get(root, set())) for pk, root in roots.items()}


def segment_choices() -> tuple[tuple[str, str], ...]:
    """Code and name of every segment, ended ones too: rules may still ask about them."""
    return tuple(Segment.objects.order_by("name").values_list("code", "name"))


def segment_by_code(code: str) -> Segment | None:
    """The segment with this code, ended or not; or none."""
    return Segment.objects.filter(code=code).first()


def segments_offered(kept: int | None = None) -> QuerySet[Segment]:
    """Segments that have not ended, by name, and the one of this key that is chosen already."""
    return Segment.objects.filter(Q(ended_at=None) | Q(pk=kept)).order_by("name")


def segment_invariants() -> list[Invariant]:
    """What `check_ledgers` proves of segments."""
    return [
        Invariant(
            "segments.members",
            "Whoever is in a segment is alive and known by that number, and the segment has not ended.",
            SegmentMember.objects.count,
            _strays,
        ),
    ]


def _strays() -> Iterator[str]:
    rows = SegmentMember.objects.filter(
        Q(customer__merged_into__isnull=False)
        | Q(customer__subject__erased_at__isnull=False)
        | Q(segment__ended_at__isnull=False)
    )
    for code, number in rows.order_by("pk").values_list("segment__code", "customer__number"):
        yield f"{number} stands in {code}"
