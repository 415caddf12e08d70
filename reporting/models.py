"""Rollups: one row per day and key, in UTC days, kept incrementally by consumers."""

from typing import ClassVar

from django.db import models

from oms.money import MoneyField


class DailySales(models.Model):
    """Orders by the day they were placed."""

    day = models.DateField()
    channel = models.ForeignKey("orders.Channel", models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    orders = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    value = MoneyField(default=0)  # totals at placement
    cancelled_orders = models.BigIntegerField(default=0)  # by the day of cancelling
    cancelled_value = MoneyField(default=0)
    short_orders = models.BigIntegerField(default=0)  # stock was short at the first attempt
    short_lines = models.BigIntegerField(default=0)
    short_units = models.BigIntegerField(default=0)  # units that had no stock then

    class Meta:
        verbose_name_plural = "daily sales"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "channel", "currency"], name="reporting_sales_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class DailyShipping(models.Model):
    """Shipments by the day they left, per location."""

    day = models.DateField()
    location = models.ForeignKey("inventory.Location", models.PROTECT, related_name="+")
    shipments = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    on_time = models.BigIntegerField(default=0)  # left by the promised ship date
    promised = models.BigIntegerField(default=0)  # had a promised ship date
    returned_units = models.BigIntegerField(default=0)  # by the day of receipt
    cycle_minutes = models.BigIntegerField(default=0)  # from placing to leaving, all shipments

    class Meta:
        verbose_name_plural = "daily shipping"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "location"], name="reporting_shipping_unique")
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class DailyProduct(models.Model):
    """Demand and supply per product and day."""

    day = models.DateField()
    product = models.ForeignKey("inventory.Product", models.PROTECT, related_name="+")
    ordered = models.BigIntegerField(default=0)  # units placed
    shipped = models.BigIntegerField(default=0)  # units
    returned = models.BigIntegerField(default=0)  # units

    class Meta:
        verbose_name_plural = "daily products"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "day"], name="reporting_product_unique")
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="reporting_product_day")]

    def __str__(self) -> str:
        return f"{self.day}"


class PromiseOutcome(models.Model):
    """What became of the promises of an order that has left as a whole."""

    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="+")
    channel = models.ForeignKey("orders.Channel", models.PROTECT, related_name="+", db_index=False)
    location = models.ForeignKey(
        "inventory.Location", models.PROTECT, related_name="+", db_index=False
    )  # that the last shipment left
    first_at = models.DateTimeField()  # ship by, as promised first
    last_at = models.DateTimeField()  # ship by, as promised last
    shipped_at = models.DateTimeField()  # when the last unit left
    kept_first = models.BooleanField()
    kept_last = models.BooleanField()
    reason = models.CharField(max_length=16, blank=True)  # of the last change; empty: unchanged

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["first_at", "channel"], name="reporting_promise_first"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {'kept' if self.kept_first else 'broken'}"
