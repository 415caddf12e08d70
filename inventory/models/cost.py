"""What stock costs: each movement valued, by first in first out and by moving average."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.enums import CostBasis
from inventory.models.receipt import LandedCost
from inventory.models.stock import StockLevel, StockMovement
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class LevelCost(models.Model):
    """A level's value after the last movement that was valued; written by costing alone.

    Stock is valued per location: what a unit costs depends on how it came there.
    """

    level = models.OneToOneField(StockLevel, models.PROTECT, related_name="cost")
    valued_to = models.BigIntegerField(default=0)  # id of the last movement that was valued
    quantity = models.BigIntegerField(default=0)
    fifo_value = MoneyField(default=0)
    average_value = MoneyField(default=0)
    last_unit_cost = MoneyField(null=True, blank=True)  # last mean with units on hand
    valued_at = models.DateTimeField(null=True, blank=True)  # time of that movement

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="inventory_level_cost_not_negative",
                violation_error_message="No less than nothing is valued.",
            ),
            models.CheckConstraint(
                condition=Q(fifo_value__gte=0) & Q(average_value__gte=0),
                name="inventory_level_cost_value_not_negative",
                violation_error_message="No stock is worth less than nothing.",
            ),
        ]

    def __str__(self) -> str:
        return f"cost of level {self.level_id}"


class CostLayer(models.Model):
    """Units that came in together, and how many of them are still there."""

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="cost_layers")
    movement = models.OneToOneField(StockMovement, models.PROTECT, related_name="cost_layer")
    quantity = models.BigIntegerField()
    remaining = models.BigIntegerField()
    remaining_value = MoneyField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=models.F("quantity")),
                name="inventory_cost_layer_remaining_within_quantity",
                violation_error_message="No more is left of a layer than came in.",
            ),
            models.CheckConstraint(
                condition=Q(remaining_value__gte=0),
                name="inventory_cost_layer_value_not_negative",
                violation_error_message="No stock is worth less than nothing.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["level", "movement"],
                name="inventory_cost_layer_open",
                condition=Q(remaining__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.quantity}"


class CostEntry(AppendOnly):
    """The value that one movement, or a landed cost, added or took away, and the value after it.

    What an upgrade repaired has neither cause.
    """

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="cost_entries")
    movement = models.OneToOneField(
        StockMovement, models.PROTECT, null=True, blank=True, related_name="cost_entry"
    )
    landed_cost = models.ForeignKey(
        LandedCost, models.PROTECT, null=True, blank=True, related_name="entries"
    )
    basis = models.CharField(max_length=10, choices=CostBasis, blank=True)  # of what came in
    quantity = models.BigIntegerField()  # signed; zero for a landed cost
    fifo_value = MoneyField()  # signed
    average_value = MoneyField()
    fifo_expensed = MoneyField(default=0)  # landed cost of units that had left already
    average_expensed = MoneyField(default=0)
    balance = models.BigIntegerField()
    fifo_balance = MoneyField()
    average_balance = MoneyField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "cost entries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(movement__isnull=False) ^ Q(landed_cost__isnull=False))
                | Q(movement=None, landed_cost=None, basis=CostBasis.REPAIRED, quantity=0),
                name="inventory_cost_entry_cause",
                violation_error_message="A cost entry has one cause.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["level", "-at", "-id"], name="inventory_cost_entry_level"),
            models.Index(fields=["at"], name="inventory_cost_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d} {self.fifo_value}"
