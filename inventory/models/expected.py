"""Stock that is on its way, whatever document says so."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.enums import SupplyKind
from inventory.models.location import Location
from inventory.models.product import Product


class ExpectedSupply(models.Model):
    """Units that a document says will arrive at a location on a day.

    One row per document, product, location and day, kept by the operations of that document through
    `inventory.operations.expect`. It is what may be promised beyond stock; nothing is on hand
    before it is received.
    """

    kind = models.CharField(max_length=16, choices=SupplyKind)
    reference = models.CharField(max_length=80)  # number of the document
    product = models.ForeignKey(Product, models.PROTECT, related_name="expected")
    location = models.ForeignKey(Location, models.PROTECT, related_name="expected")
    quantity = models.BigIntegerField()  # still to come
    due_on = models.DateField()

    class Meta:
        verbose_name_plural = "expected supply"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "reference", "product", "location", "due_on"],
                name="inventory_expected_unique",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="inventory_expected_quantity_positive",
                violation_error_message="What is expected is more than nothing.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "due_on"], name="inventory_expected_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} by {self.reference} on {self.due_on}"
