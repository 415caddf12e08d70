"""Stock levels, and the two ledgers that prove them: movements and reservations."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.enums import MovementKind, ReservationState
from inventory.models.location import Location
from inventory.models.product import Product
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class StockLevel(models.Model):
    """How much of a product is at a location; the counters are never written but by `operations`."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="levels")
    location = models.ForeignKey(Location, models.PROTECT, related_name="levels")
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    safety_stock = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("receive_stock", "Can receive stock"),
            ("adjust_stock", "Can adjust stock"),
            ("set_safety_stock", "Can set safety stock"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "location"], name="inventory_level_unique"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0),
                name="inventory_level_on_hand_not_negative",
                violation_error_message="On-hand stock is never negative.",
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="inventory_level_reserved_within_on_hand",
                violation_error_message="Reserved stock is never more than what is on hand.",
            ),
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0),
                name="inventory_level_safety_stock_not_negative",
                violation_error_message="Safety stock is never negative.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["changed_at"], name="inventory_level_changed"),
        ]

    def __str__(self) -> str:
        if {"product", "location"} <= self._state.fields_cache.keys():
            return f"{self.product} at {self.location}"
        return f"level {self.pk}"  # what is not loaded is not fetched for a name

    @property
    def available(self) -> int:
        """What may still be promised: on hand less reserved less safety stock, at least zero."""
        return max(self.on_hand - self.reserved - self.safety_stock, 0)


class StockMovement(AppendOnly):
    """One change of on-hand stock: what, how much, why, who, and the balance after it."""

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=16, choices=MovementKind)
    quantity = models.BigIntegerField()  # signed
    balance = models.BigIntegerField()  # on hand after this movement
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, blank=True, related_name="movements"
    )
    reference = models.CharField(max_length=80, blank=True)  # document that caused it
    reason = models.CharField(max_length=200, blank=True)
    unit_cost = MoneyField(null=True, blank=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(quantity=0),
                name="inventory_movement_quantity_not_zero",
                violation_error_message="A movement moves something.",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0),
                name="inventory_movement_balance_not_negative",
                violation_error_message="A movement never leaves less than nothing.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["level", "-id"], name="inventory_movement_level"),
            models.Index(fields=["reference"], name="inventory_movement_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class Reservation(models.Model):
    """Stock promised to an order line. Splits when it is consumed or released in part."""

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="reservations")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="reservations")
    quantity = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ReservationState, default=ReservationState.OPEN)
    firm = models.BooleanField(default=False)  # a location works on it; not re-planned
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="inventory_reservation_quantity_positive",
                violation_error_message="A reservation reserves something.",
            ),
            models.UniqueConstraint(
                fields=["order_line", "level", "firm"],
                condition=Q(state=ReservationState.OPEN),
                name="inventory_reservation_one_open",
                violation_error_message="A line has one open reservation per stock level.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["level"], name="inventory_reservation_open", condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.quantity}"
