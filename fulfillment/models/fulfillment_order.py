"""Fulfilment orders: what one location must do for one order."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import FulfillmentOrderStatus, RejectReason
from oms.querysets import LockingQuerySet


class FulfillmentOrder(models.Model):
    """Work for one location: pick, pack and ship these units of one order."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="fulfillment_orders")
    location = models.ForeignKey(
        "inventory.Location", models.PROTECT, related_name="fulfillment_orders"
    )
    status = models.CharField(
        max_length=16, choices=FulfillmentOrderStatus, default=FulfillmentOrderStatus.OPEN
    )
    reject_reason = models.CharField(max_length=14, choices=RejectReason, blank=True)
    note = models.CharField(max_length=300, blank=True)
    ship_by = models.DateTimeField(null=True, blank=True)  # the order's promise
    for_pickup = models.BooleanField(default=False)  # the buyer collects it at the location
    collect_by = models.DateTimeField(null=True, blank=True)  # until when it is kept
    collector = models.BinaryField(null=True)  # sealed under the buyer: the name of who came
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True)
    picked_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    ready_for_pickup_at = models.DateTimeField(null=True, blank=True)
    collected_at = models.DateTimeField(null=True, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # rejected or cancelled
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = "fulfilment order"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=FulfillmentOrderStatus.values),
                name="fulfillment_order_status_known",
                violation_error_message="A fulfilment order has one of the known statuses.",
            ),
            models.CheckConstraint(
                condition=Q(for_pickup=True)
                | ~Q(
                    status__in=[
                        FulfillmentOrderStatus.READY_FOR_PICKUP,
                        FulfillmentOrderStatus.COLLECTED,
                    ]
                ),
                name="fulfillment_order_collected_for_pickup",
                violation_error_message="Only what is to be picked up waits for or is with its buyer.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["location", "status", "ship_by"], name="fulfillment_order_work"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel whose API keys may read of it; free when the order was selected along."""
        return self.order.channel.code


class FulfillmentOrderLine(models.Model):
    """Units of one order line, with how far this location has come."""

    fulfillment_order = models.ForeignKey(FulfillmentOrder, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, related_name="fulfillment_lines"
    )
    quantity = models.BigIntegerField()
    picked = models.BigIntegerField(default=0)
    packed = models.BigIntegerField(default=0)
    shipped = models.BigIntegerField(default=0)
    dropped = models.BigIntegerField(default=0)  # rejected or recalled; will not ship from here

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fulfillment_order", "order_line"], name="fulfillment_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="fulfillment_line_quantity_positive",
                violation_error_message="At least one unit is asked for.",
            ),
            models.CheckConstraint(
                condition=Q(shipped__gte=0)
                & Q(shipped__lte=F("packed"))
                & Q(packed__lte=F("picked"))
                & Q(dropped__gte=0)
                & Q(picked__lte=F("quantity") - F("dropped")),
                name="fulfillment_line_quantities_in_order",
                violation_error_message="shipped <= packed <= picked <= quantity - dropped.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["fulfillment_order"],
                name="fulfillment_line_in_hand",
                condition=Q(picked__gt=F("shipped")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.quantity)

    @property
    def due(self) -> int:
        """Units that this location still is to ship, or has shipped."""
        return self.quantity - self.dropped

    @property
    def to_pick(self) -> int:
        """Units not yet in the trolley."""
        return self.due - self.picked

    @property
    def to_pack(self) -> int:
        """Units picked and not yet in a parcel."""
        return self.picked - self.packed

    @property
    def to_ship(self) -> int:
        """Units packed and not yet handed over."""
        return self.packed - self.shipped
