"""Customers who are one person: suspicions, and merges that can be undone."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from customers.enums import DuplicateState
from customers.models.people import Customer
from oms.querysets import LockingQuerySet


class DuplicatePair(models.Model):
    """Two customers who may be one person, and what somebody decided about it."""

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    reasons = models.JSONField(default=list)  # such as phone, name
    state = models.CharField(max_length=10, choices=DuplicateState, default=DuplicateState.OPEN)
    found_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="customers_pair_unique"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")),
                name="customers_pair_in_order",
                violation_error_message="The older customer of a pair stands first.",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="customers_pair_state")]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"


class CustomerMerge(models.Model):
    """One customer was found to be another; kept for good, also when it is undone."""

    survivor = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    merged = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    moved = models.JSONField(default=list)  # customers merged into the merged one before, by id
    # What the survivor lacked and got: company, buyer, wishes, messages that are stopped (`muted`);
    # and which it had stopped before (`own`).
    taken = models.JSONField(default=dict)
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merged"],
                name="customers_merged_once",
                condition=Q(undone_at=None),
                violation_error_message="This customer is already merged into another.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} into {self.survivor_id}"
