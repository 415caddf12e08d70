"""How stock is replenished, and what a calculation proposed."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import LotRule, ProposalState, ReviewMethod, SupplyKind
from inventory.models.location import Location
from inventory.models.product import Product
from inventory.models.supplier import Supplier
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class ReplenishmentPolicy(models.Model):
    """Rules of replenishment; the most special one that fits a product and location holds.

    With neither product nor location it is everybody's rule.
    """

    product = models.ForeignKey(Product, models.CASCADE, null=True, blank=True)
    location = models.ForeignKey(Location, models.CASCADE, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Off: never proposed.")
    service_level = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.95"),
        help_text="Chance of no stock-out while an order is on its way, such as 0.95.",
    )  # fmt: skip
    review = models.CharField(max_length=10, choices=ReviewMethod, default=ReviewMethod.CONTINUOUS)
    review_days = models.PositiveSmallIntegerField(
        default=7, help_text="Days between two looks, under periodic review."
    )
    lot_rule = models.CharField(max_length=8, choices=LotRule, default=LotRule.EOQ)
    order_cost = MoneyField(default=Decimal(25), help_text="Of placing and receiving one order.")
    holding_rate = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.25"),
        help_text="Cost of holding stock for a year, as a part of its value.",
    )  # fmt: skip
    fixed_quantity = models.PositiveIntegerField(null=True, blank=True)
    minimum_stock = models.PositiveIntegerField(
        null=True, blank=True, help_text="The reorder point under min/max; else a lower bound."
    )
    maximum_stock = models.PositiveIntegerField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "replenishment policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                Coalesce("product", 0),  # where there is none, there is still only one
                Coalesce("location", 0),
                name="inventory_policy_once",
                violation_error_message="There is a policy for this product and location already.",
            ),
            models.CheckConstraint(
                condition=Q(service_level__gt=0) & Q(service_level__lt=1),
                name="inventory_policy_service_level",
                violation_error_message="A service level is between 0 and 1, such as 0.95.",
            ),
            models.CheckConstraint(
                condition=Q(holding_rate__gt=0) & Q(order_cost__gte=0) & Q(review_days__gte=1),
                name="inventory_policy_positive",
                violation_error_message="Holding rate and review days are more than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(minimum_stock__isnull=True)
                | Q(maximum_stock__isnull=True)
                | Q(minimum_stock__lte=F("maximum_stock")),
                name="inventory_policy_min_max",
                violation_error_message="The minimum is no more than the maximum.",
            ),
        ]

    def __str__(self) -> str:
        return f"policy {self.pk or 'by default'}"


class ReplenishmentProposal(models.Model):
    """Units that a calculation says to buy, or to bring from a location with too many."""

    kind = models.CharField(max_length=16, choices=SupplyKind)
    product = models.ForeignKey(Product, models.PROTECT, related_name="proposals")
    location = models.ForeignKey(Location, models.PROTECT, related_name="proposals")
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True)
    source = models.ForeignKey(Location, models.PROTECT, null=True, blank=True, related_name="+")
    quantity = models.BigIntegerField()
    unit_price = MoneyField(null=True, blank=True)  # in the supplier's currency
    days_left = models.FloatField(null=True, blank=True)  # until the position is used up
    calculation = models.JSONField(default=dict)  # inputs and steps, as shown
    state = models.CharField(max_length=12, choices=ProposalState, default=ProposalState.OPEN)
    document = models.CharField(max_length=20, blank=True)  # number of what it became
    made_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("decide_replenishment", "Can calculate, accept and dismiss proposals"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="inventory_proposal_quantity_positive",
                violation_error_message="A proposal proposes something.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "days_left", "id"], name="inventory_proposal_urgent"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product.sku}"
