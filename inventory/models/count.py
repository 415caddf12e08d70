"""Counts: sheets on which people write what they find, and how often each level's turn comes."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import AbcClass, AbcMeasure, CountCause, CountLineState, CountStatus
from inventory.models.location import Location
from inventory.models.lot import Lot
from inventory.models.stock import StockLevel
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class Tolerance(models.Model):
    """How far a count may differ from the book and still be believed at once.

    A difference is within tolerance when it is at most `tolerance_units` or at most
    `tolerance_percent` of the book figure, and its value at cost is at most `tolerance_value`.
    """

    tolerance_units = models.PositiveIntegerField(default=0)
    tolerance_percent = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(2))
    tolerance_value = MoneyField(default=Decimal(25))

    class Meta:
        abstract = True


class CountPolicy(Tolerance):
    """How a location counts. A location without one counts by the defaults."""

    location = models.OneToOneField(Location, models.PROTECT, related_name="count_policy")
    measure = models.CharField(max_length=8, choices=AbcMeasure, default=AbcMeasure.VALUE)
    window_days = models.PositiveSmallIntegerField(default=365)
    a_share = models.DecimalField(
        "A up to (%)", max_digits=5, decimal_places=2, default=Decimal(80)
    )
    b_share = models.DecimalField(
        "B up to (%)", max_digits=5, decimal_places=2, default=Decimal(95)
    )
    a_days = models.PositiveSmallIntegerField("count A every (days)", default=30)
    b_days = models.PositiveSmallIntegerField("count B every (days)", default=90)
    c_days = models.PositiveSmallIntegerField("count C every (days)", default=180)
    lines_per_count = models.PositiveSmallIntegerField(default=40)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "count policies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(a_share__gt=0)
                & Q(a_share__lte=models.F("b_share"))
                & Q(b_share__lte=100),
                name="inventory_count_policy_shares_in_order",
                violation_error_message="0 < A <= B <= 100 per cent.",
            ),
            models.CheckConstraint(
                condition=Q(a_days__gt=0)
                & Q(b_days__gt=0)
                & Q(c_days__gt=0)
                & Q(window_days__gt=0)
                & Q(lines_per_count__gt=0),
                name="inventory_count_policy_days_positive",
                violation_error_message="Days and lines are at least 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"counting at {self.location_id}"

    def days(self, abc_class: str) -> int:
        """How many days pass between two counts of a level of this class."""
        return {AbcClass.A: self.a_days, AbcClass.B: self.b_days}.get(
            AbcClass(abc_class), self.c_days
        )


class CountSchedule(models.Model):
    """When a stock level's turn to be counted comes, and why then."""

    level = models.OneToOneField(StockLevel, models.CASCADE, related_name="count_schedule")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")  # the level's
    abc_class = models.CharField("class", max_length=1, choices=AbcClass)
    issued_quantity = models.BigIntegerField(default=0)  # in the policy's window
    issued_value = MoneyField(default=0)  # the same units at cost
    classified_at = models.DateTimeField(default=timezone.now)
    counted_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["location", "due_on"], name="inventory_count_due"),
        ]

    def __str__(self) -> str:
        return f"{self.abc_class}, due {self.due_on}"


class Count(Tolerance):
    """A sheet of stock levels to count at one location."""

    number = models.CharField(max_length=20, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="counts")
    status = models.CharField(max_length=12, choices=CountStatus, default=CountStatus.PLANNED)
    cause = models.CharField(max_length=10, choices=CountCause, default=CountCause.CYCLE)
    reference = models.CharField(max_length=80, blank=True)  # document that asked for it
    note = models.CharField(max_length=300, blank=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)  # the last round's end
    ended_at = models.DateTimeField(null=True, blank=True)  # posted or cancelled
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("count_stock", "Can count stock"),
            ("plan_count", "Can plan and cancel counts"),
            ("approve_count", "Can approve counted differences"),
            ("post_count", "Can post counts"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=CountStatus.values),
                name="inventory_count_status_known",
                violation_error_message="A count has one of the known statuses.",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "due_on"], name="inventory_count_status"),
            models.Index(fields=["location", "ended_at"], name="inventory_count_ended"),
        ]

    def __str__(self) -> str:
        return self.number


class CountLine(models.Model):
    """One stock level on a count. Figures are those of the last finished round."""

    count = models.ForeignKey(Count, models.PROTECT, related_name="lines")
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="count_lines")
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="count_lines"
    )  # of a tracked product
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=CountLineState, default=CountLineState.TO_COUNT)
    round = models.PositiveSmallIntegerField(default=1)  # to be counted now, or last counted
    counted = models.BigIntegerField(null=True, blank=True)  # found on the shelf
    expected = models.BigIntegerField(null=True, blank=True)  # book figure in that moment
    unit_cost = MoneyField(null=True, blank=True)  # the product's, then
    decided_by = models.CharField(max_length=80, blank=True)
    decision = models.CharField(max_length=200, blank=True)  # why it was approved or kept
    is_open = models.BooleanField(default=True)  # until the count is posted or cancelled

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["level"],
                condition=Q(is_open=True, lot=None),
                name="inventory_count_line_one_open",
                violation_error_message="This stock is being counted already.",
            ),
            models.UniqueConstraint(
                fields=["level", "lot"],
                condition=Q(is_open=True, lot__isnull=False),
                name="inventory_count_line_lot_one_open",
                violation_error_message="This lot is being counted already.",
            ),
            models.CheckConstraint(
                condition=Q(counted__isnull=True) | Q(counted__gte=0),
                name="inventory_count_line_counted_not_negative",
                violation_error_message="Nobody counts less than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[CountLineState.TO_COUNT, CountLineState.TO_RECOUNT])
                | (Q(counted__isnull=False) & Q(expected__isnull=False))
                | Q(is_open=False),
                name="inventory_count_line_decided_when_counted",
                violation_error_message="What is decided was counted.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["count", "position"], name="inventory_count_line_sheet"),
        ]

    def __str__(self) -> str:
        return f"line {self.position}"

    @property
    def difference(self) -> int | None:
        """Units found beyond the book figure; negative when some are missing."""
        if self.counted is None or self.expected is None:
            return None
        return self.counted - self.expected

    @property
    def value(self) -> Decimal | None:
        """The difference at cost, signed; none where the product has no cost."""
        if self.difference is None or self.unit_cost is None:
            return None
        return self.difference * self.unit_cost


class CountEntry(models.Model):
    """What one person found in one round of one line, and what the book said in that moment."""

    line = models.ForeignKey(CountLine, models.CASCADE, related_name="entries")
    round = models.PositiveSmallIntegerField()
    quantity = models.BigIntegerField()
    expected = models.BigIntegerField()  # on hand less what was in trolleys and parcels
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "count entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "round"], name="inventory_count_entry_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="inventory_count_entry_not_negative",
                violation_error_message="Nobody counts less than nothing.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} in round {self.round}"
