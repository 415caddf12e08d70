"""Price lists: what products cost whom, from which quantity and from when to when."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from oms.money import MoneyField


class PriceList(models.Model):
    """Prices for everybody, a channel, a group or segment of customers, or a company."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)  # ISO 4217
    includes_tax = models.BooleanField(
        default=True, help_text="Only channels that state prices in the same way use the list."
    )
    channel = models.ForeignKey(
        "orders.Channel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="price_lists",
        help_text="Empty: every channel of its currency.",
    )
    group = models.CharField(
        "customer group",
        max_length=40,
        blank=True,
        help_text="Such as wholesale. Empty: whoever buys.",
    )
    segment = models.ForeignKey(
        "customers.Segment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whoever is in it when they buy. Empty: whoever buys.",
    )
    company = models.ForeignKey(
        "customers.Company",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="With the companies below it. Empty: whoever buys.",
    )
    valid_from = models.DateField(null=True, blank=True, help_text="First day. Empty: always.")
    valid_to = models.DateField(null=True, blank=True, help_text="Last day. Empty: for good.")
    rank = models.PositiveSmallIntegerField(
        default=100, help_text="Of lists for the same buyers, the lowest is asked first."
    )
    is_active = models.BooleanField("in force", default=True)
    history = HistoricalRecords()

    class Meta:
        permissions: ClassVar = [("import_prices", "Can import prices into price lists")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="orders_price_list_period",
                violation_error_message="The last day is not before the first.",
            ),
            models.CheckConstraint(
                condition=Q(group="", company=None)
                | Q(group="", segment=None)
                | Q(company=None, segment=None),
                name="orders_price_list_one_scope",
                violation_error_message="A list is for a company, a segment or a group: one of them.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListPrice(models.Model):
    """What one unit costs when at least so many are bought."""

    price_list = models.ForeignKey(PriceList, models.CASCADE, related_name="prices")
    product = models.ForeignKey("inventory.Product", models.PROTECT, related_name="list_prices")
    from_quantity = models.PositiveIntegerField("from units", default=1)
    unit_price = MoneyField()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "price"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["price_list", "product", "from_quantity"],
                name="orders_list_price_unique",
                violation_error_message="The list has a price for this product and quantity.",
            ),
            models.CheckConstraint(
                condition=Q(from_quantity__gte=1) & Q(unit_price__gte=0),
                name="orders_list_price_sane",
                violation_error_message="A price is not negative and counts from at least 1 unit.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} from {self.from_quantity}"
