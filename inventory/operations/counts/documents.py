"""Locking and moving counts: the count first, then stock levels in key order."""

from django.utils import timezone

from inventory.enums import COUNT_MOVES, CountStatus
from inventory.models import Count, CountLine
from oms import events
from oms.errors import DomainError
from oms.history import stamp

ENDED = {CountStatus.POSTED, CountStatus.CANCELLED}


class WrongCountStatus(DomainError):
    """The count's status does not allow this."""

    code = "wrong_count_status"
    message = "{number} is {status}; this is not possible now."


def lock(count: Count) -> Count:
    """Lock the count's row and return it freshly read, with its location."""
    fresh = Count.objects.lock_one(count.pk)
    fresh.location = count.location
    return fresh


def lines_of(count: Count) -> list[CountLine]:
    """The lines with their levels and products, in the order of the sheet."""
    rows = count.lines.select_related("level__product", "level__location")
    return list(rows.order_by("position"))


def refuse_unless(count: Count, *statuses: str) -> None:
    """Raise WrongCountStatus unless the count is in one of these."""
    if count.status not in statuses:
        raise WrongCountStatus(number=count.number, status=count.get_status_display().lower())


def move(count: Count, to: str, *, by: str, reason: str = "", **facts: object) -> None:
    """Change the status by the table only, stamp its time, record the event.

    Raises WrongCountStatus.
    """
    if to not in COUNT_MOVES[count.status]:
        refuse_unless(count)
    count.status = to
    fields = ["status", *_stamp_time(count, to)]
    stamp(count, by=by, reason=reason)
    count.save(update_fields=fields)
    if to in ENDED:
        count.lines.update(is_open=False)
    events.record(f"count.{to}", count, by=by, location=count.location.code, **facts)


def _stamp_time(count: Count, to: str) -> list[str]:
    names = {CountStatus.COUNTING: "started_at", CountStatus.RECOUNT: "counted_at"}
    names |= {CountStatus.TO_APPROVE: "counted_at", CountStatus.POSTED: "ended_at"}
    name = names.get(CountStatus(to), "ended_at")
    setattr(count, name, timezone.now())
    return [name]
