"""What channels were told that they may sell."""

from typing import ClassVar

from django.db import models

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
