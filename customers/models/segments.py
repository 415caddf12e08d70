"""Segments: customers who fulfil a condition, as named and versioned data."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.models.people import Customer
from oms.models import AppendOnly
from oms.querysets import LockingQuerySet


class Segment(models.Model):
    """A group of customers that fills itself; what it asks stands in its newest version."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100, unique=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    filled_version = models.PositiveIntegerField(default=0)  # that all customers were asked last
    filled_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("edit_segment", "Can write and end segments of customers")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(filled_at=None, filled_version=0)
                | Q(filled_at__isnull=False, filled_version__gt=0),
                name="customers_segment_filled_has_version",
                violation_error_message="A segment was filled by one of its versions.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SegmentVersion(AppendOnly):
    """What a segment asks of customers from a moment on; the newest version is in force."""

    segment = models.ForeignKey(Segment, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    conditions = models.JSONField()  # see oms.conditions
    note = models.CharField(max_length=300, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "number"],
                name="customers_segment_version_number",
                violation_error_message="Versions of a segment are numbered.",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1),
                name="customers_segment_version_counts",
                violation_error_message="Versions count from 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"


class SegmentMember(models.Model):
    """Somebody who is in a segment now; kept by one operation, proven by `check_ledgers`."""

    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="members", db_index=False
    )  # the unique constraint is its index
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="memberships")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "customer"],
                name="customers_segment_member_once",
                violation_error_message="A customer is in a segment once.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.segment_id}"
