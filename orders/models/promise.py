"""What buyers were promised, and who gets scarce stock first."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from simple_history.models import HistoricalRecords

from oms.models import AppendOnly
from orders.enums import AllocationCriterion, PromiseReason


class Promise(AppendOnly):
    """A line of the promise ledger: the date an order was given, what made it, and why it changed.

    The first row of an order is the promise at placing. Orders served from stock have none until
    something changes: their promise is the channel's rule, in `Order.promised_at`.
    """

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="promises")
    sequence = models.PositiveIntegerField()  # 1, 2, 3 ... per order
    promised_at = models.DateTimeField()  # ship by
    previous_at = models.DateTimeField(null=True, blank=True)
    arrives_on = models.DateField(null=True, blank=True)  # none while supply is out of sight
    reason = models.CharField(max_length=16, choices=PromiseReason)
    made_of = models.JSONField(default=list)  # [{"line", "sku", "kind", "reference", ...}]
    note = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions: ClassVar = [
            ("change_promised_date", "Can give an order another promise"),
            ("set_priority", "Can decide who gets scarce stock first"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "sequence"],
                name="orders_promise_sequence",
                violation_error_message="Promises of an order are numbered.",
            ),
            models.CheckConstraint(
                condition=models.Q(reason__in=PromiseReason.values),
                name="orders_promise_reason_known",
                violation_error_message="A promise changes for one of the known reasons.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["reason", "-id"], name="orders_promise_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.promised_at:%Y-%m-%d} ({self.get_reason_display()})"


class AllocationPolicy(models.Model):
    """In which order those who wait for a product are served; for one product, or for all others."""

    product = models.ForeignKey(
        "inventory.Product",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="allocation_policies",
        db_index=False,
        help_text="Empty: for every product that has no policy of its own.",
    )
    first = models.CharField(max_length=8, choices=AllocationCriterion)
    second = models.CharField(max_length=8, choices=AllocationCriterion, blank=True)
    third = models.CharField(max_length=8, choices=AllocationCriterion, blank=True)
    fourth = models.CharField(max_length=8, choices=AllocationCriterion, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "allocation policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("product", Value(0)),
                name="orders_policy_one_per_product",
                violation_error_message="There is a policy for this already.",
            )
        ]

    def __str__(self) -> str:
        return " > ".join(AllocationCriterion(name).label for name in self.criteria)

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria, most important first."""
        return tuple(filter(None, (self.first, self.second, self.third, self.fourth)))

    def clean(self) -> None:
        """A criterion counts once."""
        if len(set(self.criteria)) < len(self.criteria):
            raise ValidationError("Each criterion counts once.", code="twice")
