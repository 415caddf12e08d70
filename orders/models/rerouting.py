"""Re-routing: when what a location gave up is routed again, and what waits until then."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from simple_history.models import HistoricalRecords

from oms.querysets import LockingQuerySet

A_DAY = 1_440  # minutes


class RerouteWindow(models.Model):
    """How long units that a location gave up are collected; for a channel, or for all others."""

    channel = models.OneToOneField(
        "orders.Channel",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reroute_window",
        help_text="Empty: for every channel that has no window of its own.",
    )
    minutes = models.PositiveIntegerField(
        default=60,
        validators=[MaxValueValidator(A_DAY)],
        help_text="What locations reject is collected and routed together every so many minutes, "
        "counted from midnight UTC. 0: each at once.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = "re-routing window"
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("channel", Value(0)),
                name="orders_reroute_window_one_per_channel",
                violation_error_message="There is a window for this already.",
            ),
            models.CheckConstraint(
                condition=Q(minutes__lte=A_DAY),
                name="orders_reroute_window_a_day_at_most",
                violation_error_message="A window is a day long at most.",
            ),
        ]

    def __str__(self) -> str:
        return f"every {self.minutes} minutes" if self.minutes else "at once"


class Rest(models.Model):
    """Lines of an order whose units locations gave up, and which wait for the next window.

    They get no stock until `due_at`, and then none of the locations to `avoid`.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="rests")
    lines = models.JSONField(default=list)  # ids
    avoid = models.JSONField(default=list)  # ids of locations
    since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(routed_at=None),
                name="orders_rest_one_waits",
                violation_error_message="What an order's locations gave up waits together.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="orders_rest_due", condition=Q(routed_at=None)),
        ]

    def __str__(self) -> str:
        return f"rest of {self.order_id} until {self.due_at:%Y-%m-%d %H:%M}"
