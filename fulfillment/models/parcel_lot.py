"""Which lots or serial numbers are in which parcel."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class ParcelLot(models.Model):
    """Units of one lot in a parcel, and how many of them came back."""

    parcel_line = models.ForeignKey(
        "fulfillment.ParcelLine", models.PROTECT, related_name="lots", db_index=False
    )
    lot = models.ForeignKey("inventory.Lot", models.PROTECT, related_name="in_parcels")
    quantity = models.BigIntegerField()
    returned = models.BigIntegerField(default=0)
    is_serial = models.BooleanField(default=False)  # the product's tracking, for the rules below

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["parcel_line", "lot"], name="fulfillment_parcel_lot_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(returned__gte=0) & Q(returned__lte=F("quantity")),
                name="fulfillment_parcel_lot_quantities_in_order",
                violation_error_message="0 <= returned <= packed, and something is packed.",
            ),
            models.CheckConstraint(
                condition=Q(is_serial=False) | Q(quantity=1),
                name="fulfillment_parcel_lot_serial_is_one_unit",
                violation_error_message="A serial number is one unit.",
            ),
            models.UniqueConstraint(
                fields=["lot"],
                condition=Q(is_serial=True, returned=0),
                name="fulfillment_parcel_lot_serial_in_one_parcel",
                violation_error_message="A serial number is in one parcel until it comes back.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of lot {self.lot_id}"

    @property
    def out(self) -> int:
        """Units that have not come back."""
        return self.quantity - self.returned
