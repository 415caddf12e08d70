"""Tasks: what people are to do about orders."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.querysets import LockingQuerySet
from orders.models.claim import CLAIM_SAYS, CLAIM_WHOLE, Claimable


class Task(Claimable):
    """Something a person is to do about an order; who, until when, and that it was done."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200)  # a verb first; no personal data
    owner = models.CharField(max_length=80)  # a role
    due_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    done_by = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)  # what came of it

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("create_task", "Can give tasks about orders"),
            ("finish_task", "Can finish tasks about orders"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "owner", "title"],
                condition=Q(done_at=None),
                name="orders_task_one_open",
                violation_error_message="This task is open already.",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by="") | Q(done_at__isnull=False) & ~Q(done_by=""),
                name="orders_task_done_by_somebody",
                violation_error_message="A task that is done was done by somebody.",
            ),
            models.CheckConstraint(
                condition=CLAIM_WHOLE,
                name="orders_task_claim_whole",
                violation_error_message=CLAIM_SAYS,
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"], name="orders_task_open", condition=Q(done_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.title
