"""How an order is looked after: by whom, with which carrier, and when it ends by itself."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from orders.enums import GIVEN_REASONS


class Handling(models.Model):
    """What people and rules decided about an order's treatment; most orders have no row.

    `cancel_at` is a cancellation that is scheduled: it happens unless somebody drops it, or the
    rule that scheduled it no longer finds the order to be as it was.
    """

    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="handling")
    owner = models.CharField(max_length=80, blank=True)  # a role, or an actor such as user:3
    carrier = models.CharField(max_length=40, blank=True)  # code of the carrier to ship with
    service = models.CharField(max_length=60, blank=True)  # the carrier's own name of its service
    cancel_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=12, blank=True)
    cancel_by = models.CharField(max_length=80, blank=True)  # who scheduled it
    cancel_rule = models.ForeignKey(
        "orders.RuleVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        permissions: ClassVar = [
            ("handle_order", "Can assign orders, choose their carrier and drop cancellations")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(cancel_at=None, cancel_reason="", cancel_by="", cancel_rule=None)
                | Q(cancel_at__isnull=False, cancel_reason__in=GIVEN_REASONS) & ~Q(cancel_by=""),
                name="orders_handling_cancel_whole",
                violation_error_message="A scheduled cancellation has a time, a reason and an actor.",
            ),
            models.CheckConstraint(
                condition=Q(service="") | ~Q(carrier=""),
                name="orders_handling_service_of_carrier",
                violation_error_message="A service is one of a carrier's.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["cancel_at"],
                name="orders_handling_cancel_due",
                condition=Q(cancel_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner or '–'}, {self.carrier or '–'}"
