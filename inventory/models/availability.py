"""What channels were told that they may sell."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from inventory.models.product import Product


class Availability(models.Model):
    """Units of a product that a channel may sell, as it was last told.

    A cache of the rule in `inventory.queries.availability`, written by one worker at a time after
    the stock has changed, with the event `availability.changed`. `changed_at` is different on every
    row and grows with every commit, so that a reader who keeps the last one misses nothing.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="availabilities")
    channel = models.ForeignKey(
        "orders.Channel", models.CASCADE, related_name="availabilities", db_index=False
    )
    quantity = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "availabilities"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "channel"], name="inventory_availability_unique"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["changed_at"], name="inventory_availability_feed"),
            models.Index(fields=["channel", "changed_at"], name="inventory_availability_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.product_id} for {self.channel_id}"

    @property
    def sku(self) -> str:
        """How events name it."""
        return self.product.sku

    @property
    def channel_code(self) -> str:
        """Whose API keys may read its events."""
        return self.channel.code


class Retelling(models.Model):
    """Levels whose figures channels are told anew, in turns: up to `until`, and how far it is.

    Written where a rule changes that holds for very many levels, and gone when all were looked at.
    """

    location = models.ForeignKey(
        "inventory.Location", models.CASCADE, null=True, related_name="retellings"
    )  # of all locations where there is none
    after = models.BigIntegerField(default=0)  # id of the last level that was looked at
    until = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(after__gte=0) & Q(after__lte=F("until")),
                name="inventory_retelling_within_its_end",
                violation_error_message="It goes from the first level to the last one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.after} of {self.until}"
