"""Tasks: what people are to do about orders."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from oms.words import names_of
from orders.models import Order, Task
from orders.operations.pipeline import lock_order
from orders.queries.colleagues import role_named


class TaskDone(DomainError):
    """Somebody was faster."""

    code = "task_done"
    message = "This task is done already, by {by}."


class TaskClaimed(DomainError):
    """Somebody else is working on it."""

    code = "task_claimed"
    message = "{who} is working on this since {since} (UTC)."


class TaskNotClaimed(DomainError):
    """Nobody is working on it, so nobody can give it back."""

    code = "task_not_claimed"
    message = "Nobody is working on this."


@transaction.atomic
def create_task(
    order: Order, *, by: str, title: str, owner: str, due_at: datetime | None = None
) -> Task:
    """Ask a role, named in any case, to do something about an order. Asked again while it is open, it is the same task."""
    order, owner = lock_order(order), role_named(owner)
    if known := Task.objects.filter(order=order, owner=owner, title=title, done_at=None).first():
        return known

    task = Task.objects.create(order=order, title=title, owner=owner, due_at=due_at, created_by=by)
    events.record("order.task_created", order, by=by, task=task.pk, title=title, owner=owner)
    return task


@transaction.atomic
def finish_task(task: Task, *, by: str, note: str = "") -> Task:
    """Say that a task is done, and what came of it. Raises TaskDone."""
    order, task = _locked(task)

    task.done_by, task.done_at, task.note = by, timezone.now(), note
    task.save(update_fields=["done_by", "done_at", "note"])
    events.record("order.task_done", order, by=by, task=task.pk, title=task.title, note=note)
    return task


@transaction.atomic
def claim_task(task: Task, *, by: str) -> Task:
    """Say that one works on a task, for a shift of eight hours at most.

    A repeat changes nothing, unless the claim has lapsed: then it begins anew. Raises TaskClaimed
    when somebody else was faster, and TaskDone.
    """
    (order, task), now = _locked(task), timezone.now()
    if task.claimed_by == by and task.is_claimed(now):
        return task
    _refuse_claimed(task)

    task.claimed_by, task.claimed_at = by, now
    task.save(update_fields=["claimed_by", "claimed_at"])
    events.record("order.task_claimed", order, by=by, task=task.pk, title=task.title)
    return task


@transaction.atomic
def give_back_task(task: Task, *, by: str) -> Task:
    """Work on a task no longer. Raises TaskNotClaimed, TaskClaimed by somebody else, TaskDone."""
    order, task = _locked(task)
    if not task.claimed_by:
        raise TaskNotClaimed
    if task.claimed_by != by:
        _refuse_claimed(task)

    task.claimed_by, task.claimed_at = "", None
    task.save(update_fields=["claimed_by", "claimed_at"])
    events.record("order.task_given_back", order, by=by, task=task.pk, title=task.title)
    return task


def _locked(task: Task) -> tuple[Order, Task]:
    order = lock_order(task.order)
    task = Task.objects.lock_one(task.pk)
    if task.done_at is not None:
        raise TaskDone(by=names_of([task.done_by])[task.done_by])
    return order, task


def _refuse_claimed(task: Task) -> None:
    if task.claimed_at is None or not task.is_claimed(timezone.now()):
        return
    who = names_of([task.claimed_by])[task.claimed_by]
    raise TaskClaimed(who=who, since=f"{task.claimed_at:%H:%M}")
