"""Holds: why an order may not go on, who looks after it and until when."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from orders.enums import HoldKind


class Hold(models.Model):
    """One reason to wait. Several may be open at once; an order is on hold while one is open."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="holds")
    kind = models.CharField(max_length=20, choices=HoldKind)
    handle = models.CharField(max_length=80, blank=True)  # tells two holds of one kind apart
    reason = models.CharField(max_length=300)  # one sentence for a person, no personal data
    details = models.JSONField(default=dict)  # figures behind the reason
    owner = models.CharField(max_length=80, blank=True)  # a role, or an actor such as user:3
    placed_by = models.CharField(max_length=80)
    placed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        permissions: ClassVar = [
            ("place_hold", "Can place holds"),
            ("lift_hold", "Can lift holds"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "kind", "handle"],
                condition=Q(lifted_at=None),
                name="orders_hold_one_open",
                violation_error_message="This hold is already open.",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["kind", "placed_at"],
                name="orders_hold_open",
                condition=Q(lifted_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.kind
