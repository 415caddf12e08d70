"""Tasks: what people are to do about orders."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from orders.models import Order, Task
from orders.operations.pipeline import lock_order


class TaskDone(DomainError):
    """Somebody was faster."""

    code = "task_done"
    message = "This task is done already, by {by}."


@transaction.atomic
def create_task(
    order: Order, *, by: str, title: str, owner: str, due_at: datetime | None = None
) -> Task:
    """Ask a role to do something about an order. Asked again while it is open, it is the same task."""
    order = lock_order(order)
    if known := Task.objects.filter(order=order, owner=owner, title=title, done_at=None).first():
        return known

    task = Task.objects.create(order=order, title=title, owner=owner, due_at=due_at, created_by=by)
    events.record("order.task_created", order, by=by, task=task.pk, title=title, owner=owner)
    return task


@transaction.atomic
def finish_task(task: Task, *, by: str, note: str = "") -> Task:
    """Say that a task is done, and what came of it. Raises TaskDone."""
    order = lock_order(task.order)
    task = Task.objects.lock_one(task.pk)
    if task.done_at is not None:
        raise TaskDone(by=task.done_by)

    task.done_by, task.done_at, task.note = by, timezone.now(), note
    task.save(update_fields=["done_by", "done_at", "note"])
    events.record("order.task_done", order, by=by, task=task.pk, title=task.title, note=note)
    return task
