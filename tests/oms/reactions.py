"""Consumers and jobs for the kernel's own tests: they leave marks in counters."""

from django.db.models import F

from oms import jobs
from oms.errors import DomainError
from oms.events import takes_many
from oms.models import Counter


class NotNow(DomainError):
    code = "not_now"
    message = "Not before {hour} o'clock."


def count(event):
    """Add one; running twice would show."""
    Counter.objects.get_or_create(name="count")
    Counter.objects.filter(name="count").update(value=F("value") + 1)


def follow(event):
    """Remember the last sequence of each subject; out of order, or twice, would show."""
    name = f"last:{event.subject_id}"
    row, _ = Counter.objects.get_or_create(name=name)
    if row.value != event.sequence - 1:
        Counter.objects.create(name=f"wrong:{event.subject_id}:{event.sequence}")
    Counter.objects.filter(pk=row.pk).update(value=event.sequence)


@takes_many
def tally(events):
    """Remember how many came at once, and follow each."""
    Counter.objects.get_or_create(name="calls")
    Counter.objects.filter(name="calls").update(value=F("value") + 1)
    for event in events:
        if event.facts.get("bad"):
            raise NotNow(hour=9)
        follow(event)


def refuse(event):
    Counter.objects.create(name=f"undone:{event.pk}")
    raise NotNow(hour=9)


def stumble(event):
    msg = "ada@example.com is not in the list"
    raise ValueError(msg)


def pass_on(event):
    from oms import events

    events.record("test.passed_on", Counter.objects.get(pk=event.subject_id), by="consumer:pass_on")


def three_rows(job):
    jobs.progress(job, 0, 3)
    for number in range(1, 4):
        jobs.row(job, f"row {number}", ok=number != 2, message="" if number != 2 else "too small")
        jobs.progress(job, number)


def many_rows(job):
    for number in range(1_200):
        jobs.row(job, str(number), ok=number % 400 != 0)
        jobs.progress(job, number + 1, 1_200)


def refused(job):
    raise NotNow(hour=9)


def broken(job):
    msg = "ada@example.com"
    raise ValueError(msg)


def with_file(job):
    from io import BytesIO

    jobs.attach(job, "report.csv", BytesIO(b"sku,quantity\nMUG,1\n"))


def slow(job):
    import time

    Counter.objects.create(name=f"slow:{job.pk}:{Counter.objects.count()}")
    time.sleep(float(job.params["seconds"]))


runs = []


def sweep():
    runs.append("swept")
    return 7


def trip():
    msg = "Ada Lovelace"
    raise ValueError(msg)
