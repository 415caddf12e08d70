"""Returns: goods that come back, and what becomes of each unit."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import Outcome, ReturnReason, ReturnStatus
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class Return(models.Model):
    """A return merchandise authorisation (RMA)."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="returns")
    location = models.ForeignKey("inventory.Location", models.PROTECT, related_name="returns")
    status = models.CharField(max_length=10, choices=ReturnStatus, default=ReturnStatus.REQUESTED)
    reference = models.CharField(max_length=80, blank=True)  # the channel's credit or return number
    note = models.CharField(max_length=300, blank=True)
    credit = MoneyField(default=0)  # credited to the order when received
    requested_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "reference"],
                condition=~Q(reference=""),
                name="fulfillment_return_reference_once",
                violation_error_message="This return is already recorded.",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="fulfillment_return_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel whose API keys may read of it; free when the order was selected along."""
        return self.order.channel.code


class ReturnLine(models.Model):
    """Units of one order line that come back; received units of one outcome."""

    return_order = models.ForeignKey(Return, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="return_lines")
    reason = models.CharField(max_length=18, choices=ReturnReason)
    quantity = models.BigIntegerField()  # announced
    restocked = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    scrapped = models.BigIntegerField(default=0)
    sent_back = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["return_order", "order_line"], name="fulfillment_return_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(restocked__gte=0)
                & Q(quarantined__gte=0)
                & Q(scrapped__gte=0)
                & Q(sent_back__gte=0),
                name="fulfillment_return_line_quantities_positive",
                violation_error_message="Quantities are not negative.",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=models.F("restocked")
                    + models.F("quarantined")
                    + models.F("scrapped")
                    + models.F("sent_back")
                ),
                name="fulfillment_return_line_outcomes_within_quantity",
                violation_error_message="No more units have an outcome than were announced.",
            ),
        ]

    OUTCOME_FIELDS: ClassVar = {
        Outcome.RESTOCK: "restocked",
        Outcome.QUARANTINE: "quarantined",
        Outcome.SCRAP: "scrapped",
        Outcome.SEND_BACK: "sent_back",
    }

    def __str__(self) -> str:
        return str(self.quantity)

    @property
    def received(self) -> int:
        """Units that have an outcome."""
        return self.restocked + self.quarantined + self.scrapped + self.sent_back
