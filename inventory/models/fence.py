"""Ring-fences: units kept for a channel or a customer group; and what each channel leaves lying."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.models.location import Location
from inventory.models.product import Product
from inventory.models.soft import SoftReservation
from inventory.models.stock import StockLevel
from oms.models import AppendOnly
from oms.querysets import LockingQuerySet


class Fence(models.Model):
    """A quota of a product that only orders of a channel, of a customer group, or of both may take.

    `amount` units are the quota. Each unit that a holder's order reserves uses it up; a unit that
    is given back before it ships refills it. What is not used up is kept at stock levels, as far as
    there is stock (`FencedStock`), oldest fence first. With a `share` the quota is that part of
    `base`: what could be promised when the fence was set, and every unit that arrived since.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="fences")
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="fences"
    )  # none: over all locations
    channel = models.ForeignKey(
        "orders.Channel", models.PROTECT, null=True, blank=True, related_name="fences"
    )
    group = models.CharField("customer group", max_length=40, blank=True)
    amount = models.BigIntegerField()
    share = models.PositiveSmallIntegerField("share (%)", null=True, blank=True)
    base = models.BigIntegerField(default=0)  # what the share is taken of
    used = models.BigIntegerField(default=0)  # sum of its uses
    reason = models.CharField(max_length=200, blank=True)
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField(default=timezone.now, editable=False)
    ends_at = models.DateTimeField(null=True, blank=True)  # lifted by a chore then
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("set_fence", "Can keep stock for channels and customer groups")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(channel__isnull=False) | ~Q(group=""),
                name="inventory_fence_for_somebody",
                violation_error_message="A fence is for a channel, a customer group, or both.",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0) & Q(used__gte=0),
                name="inventory_fence_not_negative",
                violation_error_message="A fence keeps nothing or more.",
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__range=(1, 100)),
                name="inventory_fence_share_is_percent",
                violation_error_message="A share is 1 to 100 percent.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["product"], name="inventory_fence_open", condition=Q(lifted_at=None)
            ),
            models.Index(
                fields=["ends_at"],
                name="inventory_fence_ends",
                condition=Q(lifted_at=None, ends_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"fence {self.pk}"

    @property
    def left(self) -> int:
        """Units of the quota that are not used up."""
        return max(self.amount - self.used, 0)


class FencedStock(models.Model):
    """Units of a fence's quota that are kept at a stock level; their sum per level is `fenced`."""

    fence = models.ForeignKey(Fence, models.PROTECT, related_name="kept")
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="kept")
    quantity = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "fenced stock"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fence", "level"], name="inventory_fenced_unique"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="inventory_fenced_not_negative",
                violation_error_message="A fence keeps nothing or more.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of fence {self.fence_id}"


class FenceUse(AppendOnly):
    """Units of a fence's quota that an order line or a basket took, or gave back where negative."""

    fence = models.ForeignKey(Fence, models.PROTECT, related_name="uses")
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, blank=True, related_name="fence_uses"
    )
    soft = models.ForeignKey(
        SoftReservation, models.PROTECT, null=True, blank=True, related_name="fence_uses"
    )
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="fence_uses")  # reserved at
    quantity = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(quantity=0),
                name="inventory_fence_use_not_zero",
                violation_error_message="A use takes or gives back something.",
            ),
            models.CheckConstraint(
                condition=Q(order_line__isnull=False, soft=None)
                | Q(order_line=None, soft__isnull=False),
                name="inventory_fence_use_has_one_holder",
                violation_error_message="A fence is used by an order line or by a basket.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity:+d} of fence {self.fence_id}"


class ChannelSafetyStock(models.Model):
    """Units that a channel leaves at every location, beside the location's own safety stock.

    Of one product, or of every product that has no row of its own.
    """

    channel = models.ForeignKey("orders.Channel", models.PROTECT, related_name="safety_stocks")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="safety_stocks"
    )
    quantity = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "product"], name="inventory_channel_safety_unique"
            ),
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(product=None),
                name="inventory_channel_safety_default_unique",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0),
                name="inventory_channel_safety_not_negative",
                violation_error_message="Safety stock is never negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.channel_id}"
