"""Exchanges: goods that come back, and the order that goes out in their place."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import ExchangeStatus, ExchangeTiming
from fulfillment.models.returns import Return


class Exchange(models.Model):
    """A return whose credit pays for another order."""

    return_order = models.OneToOneField(Return, models.PROTECT, related_name="exchange")
    replacement = models.OneToOneField("orders.Order", models.PROTECT, related_name="exchange_of")
    status = models.CharField(max_length=10, choices=ExchangeStatus, default=ExchangeStatus.OPEN)
    ships = models.CharField(max_length=10, choices=ExchangeTiming)
    note = models.CharField(max_length=200, blank=True)  # why it ended without a replacement
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status=ExchangeStatus.OPEN, ended_at=None)
                | ~Q(status=ExchangeStatus.OPEN) & Q(ended_at__isnull=False),
                name="fulfillment_exchange_ended_when_not_open",
                violation_error_message="An exchange that is not open has ended.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.return_order} for {self.replacement}"
