"""Sales channels: where orders come from, and the policies they bring, as data."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalRecords

from oms.money import MoneyField
from orders.enums import CapturePolicy, Gateway, OverLimit


class Channel(models.Model):
    """A shop, marketplace or desk that sends orders. Two doors differ in this row, not in code."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)  # ISO 4217
    price_includes_tax = models.BooleanField(default=True)
    needs_payment = models.BooleanField(
        default=True,
        help_text="Release only what is paid or authorised (COD and account excepted).",
    )
    auto_release = models.BooleanField(
        default=True, help_text="Hand orders to locations without a person's decision."
    )
    allows_backorder = models.BooleanField(
        default=True, help_text="Take orders for more than is available; refuse them otherwise."
    )
    over_limit = models.CharField(
        "beyond a limit",
        max_length=6,
        choices=OverLimit,
        default=OverLimit.REFUSE,
        help_text="What becomes of an order beyond a limit on backorders or pre-orders.",
    )
    ships_complete = models.BooleanField(
        default=False, help_text="Wait until every line is allocated before releasing any."
    )
    review_limit = MoneyField(
        null=True, blank=True, help_text="Orders above this total wait for a person."
    )
    duplicate_window_minutes = models.PositiveIntegerField(
        default=10, help_text="Same buyer and same lines within this time are suspicious. 0: never."
    )
    remorse_minutes = models.PositiveIntegerField(
        "minutes before release",
        default=0,
        help_text="So long after placing no location sees an order, as its buyer may change their "
        "mind; its stock is reserved. 0: at once.",
    )
    undo_minutes = models.PositiveIntegerField(
        "minutes to undo a cancel",
        default=5,
        help_text="A cancel asked for in the back office is done after this time, and can be taken "
        "back until then. 0: at once.",
    )
    promise_days = models.PositiveSmallIntegerField(
        default=2, help_text="Days from placing to the promised ship date."
    )
    allocation_rank = models.PositiveSmallIntegerField(
        default=100,
        help_text="Where an allocation policy looks at the channel, the lowest is served first.",
    )
    soft_minutes = models.PositiveIntegerField(
        "minutes kept for a basket",
        default=15,
        help_text="How long a soft reservation lasts when the caller does not say.",
    )
    soft_longest_hours = models.PositiveIntegerField(
        "longest, in hours",
        default=168,
        help_text="No soft reservation lasts longer from now on. 0: none are given.",
    )
    soft_units = models.PositiveIntegerField(
        "units a basket",
        default=100,
        help_text="More units than this are set aside for nobody.",
    )
    soft_open = models.PositiveIntegerField(
        "baskets at once",
        default=10_000,
        help_text="So many soft reservations may be open; the next is refused.",
    )
    notifies_customers = models.BooleanField(
        default=False,
        help_text="Write to customers by the message templates; off where the shop does so itself.",
    )
    write_off_limit = MoneyField(
        default=0,
        help_text="Up to this much of what a buyer still owes may be written off. 0: nothing.",
    )
    gateway = models.CharField(
        max_length=20,
        choices=Gateway,
        blank=True,
        default="",
        help_text="Who holds this channel's card payments. Empty: the channel takes them itself.",
    )
    capture_policy = models.CharField(
        max_length=10,
        choices=CapturePolicy,
        default=CapturePolicy.BY_HAND,
        help_text="When money that the gateway holds is taken.",
    )
    checks_shipping = models.BooleanField(
        "knows shipping methods",
        default=False,
        db_default=False,
        help_text="Hold orders whose shipping method, as the channel words it, nobody has named yet.",
    )
    checks_prices = models.BooleanField(
        "compares prices with the price lists",
        default=False,
        help_text="An order that states other prices than the list waits for a person.",
    )
    terms = models.ForeignKey(
        "customers.PaymentTerms",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="payment terms",
        help_text="For buyers who have none of their own. Empty: paid at once.",
    )
    is_active = models.BooleanField(default=True)
    rules_stamp = models.UUIDField(default=uuid.uuid4, editable=False)  # changes with the rules
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code

    def save(self, **kwargs: Any) -> None:
        """Write what people decide; the stamp of rules is not theirs, and never written back."""
        if not self._state.adding and kwargs.get("update_fields") is None:
            names = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            kwargs["update_fields"] = names - {"rules_stamp"}
        super().save(**kwargs)


class SkuAlias(models.Model):
    """What a channel calls one of our products; remembered when a person solves an unknown SKU."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="aliases")
    alias = models.CharField(max_length=64)
    product = models.ForeignKey("inventory.Product", models.PROTECT, related_name="aliases")
    remembered_by = models.CharField(max_length=80, blank=True, editable=False)
    remembered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "SKU alias"
        verbose_name_plural = "SKU aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "alias"], name="orders_alias_unique")
        ]

    def __str__(self) -> str:
        return self.alias


class KnownPrice(models.Model):
    """A price of a channel's own that a person accepted, whatever the price lists say.

    An order that states it does not wait; another price than this one and the list's does.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="known_prices")
    product = models.ForeignKey("inventory.Product", models.PROTECT, related_name="+")
    unit_price = MoneyField(help_text="As the channel states it, in its currency.")
    remembered_by = models.CharField(max_length=80, blank=True, editable=False)
    remembered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "product"],
                name="orders_known_price_once",
                violation_error_message="A price of this product is known already.",
            ),
            models.CheckConstraint(
                condition=models.Q(unit_price__gte=0),
                name="orders_known_price_not_negative",
                violation_error_message="A price is zero or more.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} in {self.channel}"


class ShippingAlias(models.Model):
    """What a channel calls a way of shipping; remembered when a person names ours."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="shipping_aliases")
    alias = models.CharField("their words", max_length=200, help_text="In small letters.")
    method = models.CharField(
        "our method", max_length=40, help_text="As routing rules ask for it, such as express."
    )
    remembered_by = models.CharField(max_length=80, blank=True, editable=False)
    remembered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "shipping alias"
        verbose_name_plural = "shipping aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "alias"],
                name="orders_shipping_alias_unique",
                violation_error_message="These words of the channel are known already.",
            ),
            models.CheckConstraint(
                condition=~models.Q(method=""),
                name="orders_shipping_alias_names_method",
                violation_error_message="Say which of our methods it is.",
            ),
        ]

    def __str__(self) -> str:
        return self.alias


class CountryAlias(models.Model):
    """What a channel calls a country; remembered when a person corrects an address."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="country_aliases")
    alias = models.CharField("their word", max_length=60, help_text="In small letters.")
    country = models.CharField(max_length=2, help_text="Two letters, as in ISO 3166-1.")
    remembered_by = models.CharField(max_length=80, blank=True, editable=False)
    remembered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "country alias"
        verbose_name_plural = "country aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "alias"], name="orders_country_alias_unique")
        ]

    def __str__(self) -> str:
        return self.alias
