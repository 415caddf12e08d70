"""How many units are sold before they are there."""

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from inventory.enums import LimitKind
from inventory.models.product import Product


class SellingLimit(models.Model):
    """Units of a product that may be on backorder, or on pre-order, at once: in a channel, or in all.

    Where there is none, as many as the channel's policy allows. Whoever sells against a limit holds
    all rows of the product until its commit, so that what was counted is still true then.
    """

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="selling_limits", db_index=False
    )
    channel = models.ForeignKey(
        "orders.Channel", models.CASCADE, null=True, blank=True, related_name="selling_limits"
    )  # none: all channels together
    kind = models.CharField(max_length=9, choices=LimitKind)
    units = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "product",
                Coalesce("channel", Value(0)),
                "kind",
                name="inventory_selling_limit_once",
                violation_error_message="There is a limit for this already.",
            ),
            models.CheckConstraint(
                condition=Q(units__gte=0),
                name="inventory_selling_limit_not_negative",
                violation_error_message="A limit is nothing or more.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LimitKind.values),
                name="inventory_selling_limit_kind_known",
                violation_error_message="Limits are for backorders and for pre-orders.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} on {self.kind}"
