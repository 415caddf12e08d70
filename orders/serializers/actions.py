"""Messages of the API about one act on many orders."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from oms.admin.runs import Forecast
from oms.models import Job, JobRow
from oms.wire import Sent, Short, message, utc

Action = Literal[
    "cancel",
    "lift_holds",
    "place_hold",
    "release",
    "release_now",
    "reroute",
    "set_priority",
    "tag",
    "untag",
]
Told = str | int | list[str] | None


@message
class ActionsIn(Sent):
    """One act on many orders: those named in `orders`, or all that match `filter`.

    `filter` takes what the list of orders takes; it must name at least one. `input` is what the
    act needs: `place_hold` kind, reason, owner; `lift_holds` reason; `cancel` reason, note;
    `set_priority` priority, reason; `tag` and `untag` tags; `release`, `release_now` and `reroute`
    nothing.
    `dry_run` counts what would be refused and does nothing.
    """

    action: Action
    orders: Annotated[list[Short], msgspec.Meta(min_length=1, max_length=100_000)] | None = None
    filter: dict[str, str] | None = None
    input: dict[str, Told] = {}
    dry_run: bool = False


@message
class ForecastOut(msgspec.Struct):
    """What a run would do now: orders in all, those that would not refuse, and why others would."""

    total: int
    allowed: int
    refused: dict[str, int]

    @classmethod
    def of(cls, forecast: Forecast) -> "ForecastOut":
        """As the API shows it."""
        return cls(forecast.total, forecast.allowed, dict(forecast.refused))


@message
class RunOut(msgspec.Struct):
    """A run: `state` is waiting, running, done, failed or stopped; `failed` counts refused rows too."""

    id: str
    title: str
    state: str
    total: int
    done: int
    failed: int
    error: str
    created_at: datetime | None
    finished_at: datetime | None
    undoes: str | None

    @classmethod
    def of(cls, job: Job) -> "RunOut":
        """As the API shows it."""
        return cls(
            id=str(job.public_id),
            title=job.title,
            state=job.state,
            total=job.total,
            done=job.done,
            failed=job.failed,
            error=job.error,
            created_at=utc(job.created_at),
            finished_at=utc(job.finished_at),
            undoes=str(job.undoes.public_id) if job.undoes else None,
        )


@message
class RunRowOut(msgspec.Struct):
    """What became of one order: `outcome` is waiting, done, refused or failed."""

    order: str
    outcome: str
    message: str

    @classmethod
    def of(cls, row: JobRow) -> "RunRowOut":
        """As the API shows it."""
        return cls(row.label, row.state, row.message)
