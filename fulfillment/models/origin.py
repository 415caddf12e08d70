"""Parcels that a carrier brought back undelivered, and what was decided about them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import OriginDecision, OriginReason
from fulfillment.models.returns import Return
from fulfillment.models.shipment import Shipment
from oms.money import MoneyField
from oms.querysets import LockingQuerySet

UNDECIDED = (OriginDecision.WAITING, OriginDecision.HOLD)


class OriginReturn(models.Model):
    """A shipment that comes back to us; its units are received by a return like others."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="origin_returns")
    shipment = models.OneToOneField(Shipment, models.PROTECT, related_name="origin_return")
    return_order = models.OneToOneField(
        Return, models.PROTECT, null=True, blank=True, related_name="origin_return"
    )  # empty: everything in it was made good before
    reason = models.CharField(max_length=15, choices=OriginReason, default=OriginReason.OTHER)
    note = models.BinaryField(null=True)  # sealed under the buyer: what the carrier says of it
    cash = MoneyField(default=0)  # on delivery, that the carrier need not collect any more
    decision = models.CharField(
        max_length=7, choices=OriginDecision, default=OriginDecision.WAITING
    )
    decided_because = models.CharField(max_length=200, blank=True)
    said_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = "parcel that came back"
        verbose_name_plural = "parcels that came back"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decision=OriginDecision.WAITING, decided_at=None)
                | ~Q(decision=OriginDecision.WAITING) & Q(decided_at__isnull=False),
                name="fulfillment_origin_decided_has_time",
                violation_error_message="What was decided has the time at which it was.",
            ),
            models.CheckConstraint(
                condition=Q(return_order__isnull=False) | Q(decision=OriginDecision.SETTLED),
                name="fulfillment_origin_has_return",
                violation_error_message="What is not made good yet comes back by a return.",
            ),
            models.CheckConstraint(
                condition=Q(cash__gte=0),
                name="fulfillment_origin_cash_positive",
                violation_error_message="No more cash is called off than was to be collected.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["said_at", "id"],
                name="fulfillment_origin_open",
                condition=Q(decision__in=UNDECIDED),
            ),
        ]

    def __str__(self) -> str:
        return str(self.shipment)
