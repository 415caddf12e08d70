"""What must hold in the outbox, for `check_ledgers`."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, Max, Min, OuterRef

from oms.dispatch import wired
from oms.ledgers import Invariant
from oms.models import Delivery, Event


def invariants() -> list[Invariant]:
    """The invariants of the kernel."""
    return [
        Invariant(
            "event.sequence",
            "The events of each subject are numbered 1, 2, 3 ... without gaps.",
            count=Event.objects.count,
            violations=_gaps,
        ),
        Invariant(
            "event.position",
            "The feed's positions are 1, 2, 3 ... without gaps.",
            count=Event.objects.exclude(position=None).count,
            violations=_missing_positions,
        ),
        Invariant(
            "event.delivered",
            "Every event in the feed has a delivery for each consumer that takes all of its kind.",
            count=Delivery.objects.count,
            violations=_undelivered,
        ),
    ]


def _gaps() -> Iterator[str]:
    subjects = Event.objects.order_by().values("subject_type", "subject_id")
    counted = subjects.annotate(events=Count("pk"), first=Min("sequence"), last=Max("sequence"))
    for row in counted.exclude(first=1, last=F("events")).iterator():
        yield (
            f"{row['subject_type']} {row['subject_id']}: {row['events']} events numbered "
            f"{row['first']} to {row['last']}"
        )


def _missing_positions() -> Iterator[str]:
    found = Event.objects.aggregate(events=Count("position"), last=Max("position"))
    if found["events"] != (found["last"] or 0):
        yield f"{found['events']} events have positions up to {found['last']}"


def _undelivered() -> Iterator[str]:
    """A consumer answers for what was given its position after its first delivery.

    One that chooses among its events cannot: nobody knows any more what it had chosen by then.
    """
    rows = Delivery.objects.order_by().values_list("event__name", "consumer")
    first = {(name, path): at for name, path, at in rows.annotate(at=Min("event__position"))}
    begun = [pair for pair in wired.pairs() if first.get(pair) is not None]
    choosy = {path for path in {path for _, path in begun} if wired.heeds(path) is not None}
    for name, consumer in begun:
        if consumer in choosy:
            continue
        mine = Delivery.objects.filter(consumer=consumer)
        events = Event.objects.filter(name=name, position__gte=first[name, consumer])
        for event in events.exclude(Exists(mine.filter(event=OuterRef("pk")))).iterator():
            yield f"{event}: not delivered to {consumer}"
