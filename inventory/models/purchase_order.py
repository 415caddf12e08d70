"""Orders that we place with suppliers."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import PurchaseOrderStatus
from inventory.models.location import Location
from inventory.models.product import Product
from inventory.models.supplier import Supplier
from oms.money import MoneyField
from oms.querysets import LockingQuerySet

OPEN = (PurchaseOrderStatus.SENT, PurchaseOrderStatus.PARTIALLY_RECEIVED)


class PurchaseOrder(models.Model):
    """What a supplier is asked to deliver to one location."""

    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="purchase_orders")
    location = models.ForeignKey(Location, models.PROTECT, related_name="purchase_orders")
    status = models.CharField(
        max_length=20, choices=PurchaseOrderStatus, default=PurchaseOrderStatus.DRAFT
    )
    currency = models.CharField(max_length=3)  # ISO 4217, of its prices
    exchange_rate = models.DecimalField(  # the location's currency for one of the order's
        max_digits=18, decimal_places=8, default=Decimal(1)
    )
    expected_on = models.DateField(null=True, blank=True)  # lines may say another day
    reference = models.CharField(max_length=80, blank=True)  # the supplier's confirmation
    note = models.CharField(max_length=300, blank=True)  # printed for the supplier
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("buy", "Can write, send, close and cancel purchase orders"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0),
                name="inventory_po_rate_positive",
                violation_error_message="An exchange rate is more than nothing.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "expected_on"], name="inventory_po_status_due"),
            models.Index(fields=["supplier", "-id"], name="inventory_po_supplier"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether the supplier still has to deliver."""
        return self.status in OPEN

    def is_late(self, today: date) -> bool:
        """Whether it should have come before today."""
        return self.is_open and self.expected_on is not None and self.expected_on < today


class PurchaseOrderLine(models.Model):
    """Units of one product at one price."""

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="purchase_lines")
    supplier_sku = models.CharField(max_length=64, blank=True)
    quantity = models.BigIntegerField()
    received = models.BigIntegerField(default=0)  # fit for sale; may exceed what was ordered
    damaged = models.BigIntegerField(default=0)  # came, not fit for sale
    unit_price = MoneyField()
    expected_on = models.DateField(null=True, blank=True)  # empty: the order's day

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["purchase_order", "position"], name="inventory_po_line_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(received__gte=0)
                & Q(damaged__gte=0)
                & Q(unit_price__gte=0),
                name="inventory_po_line_not_negative",
                violation_error_message="Quantities and prices of a line are not negative.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "-id"], name="inventory_po_line_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.position}"

    @property
    def delivered(self) -> int:
        """Units that came, in whatever state."""
        return self.received + self.damaged

    @property
    def missing(self) -> int:
        """Units that have not come."""
        return max(self.quantity - self.delivered, 0)

    @property
    def over(self) -> int:
        """Units that came beyond what was ordered."""
        return max(self.delivered - self.quantity, 0)

    @property
    def amount(self) -> Decimal:
        """What the ordered units cost."""
        return self.quantity * self.unit_price
