"""Shapes of tasks in the API."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.utils import timezone

from oms.wire import Sent, message, utc
from orders.models import Task
from orders.serializers.orders import Moment

Role = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


@message
class TaskIn(Sent):
    """What is to be done about an order, by which role; no names or addresses, it is not erased."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    owner: Role
    due_at: Moment | None = None


@message
class TaskDoneIn(Sent):
    """What came of it; no names or addresses."""

    note: Annotated[str, msgspec.Meta(max_length=300)] = ""


@message
class TaskOut(msgspec.Struct):
    """Something a person is to do about an order.

    `claimed_by` is who works on it, for eight hours at most.
    """

    id: int
    order: str
    title: str
    owner: str
    due_at: datetime | None
    created_at: datetime
    claimed_by: str
    done_at: datetime | None
    done_by: str
    note: str

    @classmethod
    def of(cls, task: Task) -> "TaskOut":
        """As the API shows it; read with its order."""
        return cls(
            task.pk,
            task.order.number,
            task.title,
            task.owner,
            utc(task.due_at),
            utc(task.created_at),
            task.claimant(timezone.now()) if task.done_at is None else "",
            utc(task.done_at),
            task.done_by,
            task.note,
        )
