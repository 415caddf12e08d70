"""Who sells to us, what, at what price and in what quantities."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from inventory.models.product import Product
from oms.money import MoneyField


class Supplier(models.Model):
    """A company that goods are bought from. Holds no person's name."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    country = models.CharField(max_length=2)  # ISO 3166-1
    currency = models.CharField(max_length=3)  # ISO 4217, of its prices
    address = models.TextField(blank=True, help_text="The company's address, as on papers.")
    order_email = models.CharField(
        max_length=200, blank=True, help_text="A shared mailbox, such as orders@."
    )
    tax_id = models.CharField("tax ID", max_length=40, blank=True)
    payment_terms_days = models.PositiveSmallIntegerField("payment terms (days)", default=30)
    lead_time_days = models.PositiveSmallIntegerField(
        "stated lead time (days)", default=14, help_text="Used until receipts teach a better one."
    )
    over_percent = models.PositiveSmallIntegerField(
        "accepted over-delivery (%)", default=0, help_text="More than this asks before it is taken."
    )
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.name


class SupplierProduct(models.Model):
    """A product as a supplier sells it: price, pack, minimum."""

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="offers")
    product = models.ForeignKey(Product, models.PROTECT, related_name="offers")
    supplier_sku = models.CharField("supplier's SKU", max_length=64, blank=True)
    price = MoneyField()  # a unit, in the supplier's currency
    pack_size = models.PositiveIntegerField(default=1)  # units come in multiples of it
    minimum = models.PositiveIntegerField("minimum quantity", default=1)
    lead_time_days = models.PositiveSmallIntegerField(
        "stated lead time (days)", null=True, blank=True, help_text="Empty: the supplier's."
    )
    is_preferred = models.BooleanField(default=False)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "offer"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "product"],
                name="inventory_offer_once",
                violation_error_message="This supplier offers this product already.",
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(is_preferred=True),
                name="inventory_offer_one_preferred",
                violation_error_message="Another supplier is preferred for this product.",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0) & Q(pack_size__gte=1) & Q(minimum__gte=1),
                name="inventory_offer_positive",
                violation_error_message="A price is not negative; packs and minimum are 1 or more.",
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.pk}"

    def fits(self, quantity: int) -> bool:
        """Whether the supplier sells exactly this many units."""
        return quantity >= self.minimum and quantity % self.pack_size == 0

    def rounded_up(self, quantity: int) -> int:
        """The least that the supplier sells and that is no less than this many units."""
        packs = -(-max(quantity, self.minimum) // self.pack_size)
        return packs * self.pack_size
