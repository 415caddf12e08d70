"""Stock levels, and the two ledgers that prove them: movements and reservations."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.enums import MovementKind, ReservationState, StockCondition
from inventory.models.location import Location
from inventory.models.product import Product
from inventory.models.reason import ReasonCode
from inventory.models.soft import SoftReservation
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class StockLevel(models.Model):
    """How much of a product is at a location; the counters are never written but by `operations`.

    `on_hand` is good stock. Quarantined and damaged units lie beside it and are never promised.
    """

    product = models.ForeignKey(
        Product, models.PROTECT, related_name="levels", db_index=False
    )  # the unique constraint's index begins with it
    location = models.ForeignKey(Location, models.PROTECT, related_name="levels")
    on_hand = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0, db_default=0)
    damaged = models.BigIntegerField(default=0, db_default=0)
    safety_stock = models.BigIntegerField(default=0)
    fenced = models.BigIntegerField(default=0, db_default=0)  # kept for channels and groups
    changed_at = models.DateTimeField(default=timezone.now)
    changes = models.BigIntegerField(default=1, db_default=1)  # how often it changed
    told = models.BigIntegerField(default=0, db_default=0)  # the change that channels know of

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("receive_stock", "Can receive stock"),
            ("adjust_stock", "Can adjust stock"),
            ("set_safety_stock", "Can set safety stock"),
            ("quarantine_stock", "Can set stock apart and restore it"),
            ("scrap_stock", "Can write stock off"),
            ("correct_stock", "Can undo movements"),
            ("repair_stock", "Can repair stock figures from the ledgers"),
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
                condition=Q(quarantined__gte=0),
                name="inventory_level_quarantined_not_negative",
                violation_error_message="Quarantined stock is never negative.",
            ),
            models.CheckConstraint(
                condition=Q(damaged__gte=0),
                name="inventory_level_damaged_not_negative",
                violation_error_message="Damaged stock is never negative.",
            ),
            models.CheckConstraint(
                condition=Q(fenced__gte=0) & Q(fenced__lte=F("on_hand") - F("reserved")),
                name="inventory_level_fenced_within_free",
                violation_error_message="What is kept for somebody lies there and is not reserved.",
            ),
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0),
                name="inventory_level_safety_stock_not_negative",
                violation_error_message="Safety stock is never negative.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["changed_at"], name="inventory_level_changed"),
            models.Index(
                fields=["id"], name="inventory_level_untold", condition=~Q(changes=F("told"))
            ),
        ]

    def __str__(self) -> str:
        if {"product", "location"} <= self._state.fields_cache.keys():
            return f"{self.product} at {self.location}"
        return f"level {self.pk}"  # what is not loaded is not fetched for a name

    @property
    def available(self) -> int:
        """What may still be promised to somebody: on hand less reserved less safety stock, or zero.

        `fenced` units of it are kept for some channel or customer group.
        """
        return max(self.on_hand - self.reserved - self.safety_stock, 0)


class StockMovement(AppendOnly):
    """One change of stock of one condition: what, how much, why, who, and the balance after it.

    Units that change their condition are two movements of one kind, written together. `at` is when
    it was written and decides every balance; `effective_at` says since when it is true, where that
    is earlier: a correction of the past is dated today.
    """

    level = models.ForeignKey(
        StockLevel, models.PROTECT, related_name="movements", db_index=False
    )  # the indexes below begin with it
    kind = models.CharField(max_length=16, choices=MovementKind)
    condition = models.CharField(
        max_length=12,
        choices=StockCondition,
        default=StockCondition.AVAILABLE,
        db_default=StockCondition.AVAILABLE,
    )
    quantity = models.BigIntegerField()  # signed
    balance = models.BigIntegerField()  # of this condition at the level, after this movement
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, blank=True, related_name="movements"
    )
    lot = models.ForeignKey(
        "inventory.Lot",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        db_index=False,
    )  # always given for a tracked product
    reference = models.CharField(max_length=80, blank=True)  # document that caused it
    reason_code = models.ForeignKey(
        ReasonCode,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="movements",
        db_index=False,
    )
    reason = models.CharField(max_length=200, blank=True)  # in somebody's own words
    unit_cost = MoneyField(null=True, blank=True)
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
        db_index=False,
    )
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    effective_at = models.DateTimeField(null=True, blank=True)  # none: since `at`

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(quantity=0),
                name="inventory_movement_quantity_not_zero",
                violation_error_message="A movement moves something.",
            ),
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0),
                name="inventory_movement_unit_cost_not_negative",
                violation_error_message="A unit costs nothing or something.",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0),
                name="inventory_movement_balance_not_negative",
                violation_error_message="A movement never leaves less than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(effective_at=None) | Q(effective_at__lte=F("at")),
                name="inventory_movement_effective_in_the_past",
                violation_error_message="A movement is effective when it is written, or earlier.",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False),
                name="inventory_movement_corrected_once",
                violation_error_message="A movement is corrected once.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["level", "-id"], name="inventory_movement_level"),
            models.Index(fields=["level", "condition", "at"], name="inventory_movement_moment"),
            models.Index(
                fields=["level", "effective_at"],
                name="inventory_movement_effective",
                condition=Q(effective_at__isnull=False),
            ),
            models.Index(fields=["reference"], name="inventory_movement_reference"),
            models.Index(
                fields=["lot", "-id"],
                name="inventory_movement_lot",
                condition=Q(lot__isnull=False),
            ),
            models.Index(
                fields=["kind", "-id"],
                name="inventory_movement_kind",
                condition=~Q(kind=MovementKind.ISSUED),  # the rest is rare enough to be looked for
            ),
            models.Index(
                fields=["condition", "-id"],
                name="inventory_movement_condition",
                condition=~Q(condition=StockCondition.AVAILABLE),
            ),
            models.Index(
                fields=["reason_code", "-id"],
                name="inventory_movement_reason",
                condition=Q(reason_code__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d}"


class Reservation(models.Model):
    """Stock promised to an order line, or to a basket, from `created_at` until `ended_at`.

    Quantities never grow and rows never merge. One that ends in part splits into two that both
    began when it began, so that what was reserved at any past moment is a plain sum of rows.
    """

    level = models.ForeignKey(
        StockLevel, models.PROTECT, related_name="reservations", db_index=False
    )
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, blank=True, related_name="reservations"
    )
    soft = models.ForeignKey(
        SoftReservation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="units",
        db_index=False,  # inventory_reservation_soft is its index; most rows have none
    )
    quantity = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ReservationState, default=ReservationState.OPEN)
    firm = models.BooleanField(default=False)  # a location works on it; not re-planned
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="inventory_reservation_quantity_positive",
                violation_error_message="A reservation reserves something.",
            ),
            models.CheckConstraint(
                condition=Q(state=ReservationState.OPEN, ended_at=None)
                | (~Q(state=ReservationState.OPEN) & Q(ended_at__gte=F("created_at"))),
                name="inventory_reservation_ends_once",
                violation_error_message="A reservation is open, or it ended after it began.",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False, soft=None)
                | Q(order_line=None, soft__isnull=False, firm=False),
                name="inventory_reservation_for_one",
                violation_error_message="A reservation is for an order line or for a basket.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["level", "created_at"], name="inventory_reservation_created"),
            models.Index(
                fields=["level", "ended_at"],
                name="inventory_reservation_ended",
                condition=Q(ended_at__isnull=False),
            ),
            models.Index(
                fields=["level"], name="inventory_reservation_open", condition=Q(state="open")
            ),
            models.Index(
                fields=["soft"],
                name="inventory_reservation_soft",
                condition=Q(soft__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.quantity}"

    @property
    def line_id(self) -> int:
        """The key of the order line, where it is one that has these units."""
        return self.order_line_id  # type: ignore[return-value]  # a basket's is not asked
