"""Shipments, their parcels, and what carriers report."""

import re
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import ShipmentStatus
from oms.querysets import LockingQuerySet


def validate_pattern(value: str) -> None:
    """Refuse what is no regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        message = f"This is not a regular expression: {error}."
        raise ValidationError(message, code="pattern") from error


class Carrier(models.Model):
    """Who carries parcels."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    tracking_url = models.CharField(
        max_length=300, blank=True, help_text="With {number} where the tracking number goes."
    )
    tracking_pattern = models.CharField(
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[validate_pattern],
        help_text="A regular expression for its tracking numbers, such as [A-Z]{2}[0-9]{9}GB. Whoever "
        "types another number is asked to look again. Empty: nothing is checked.",
    )
    services = models.TextField(
        "shipping methods",
        blank=True,
        default="",
        db_default="",
        help_text="The carrier's services, one a line, such as Tracked 48. They are proposed where somebody "
        "says how a parcel goes; another may be typed.",
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code

    @property
    def service_names(self) -> list[str]:
        """Its services, as they are written one a line."""
        return [name.strip() for name in self.services.splitlines() if name.strip()]

    def knows(self, number: str) -> bool:
        """Whether a tracking number looks like one of this carrier; spaces and case do not count."""
        plain = "".join(number.split()).upper()
        return not self.tracking_pattern or re.fullmatch(self.tracking_pattern, plain) is not None


class Shipment(models.Model):
    """Parcels handed to a carrier together."""

    number = models.CharField(max_length=20, unique=True)
    fulfillment_order = models.ForeignKey(
        "fulfillment.FulfillmentOrder", models.PROTECT, related_name="shipments"
    )
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="shipments")
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="shipments")
    service = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=18, choices=ShipmentStatus, default=ShipmentStatus.SHIPPED)
    weight_g = models.PositiveIntegerField(default=0)
    shipped_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["tracking_number"], name="fulfillment_shipment_tracking"),
            models.Index(fields=["status", "shipped_at"], name="fulfillment_shipment_status"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel whose API keys may read of it; free when the order was selected along."""
        return self.order.channel.code


class Parcel(models.Model):
    """One box; packed before it ships."""

    fulfillment_order = models.ForeignKey(
        "fulfillment.FulfillmentOrder", models.PROTECT, related_name="parcels"
    )
    shipment = models.ForeignKey(
        Shipment, models.PROTECT, null=True, blank=True, related_name="parcels"
    )
    position = models.PositiveSmallIntegerField()
    weight_g = models.PositiveIntegerField("weight (g)")
    length_mm = models.PositiveIntegerField(null=True, blank=True)
    width_mm = models.PositiveIntegerField(null=True, blank=True)
    height_mm = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fulfillment_order", "position"], name="fulfillment_parcel_position"
            ),
            models.CheckConstraint(
                condition=Q(weight_g__gt=0),
                name="fulfillment_parcel_weight_positive",
                violation_error_message="A parcel weighs something.",
            ),
        ]

    def __str__(self) -> str:
        return f"parcel {self.position}"


class ParcelLine(models.Model):
    """What is in a parcel."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="lines")
    line = models.ForeignKey(
        "fulfillment.FulfillmentOrderLine", models.PROTECT, related_name="parcel_lines"
    )
    quantity = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="fulfillment_parcel_line_quantity_positive",
                violation_error_message="A parcel line holds at least one unit.",
            )
        ]

    def __str__(self) -> str:
        return str(self.quantity)


class TrackingEvent(models.Model):
    """What a carrier or a person said about a shipment; once per source, code and time."""

    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="tracking_events")
    status = models.CharField(max_length=18, choices=ShipmentStatus)
    code = models.CharField(max_length=40, blank=True)  # the carrier's own
    place = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=80)
    at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "source", "status", "code", "at"],
                name="fulfillment_tracking_once",
            )
        ]

    def __str__(self) -> str:
        return self.status
