"""What a warehouse system says it has, against the book."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.enums import ReportStatus
from oms.querysets import LockingQuerySet


class InventoryReport(models.Model):
    """An inventory report (X12 846, EDIFACT INVRPT): quantities at one location at one moment."""

    number = models.CharField(max_length=20, unique=True)
    location = models.ForeignKey(
        "inventory.Location", models.PROTECT, related_name="inventory_reports"
    )
    reference = models.CharField(max_length=80)  # the sender's; a repeat changes nothing
    as_of = models.DateTimeField()  # when it was true
    complete = models.BooleanField(default=False)  # what it does not name is not there
    rows = models.JSONField()  # [[row, sku, condition, quantity], ...] as stated
    num_rows = models.PositiveIntegerField()  # a list of reports reads no rows
    results = models.JSONField(default=list)  # one for each row, once posted
    status = models.CharField(max_length=10, choices=ReportStatus, default=ReportStatus.DRAFT)
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("post_inventoryreport", "Can draft, post and discard inventory reports")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["location", "reference"],
                name="inventory_report_reference_once",
                violation_error_message="This location has already sent a report of this name.",
            ),
            models.CheckConstraint(
                condition=Q(status=ReportStatus.DRAFT, decided_at=None)
                | (~Q(status=ReportStatus.DRAFT) & Q(decided_at__isnull=False)),
                name="inventory_report_decided_has_time",
                violation_error_message="A decided report says when it was decided.",
            ),
        ]

    def __str__(self) -> str:
        return self.number
