"""Merging customers who are one person: a pointer from one to the other, which can be taken away."""

from django.db import transaction
from django.utils import timezone

from customers.enums import DuplicateState
from customers.models import Customer, CustomerMerge, DuplicatePair, SegmentMember
from customers.operations import belongings
from customers.queries import suspected_pairs
from oms import events
from oms.errors import DomainError
from oms.history import stamp

BATCH = 500


class CannotMerge(DomainError):
    """The two are the same already, or one of them is erased."""

    code = "cannot_merge"
    message = "{merged} cannot be merged into {survivor}: {reason}"


class NotMerged(DomainError):
    """There is no merge to undo."""

    code = "not_merged"
    message = "{number} is not merged into another customer."


@transaction.atomic
def merge(merged: Customer, *, into: Customer, by: str, reason: str) -> CustomerMerge:
    """Say that a customer is the same person as another, who is known from now on.

    New orders of either go to the survivor; earlier ones stay where they are and are shown, owed,
    exported and erased together. Terms, group and company of the survivor count; a company with the
    role and limits in it, and delivery wishes, it takes over where it has none. Whoever was merged
    into `merged` before follows. Raises CannotMerge.
    """
    first, second = sorted([merged.pk, into.pk])
    locked = {row.pk: row for row in Customer.objects.select_related("subject").lock(first, second)}
    merged, survivor = locked[merged.pk], locked[into.pk]
    _refuse(merged, survivor)

    followers = list(Customer.objects.lock(*_followers(merged)))
    for row in [merged, *followers]:
        _point(row, survivor, by=by, reason=reason)
    # The survivor's segments are settled by a consumer; this number stands in none from now on.
    SegmentMember.objects.filter(customer__in=[merged, *followers]).delete()
    done = CustomerMerge.objects.create(
        survivor=survivor,
        merged=merged,
        moved=[row.pk for row in followers],
        taken=belongings.take_over(merged, survivor, by=by, reason=reason),
        reason=reason,
        by=by,
    )
    _decide(first, second, DuplicateState.MERGED, by=by)
    events.record("customer.merged", merged, by=by, into=survivor.number, reason=reason)
    events.record("customer.absorbed", survivor, by=by, merged=merged.number, reason=reason)
    return done


@transaction.atomic
def undo_merge(merged: Customer, *, by: str, reason: str) -> CustomerMerge:
    """Take a merge back: the customer and those who followed stand by themselves again.

    Orders placed meanwhile stay with the survivor, under whose key they are sealed. Raises
    NotMerged.
    """
    pair = CustomerMerge.objects.filter(merged=merged, undone_at=None).first()
    keys = {merged.pk, pair.survivor_id} if pair else {merged.pk}
    locked = {row.pk: row for row in Customer.objects.select_related("subject").lock(*keys)}
    merged = locked[merged.pk]
    done = CustomerMerge.objects.filter(merged=merged, undone_at=None).first()
    if done is None:
        raise NotMerged(number=merged.number)

    _point(merged, None, by=by, reason=reason)
    belongings.give_back(merged, locked[done.survivor_id], done.taken, by=by, reason=reason)
    followers = Customer.objects.lock(*done.moved)
    for row in followers:
        if row.merged_into_id == done.survivor_id:
            _point(row, merged, by=by, reason=reason)
    done.undone_by, done.undone_at = by, timezone.now()
    done.save(update_fields=["undone_by", "undone_at"])
    first, second = sorted([merged.pk, done.survivor_id])
    _decide(first, second, DuplicateState.DISMISSED, by=by)
    events.record("customer.unmerged", merged, by=by, survivor=done.survivor.number, reason=reason)
    return done


@transaction.atomic
def suspect_duplicate(one: Customer, other: Customer) -> DuplicatePair:
    """Put two customers side by side on somebody's word, to be merged or kept apart.

    What was decided about them before is open again. Raises CannotMerge.
    """
    first, second = sorted([one.pk, other.pk])
    locked = {row.pk: row for row in Customer.objects.select_related("subject").lock(first, second)}
    _refuse(locked[one.pk], locked[other.pk])

    undecided = {"state": DuplicateState.OPEN, "decided_by": "", "decided_at": None}
    pair, _ = DuplicatePair.objects.update_or_create(
        first_id=first, second_id=second, defaults=undecided
    )
    return pair


@transaction.atomic
def dismiss_duplicate(pair: DuplicatePair, *, by: str) -> DuplicatePair:
    """Say that two customers are two people; they are not suspected again."""
    pair = DuplicatePair.objects.lock_one(pair.pk)
    if pair.state == DuplicateState.OPEN:
        _decide(pair.first_id, pair.second_id, DuplicateState.DISMISSED, by=by)
        pair.refresh_from_db()
    return pair


def find_duplicates() -> int:
    """Write down every suspicion that is new; how many. What was decided stays decided."""
    before = DuplicatePair.objects.count()
    batch: list[DuplicatePair] = []
    for first, second, reasons in suspected_pairs():
        batch.append(DuplicatePair(first_id=first, second_id=second, reasons=reasons))
        if len(batch) >= BATCH:
            DuplicatePair.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    DuplicatePair.objects.bulk_create(batch, ignore_conflicts=True)
    return DuplicatePair.objects.count() - before


def _refuse(merged: Customer, survivor: Customer) -> None:
    reason = ""
    if merged.pk == survivor.pk:
        reason = "They are the same customer."
    elif merged.merged_into_id:
        reason = "It is merged already."
    elif survivor.merged_into_id:
        reason = "The other is merged into a third; merge into that one."
    elif merged.subject.erased_at or survivor.subject.erased_at:
        reason = "An erased person is nobody any more."
    if reason:
        raise CannotMerge(merged=merged.number, survivor=survivor.number, reason=reason)


def _followers(merged: Customer) -> list[int]:
    rows = Customer.objects.filter(merged_into=merged).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _point(row: Customer, to: Customer | None, *, by: str, reason: str) -> None:
    row.merged_into = to
    stamp(row, by=by, reason=reason)
    row.save(update_fields=["merged_into"])


def _decide(first: int, second: int, state: DuplicateState, *, by: str) -> None:
    DuplicatePair.objects.update_or_create(
        first_id=first,
        second_id=second,
        defaults={"state": state, "decided_by": by, "decided_at": timezone.now()},
    )
