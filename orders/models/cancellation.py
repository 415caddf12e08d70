"""Cancellations: what will not be supplied, who decided and why."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.models import AppendOnly
from oms.money import MoneyField
from orders.enums import CancelReason


class Cancellation(AppendOnly):
    """One act of cancelling, of the order or of some of its units."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="cancellations")
    reason = models.CharField(max_length=10, choices=CancelReason)
    note = models.CharField(max_length=300, blank=True)
    amount = MoneyField(default=0)  # by how much the order's total fell
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.reason} {self.amount}"


class CancellationLine(AppendOnly):
    """How many units of a line were cancelled."""

    cancellation = models.ForeignKey(Cancellation, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, related_name="cancellation_lines"
    )
    quantity = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="orders_cancellation_quantity_positive",
                violation_error_message="At least one unit is cancelled.",
            )
        ]

    def __str__(self) -> str:
        return str(self.quantity)
