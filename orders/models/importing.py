"""Files of orders: who sent one, what became of it, and which orders came out of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ImportBatch(models.Model):
    """One file of orders.

    Its name is not kept, as it may name people. Its content is, sealed and for a few days, while
    rows of it wait to be mended.
    """

    number = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey("orders.Channel", models.PROTECT, related_name="imports")
    profile = models.CharField(max_length=80)  # what its columns mean; empty for JSON
    form = models.CharField(max_length=4)  # csv, xlsx or json
    size = models.BigIntegerField(default=0)  # bytes of the upload; 0: read from a command's disk
    upload = models.CharField(max_length=80, blank=True)  # where it lies sealed; empty: gone
    dry_run = models.BooleanField(default=False)  # nothing was placed so far
    job = models.OneToOneField("oms.Job", models.PROTECT, null=True, related_name="import_batch")
    undo = models.OneToOneField("oms.Job", models.PROTECT, null=True, related_name="undone_import")
    rows = models.PositiveIntegerField(default=0)  # that went into orders or credits
    known = models.PositiveIntegerField(default=0)  # orders sent before with the same content
    failed = models.PositiveIntegerField(default=0)  # orders that were not placed
    left_out = models.PositiveIntegerField(default=0)  # rows, or whole orders, told in the report
    would_place = models.PositiveIntegerField(default=0)  # orders of the last dry run
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "import", "imports"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(form__in=["csv", "xlsx", "json"]), name="orders_import_form_known"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="orders_import_kept", condition=~Q(upload="")),
        ]

    def __str__(self) -> str:
        return self.number


class ImportedOrder(models.Model):
    """An order that a file placed; written in the same transaction as the order."""

    batch = models.ForeignKey(ImportBatch, models.PROTECT, related_name="orders")
    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="imported")

    def __str__(self) -> str:
        return f"{self.batch_id} {self.order_id}"
