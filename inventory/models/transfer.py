"""Stock that goes from one location to another."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import DiscrepancyReason, TransferStatus
from inventory.models.location import Location
from inventory.models.product import Product
from oms.money import MoneyField
from oms.querysets import LockingQuerySet

ON_THE_WAY = (TransferStatus.SHIPPED, TransferStatus.PARTIALLY_RECEIVED)


class Transfer(models.Model):
    """Units that a source sends to a destination."""

    number = models.CharField(max_length=20, unique=True)
    source = models.ForeignKey(Location, models.PROTECT, related_name="transfers_out")
    destination = models.ForeignKey(Location, models.PROTECT, related_name="transfers_in")
    status = models.CharField(
        max_length=20, choices=TransferStatus, default=TransferStatus.REQUESTED
    )
    exchange_rate = models.DecimalField(  # the destination's currency for one of the source's
        max_digits=18, decimal_places=8, default=Decimal(1)
    )
    reference = models.CharField(max_length=80, blank=True)  # whoever asked names it once
    expected_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    shipped_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("move_between_locations", "Can request, ship, receive and cancel transfers"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(source=F("destination")),
                name="inventory_transfer_two_places",
                violation_error_message="A transfer goes from one location to another.",
            ),
            models.UniqueConstraint(
                fields=["source", "destination", "reference"],
                condition=~Q(reference=""),
                name="inventory_transfer_reference_once",
                violation_error_message="This transfer is already requested.",
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0),
                name="inventory_transfer_rate_positive",
                violation_error_message="An exchange rate is more than nothing.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="inventory_transfer_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_on_the_way(self) -> bool:
        """Whether units have left and their arrival is not settled."""
        return self.status in ON_THE_WAY

    def is_late(self, today: date) -> bool:
        """Whether it should have come before today."""
        return self.is_on_the_way and self.expected_on is not None and self.expected_on < today


class TransferLine(models.Model):
    """Units of one product; every unit that left ends in exactly one of four figures."""

    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="transfer_lines")
    quantity = models.BigIntegerField()  # asked for
    shipped = models.BigIntegerField(default=0)  # left the source
    received = models.BigIntegerField(default=0)  # came, fit for sale
    damaged = models.BigIntegerField(default=0)  # came, not fit for sale
    written_off = models.BigIntegerField(default=0)  # never came
    written_back = models.BigIntegerField(default=0)  # at the source again
    reason = models.CharField(max_length=16, choices=DiscrepancyReason, blank=True)
    fifo_value = MoneyField(default=0)  # of the shipped units, in the source's currency
    average_value = MoneyField(default=0)
    fifo_settled = MoneyField(default=0)  # of it, what has come, gone back or is lost
    average_settled = MoneyField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["transfer", "product"], name="inventory_transfer_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(received__gte=0)
                & Q(damaged__gte=0)
                & Q(written_off__gte=0)
                & Q(written_back__gte=0)
                & Q(shipped__gte=0)
                & Q(shipped__lte=F("quantity")),
                name="inventory_transfer_line_shipped_within_quantity",
                violation_error_message="No more is shipped than was asked for.",
            ),
            models.CheckConstraint(
                condition=Q(
                    shipped__gte=F("received") + F("damaged") + F("written_off") + F("written_back")
                ),
                name="inventory_transfer_line_settled_within_shipped",
                violation_error_message="No more units arrive, return or are lost than left.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of transfer line {self.pk}"

    @property
    def settled(self) -> int:
        """Units whose whereabouts are known."""
        return self.received + self.damaged + self.written_off + self.written_back

    @property
    def in_transit(self) -> int:
        """Units that left and have not come."""
        return self.shipped - self.settled
