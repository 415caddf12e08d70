"""Lots and serial numbers: which units of a product are which, and where they lie."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import StockCondition
from inventory.models.product import Product
from inventory.models.stock import StockLevel
from oms.querysets import LockingQuerySet


class Lot(models.Model):
    """Units of a product that were made together; for a serial number, the one unit that has it."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="lots")
    code = models.CharField(max_length=64)  # as printed on the goods
    expires_on = models.DateField(null=True, blank=True)  # the last day on which it may leave
    manufactured_on = models.DateField(null=True, blank=True)
    supplier_reference = models.CharField(max_length=80, blank=True)  # delivery note or order
    held_at = models.DateTimeField(null=True, blank=True)  # recalled or doubted: may not leave
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("hold_lot", "Can hold and release lots")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "code"],
                name="inventory_lot_unique",
                violation_error_message="This product has a lot with this code already.",
            ),
            models.CheckConstraint(
                condition=Q(expires_on=None)
                | Q(manufactured_on=None)
                | Q(expires_on__gte=models.F("manufactured_on")),
                name="inventory_lot_expires_after_it_was_made",
                violation_error_message="A lot expires after it was made.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["code"], name="inventory_lot_code"),
            models.Index(
                fields=["expires_on"],
                name="inventory_lot_expiry",
                condition=Q(expires_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_held(self) -> bool:
        """Whether somebody has stopped it."""
        return self.held_at is not None

    def is_expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.expires_on is not None and self.expires_on < today

    def is_usable(self, today: date) -> bool:
        """Whether units of it may leave: neither held nor expired."""
        return not self.is_held and not self.is_expired(today)


class LotStock(models.Model):
    """How many units of a lot lie at a level in a condition: a counter, changed with movements.

    The row of the level, which is locked first, guards it.
    """

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="lot_stock", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="stock")
    condition = models.CharField(
        max_length=12, choices=StockCondition, default=StockCondition.AVAILABLE
    )
    quantity = models.BigIntegerField(default=0)
    is_serial = models.BooleanField(default=False)  # the product's tracking, for the rules below

    class Meta:
        verbose_name_plural = "lot stock"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level", "lot", "condition"], name="inventory_lot_stock_unique"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="inventory_lot_stock_not_negative",
                violation_error_message="No lot has less than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(is_serial=False) | Q(quantity__lte=1),
                name="inventory_lot_stock_serial_is_one_unit",
                violation_error_message="A serial number is one unit.",
            ),
            models.UniqueConstraint(
                fields=["lot"],
                condition=Q(is_serial=True, quantity__gt=0),
                name="inventory_lot_stock_serial_in_one_place",
                violation_error_message="A serial number is in one place.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.condition}"
