"""The keys of people: destroyed by erasure and at the end of retention, re-wrapped by rotation."""

from collections.abc import Callable, Sequence

from django.db import models, transaction
from django.utils import timezone

from customers.models import Customer, CustomerTag, DataSubject, SegmentMember
from customers.queries import family_of
from oms import events, sealed

BATCH = 500
KEYS = ("operational_key", "fiscal_key")


@transaction.atomic
def erase(subject: DataSubject, *, by: str, reason: str) -> DataSubject:
    """Destroy a person's operational key and blind index, so that nothing of theirs opens again.

    Every copy of an envelope, in history and backups of those rows too, is unreadable at once.
    Other processes may still hold the unwrapped key in memory, under the wrapped bytes that they
    read from this row; the row has none any more, so nothing leads to it. Issued documents stay
    readable under the fiscal key. Erasing an erased person changes nothing and returns them.
    Their tags and segments go, too. Customers who were merged are one person and go together. `reason` stays in the trail for good
    and must not name the person.
    """
    now = timezone.now()
    people = DataSubject.objects.lock(*sorted(_same_person(subject)))
    living = [row for row in people if row.erased_at is None]

    for row in living:
        row.operational_key = None
        row.erased_at = now
        row.save(update_fields=["operational_key", "erased_at"])
        row.tokens.all().delete()
    CustomerTag.objects.filter(customer__subject__in=living).delete()
    SegmentMember.objects.filter(customer__subject__in=living).delete()
    events.record_all(
        [events.Fact("customer.erased", _face_of(row), {"reason": reason}) for row in living], by=by
    )
    transaction.on_commit(sealed.forget_keys)
    return next(row for row in people if row.pk == subject.pk)


def _same_person(subject: DataSubject) -> list[int]:
    customer = Customer.objects.filter(subject=subject).first()
    if customer is None:
        return [subject.pk]
    family = Customer.objects.filter(pk__in=family_of(customer))
    return list(family.values_list("subject", flat=True))


@transaction.atomic
def destroy_fiscal_keys(subjects: Sequence[DataSubject], *, by: str) -> list[DataSubject]:
    """Destroy the fiscal keys of erased people whose documents need not be kept any longer.

    Whoever is not erased, or has no key any more, is left alone; the others are returned.
    """
    locked = DataSubject.objects.lock(*(subject.pk for subject in subjects))
    due = [row for row in locked if row.erased_at is not None and row.fiscal_key is not None]

    for subject in due:
        subject.fiscal_key = None
    DataSubject.objects.bulk_update(due, ["fiscal_key"], batch_size=BATCH)
    events.record_all([events.Fact("customer.documents_expired", _face_of(s)) for s in due], by=by)
    transaction.on_commit(sealed.forget_keys)
    return due


def rotate_keys(*, by: str, progress: Callable[[int], None] | None = None) -> int:  # noqa: ARG001
    """Wrap every data key by the newest master key and return how many rows that changed.

    Commits batch by batch: interrupted, it goes on where it stopped, because keys that are
    current are passed over. Data is neither read nor written. `progress` is told the rows seen.
    """
    changed = last = 0
    while pks := list(_after(last)):
        changed += _rewrap(pks)
        last = pks[-1]
        if progress is not None:
            progress(len(pks))
    sealed.forget_keys()
    return changed


def _after(pk: int) -> models.QuerySet[DataSubject, int]:
    rows = DataSubject.objects.filter(pk__gt=pk).order_by("pk")
    return rows.values_list("pk", flat=True)[:BATCH]


@transaction.atomic
def _rewrap(pks: Sequence[int]) -> int:
    """Re-wrap one batch under lock, so that no key that is being destroyed comes back."""
    rows = [row for row in DataSubject.objects.lock(*pks) if _is_old(row)]
    for row in rows:
        for name in KEYS:
            if wrapped := getattr(row, name):
                setattr(row, name, sealed.wrap(sealed.unwrap(bytes(wrapped))))
    DataSubject.objects.bulk_update(rows, KEYS)
    return len(rows)


def _is_old(subject: DataSubject) -> bool:
    wrapped = [getattr(subject, name) for name in KEYS]
    return any(key and not sealed.is_current(bytes(key)) for key in wrapped)


def _face_of(subject: DataSubject) -> models.Model:
    """What the trail shows: the customer under its readable number, if the person is one."""
    return getattr(subject, "customer", subject)
