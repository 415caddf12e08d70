"""Writing segments, and keeping their members.

They are found all at once when what a segment asks changes, one by one as things happen, and again
and again where only time passes.

Whoever changes members has locked the segments, in key order, before asking for facts: what is
written is at least as new as what another wrote before. Acting twice changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.text import slugify

from customers.models import Customer, Segment, SegmentMember, SegmentVersion
from customers.queries.population import TIMED, VOCABULARY, People, everybody, facts_of, those
from customers.queries.segments import Asking, segments_in_force
from oms import events, jobs
from oms.conditions import refuse_bad
from oms.errors import DomainError

LONGEST_NAME = 100
TIMED_EVERY = timedelta(hours=1)
ALL_EVERY = timedelta(days=1)
Progress = Callable[[int, int], None]


class BadSegment(DomainError):
    """A segment has a name of its own, from which a code can be made."""

    code = "bad_segment"
    message = "{reason}"


class SegmentChanged(DomainError):
    """Somebody wrote another version since this person looked."""

    code = "segment_changed"
    message = "{name} has version {newest} meanwhile. Read it, then write yours again."


class SegmentEnded(DomainError):
    """What has ended asks nobody any more."""

    code = "segment_ended"
    message = "{name} has ended."


@dataclass(slots=True)
class Moved:
    """Codes of segments that persons came into and fell out of, by id."""

    entered: dict[int, list[str]] = field(default_factory=dict)
    left: dict[int, list[str]] = field(default_factory=dict)


@transaction.atomic
def define_segment(
    name: str, conditions: Mapping[str, Any], *, by: str, note: str = ""
) -> SegmentVersion:
    """Write a new segment, whose members a worker begins to find.

    Its code is made of the name and stays. Raises BadSegment, and BadCondition with the place of
    each mistake.
    """
    name = _checked(name)
    refuse_bad(conditions, VOCABULARY)
    code = slugify(name)[:40].strip("-")
    if not code or Segment.objects.filter(code=code).exists():
        raise BadSegment(reason=f"Choose another name: there is no free code for {name}.")

    segment = Segment.objects.create(code=code, name=name, created_by=by)
    return _next_version(segment, conditions, by=by, note=note)


@transaction.atomic
def redefine_segment(
    segment: Segment,
    name: str,
    conditions: Mapping[str, Any],
    *,
    by: str,
    note: str = "",
    newest: int | None = None,
) -> SegmentVersion:
    """Write the next version of a segment, in force from now on; its members are found anew.

    Until that is done, members of before stand. `newest` is the number of the version that the
    person has seen. Raises SegmentChanged, SegmentEnded, BadSegment and BadCondition.
    """
    segment = Segment.objects.lock_one(segment.pk)
    name = _checked(name, segment)
    refuse_bad(conditions, VOCABULARY)
    last = segment.versions.aggregate(last=Max("number"))["last"]
    if segment.ended_at:
        raise SegmentEnded(name=segment.name)
    if newest is not None and last > newest:
        raise SegmentChanged(name=segment.name, newest=last)

    segment.name = name
    segment.save(update_fields=["name"])
    return _next_version(segment, conditions, by=by, note=note)


@transaction.atomic
def end_segment(segment: Segment, *, by: str, reason: str) -> Segment:
    """Let a segment ask nobody any more: it has no members from now on, its versions stay.

    Price lists for it are for nobody then. Raises SegmentEnded.
    """
    segment = Segment.objects.lock_one(segment.pk)
    if segment.ended_at:
        raise SegmentEnded(name=segment.name)

    segment.ended_at = timezone.now()
    segment.save(update_fields=["ended_at"])
    left, _ = SegmentMember.objects.filter(segment=segment).delete()
    events.record("segment.ended", segment, by=by, reason=reason, members=left)
    return segment


def fill_segments(keys: Iterable[int], *, progress: Progress | None = None) -> int:
    """Ask every customer what these segments ask, a handful in a transaction; how many moved.

    Interrupted, it may begin again. Whoever comes into a segment by its first version, or by a new
    one, is told of once for all, in `segment.filled`; later moves are told one by one.
    """
    asking = segments_in_force(keys)
    wanted = {one.segment: one for one in asking}
    began = timezone.now()
    known = Segment.objects.filter(pk__in=wanted, filled_version__gt=0)
    told = {
        pk
        for pk, number in known.values_list("pk", "filled_version")
        if number == wanted[pk].number
    }
    total, seen = Customer.objects.count() if progress else 0, 0
    entered, left = dict.fromkeys(wanted, 0), dict.fromkeys(wanted, 0)
    for people in everybody() if wanted else ():
        moved = _settle(people, wanted, told)
        for one in wanted.values():
            entered[one.segment] += sum(one.code in codes for codes in moved.entered.values())
            left[one.segment] += sum(one.code in codes for codes in moved.left.values())
        seen += len(people.roots)
        if progress:
            progress(min(seen, total), total)
    for one in asking:
        _filled(one, began, entered[one.segment], left[one.segment])
    return sum(entered.values()) + sum(left.values())


def settle_segments(customer_ids: Iterable[int]) -> int:
    """Ask these customers what all segments ask, as something happened to them; how many moved."""
    asking = {one.segment: one for one in segments_in_force()}
    people = those(customer_ids) if asking else People({})
    if not people.roots:
        return 0
    moved = _settle(people, asking, set(asking))
    return len(moved.entered) + len(moved.left)


def sweep_segments() -> int:
    """Fill what time alone changes, each hour, and everything each day; how many moved.

    Also what was never filled, because the worker that should have died.
    """
    now = timezone.now()
    asking = {one.segment: one for one in segments_in_force()}
    due = [
        pk
        for pk, number, at in Segment.objects.filter(pk__in=asking)
        .order_by("pk")
        .values_list("pk", "filled_version", "filled_at")
        if number != asking[pk].number
        or at is None
        or at <= now - (TIMED_EVERY if asking[pk].names & TIMED else ALL_EVERY)
    ]
    return fill_segments(due) if due else 0


@transaction.atomic
def _settle(people: People, asking: Mapping[int, Asking], told: set[int]) -> Moved:
    """Make the members among these people what they should be; tell of moves of some segments."""
    in_force = {row.pk for row in _locked(asking) if row.ended_at is None}
    newest = _newest(in_force)
    current = [one for one in asking.values() if newest.get(one.segment) == one.number]
    names = frozenset().union(*(one.names for one in current))
    facts = facts_of(people, names, timezone.now())
    have = _members(people, {one.segment for one in current})
    moved, new, gone = Moved(), [], []
    for one in current:
        should = {pk for pk, row in facts.items() if one.fits(row)}
        was = have.get(one.segment, {})
        for pk in sorted(should - was.keys()):
            new.append(SegmentMember(segment_id=one.segment, customer_id=pk))
            moved.entered.setdefault(pk, []).append(one.code)
        for pk in sorted(was.keys() - should):
            gone.append(was[pk])
            moved.left.setdefault(pk, []).append(one.code)
    SegmentMember.objects.filter(pk__in=gone).delete()
    SegmentMember.objects.bulk_create(new, batch_size=1_000)
    _tell(moved, {one.code for one in current if one.segment in told})
    return moved


def _locked(keys: Iterable[int]) -> list[Segment]:
    return Segment.objects.lock(*keys)


def _newest(segments: Iterable[int]) -> dict[int, int]:
    """Numbers of the versions in force: whoever asks by an earlier one has come too late."""
    rows = SegmentVersion.objects.filter(segment__in=segments).order_by()
    return dict(rows.values_list("segment").annotate(Max("number")))


def _members(people: People, segments: set[int]) -> dict[int, dict[int, int]]:
    """Key of each membership by segment and customer."""
    have: dict[int, dict[int, int]] = {}
    rows = SegmentMember.objects.filter(people.under("customer"), segment__in=segments)
    for pk, segment, customer in rows.values_list("pk", "segment_id", "customer_id"):
        have.setdefault(segment, {})[customer] = pk
    return have


def _tell(moved: Moved, codes: set[str]) -> None:
    """One event for each person who moved."""
    moves: dict[int, dict[str, list[str]]] = {}
    for name in ("entered", "left"):
        for pk, found in getattr(moved, name).items():
            if those_told := [code for code in found if code in codes]:
                moves.setdefault(pk, {"entered": [], "left": []})[name] = those_told
    rows = {row.pk: row for row in Customer.objects.lock(*moves)}
    facts = [
        events.Fact("customer.segments_changed", rows[pk], dict(move))
        for pk, move in sorted(moves.items())
    ]
    if facts:
        events.record_all(facts, by="system")


@transaction.atomic
def _filled(one: Asking, began: datetime, entered: int, left: int) -> None:
    segment = Segment.objects.lock_one(one.segment)
    if segment.ended_at or _newest([segment.pk])[segment.pk] != one.number:
        return
    is_new = segment.filled_version != one.number
    segment.filled_version, segment.filled_at = one.number, began
    segment.save(update_fields=["filled_version", "filled_at"])
    if is_new:
        facts = {"version": one.number, "entered": entered, "left": left}
        events.record("segment.filled", segment, by="system", **facts)


def _checked(name: str, segment: Segment | None = None) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadSegment(reason=f"A segment has a name of at most {LONGEST_NAME} characters.")
    others = Segment.objects.filter(name=name)
    if others.exclude(pk=segment.pk if segment else 0).exists():
        raise BadSegment(reason=f"There is another segment {name}.")
    return name


def _next_version(
    segment: Segment, conditions: Mapping[str, Any], *, by: str, note: str
) -> SegmentVersion:
    last = segment.versions.aggregate(last=Max("number"))["last"] or 0
    version = SegmentVersion.objects.create(
        segment=segment, number=last + 1, conditions=dict(conditions), note=note, created_by=by
    )
    events.record("segment.defined", segment, by=by, version=version.number)
    jobs.start("segment", f"Members of {segment}", {"segment": segment.pk}, by=by)
    return version
