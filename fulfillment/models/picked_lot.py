"""Which lots or serial numbers were picked for a line."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class PickedLot(models.Model):
    """Units of one lot that a line has in its trolley or parcels, and how many of them have left."""

    line = models.ForeignKey(
        "fulfillment.FulfillmentOrderLine", models.PROTECT, related_name="picked_lots"
    )
    lot = models.ForeignKey("inventory.Lot", models.PROTECT, related_name="picks")
    quantity = models.BigIntegerField()
    shipped = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "lot"], name="fulfillment_picked_lot_once"),
            models.CheckConstraint(
                condition=Q(shipped__gte=0) & Q(quantity__gt=0) & Q(shipped__lte=F("quantity")),
                name="fulfillment_picked_lot_quantities_in_order",
                violation_error_message="0 <= shipped <= picked, and something is picked.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of lot {self.lot_id}"
