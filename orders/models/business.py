"""What an order of a company carries beside goods: its purchase order number and payment terms."""

from typing import ClassVar

from django.db import models


class Business(models.Model):
    """On which terms an order was placed; who has neither company nor terms has no row.

    Kept beside the order and not in it: most orders are private ones.
    """

    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="business")
    company = models.ForeignKey(
        "customers.Company", models.PROTECT, null=True, related_name="+", db_index=False
    )  # for whom the buyer bought then; orders_business_number is its index
    purchase_order_number = models.CharField(max_length=60, blank=True)  # the buyer's own
    terms = models.JSONField(default=dict)  # as they were: code, name, kind, days, discount

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["company", "purchase_order_number"], name="orders_business_number")
        ]

    def __str__(self) -> str:
        return self.purchase_order_number or str(self.order_id)
