"""What is stocked, sold, taxed and declared."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from inventory.enums import Tracking
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class Product(models.Model):
    """A thing with a SKU that is stocked, sold, taxed and declared."""

    sku = models.CharField("SKU", max_length=64, unique=True)
    name = models.CharField(max_length=200)
    barcode = models.CharField(max_length=64, blank=True)  # GTIN where there is one
    unit_price = MoneyField(null=True, blank=True)  # list price; channels may differ
    unit_cost = MoneyField(null=True, blank=True)
    weight_g = models.PositiveIntegerField("weight (g)", default=0)
    tax_class = models.CharField(max_length=20, default="standard")  # rate class or HSN rate class
    goods_class = models.CharField(
        max_length=20,
        blank=True,
        help_text="What routing must know of it: hazardous, food, bulky ... Empty: nothing.",
    )
    family = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        db_index=True,
        help_text="Products of one family are variants, such as sizes or colours; buyers may "
        "exchange one for another. Empty: it has none.",
    )
    hs_code = models.CharField("HS code", max_length=10, blank=True)  # HS 2022; HSN in India
    origin_country = models.CharField(max_length=2, blank=True)  # ISO 3166-1
    customs_description = models.CharField(max_length=200, blank=True)
    preorder_on = models.DateField(
        "pre-order until",
        null=True,
        blank=True,
        help_text="First day on which it ships. Until then it is sold as a pre-order, also where "
        "the channel takes no backorders.",
    )
    tracking = models.CharField(
        max_length=6, choices=Tracking, default=Tracking.NONE, db_default=Tracking.NONE
    )  # changed by an operation while nothing is in stock
    is_active = models.BooleanField(default=True)
    is_limited = models.BooleanField(
        default=False, db_default=False, editable=False
    )  # has selling limits: placing asks for them only then
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0),
                name="inventory_product_unit_cost_not_negative",
                violation_error_message="A unit costs nothing or something.",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def is_preorder(self) -> bool:
        """Sold before it exists."""
        return self.preorder_on is not None and self.preorder_on > timezone.localdate()
