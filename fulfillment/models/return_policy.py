"""Under which terms goods come back, and why they do: both are data."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from fulfillment.enums import (
    ExchangeTiming,
    Fault,
    GoodsState,
    LabelPayer,
    RefundTiming,
    StandardReason,
)
from oms.money import MoneyField


class ReturnReason(models.Model):
    """Why goods come back, from a list that ships with the system and that users extend."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    fault = models.CharField(
        max_length=8,
        choices=Fault,
        default=Fault.BUYER,
        help_text="Of the seller or the carrier: window, fee, final sale and label cost do not apply.",
    )
    is_sellable = models.BooleanField(
        "sellable again",
        default=True,
        help_text="Units on their way back may be promised to others.",
    )
    is_offered = models.BooleanField(
        "offered to buyers", default=True, help_text="Buyers can choose it on their return page."
    )
    position = models.PositiveSmallIntegerField(default=100)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_active=True)
                | ~Q(code__in=[StandardReason.UNDELIVERED, StandardReason.OTHER]),
                name="fulfillment_return_reason_in_use_stays_on",
                violation_error_message="A reason that operations give by name stays switched on.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ReturnPolicy(models.Model):
    """What a buyer may send back, until when, and what it costs; the most specific one counts.

    The policy of a channel and goods class comes before the one of the channel, that before the
    one of the class, that before the one of everything. Without any, everything can come back at
    any time, free, and is credited when it is here.
    """

    name = models.CharField(max_length=80)
    channel = models.ForeignKey(
        "orders.Channel",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="return_policies",
        help_text="Empty: every channel.",
    )
    goods_class = models.CharField(
        max_length=20, blank=True, help_text="As products name it. Empty: every product."
    )
    window_days = models.PositiveSmallIntegerField(
        "window (days)",
        null=True,
        blank=True,
        default=30,
        help_text="From delivery. Empty: without end.",
    )
    final_sale = models.BooleanField(
        default=False, help_text="Comes back only for the seller's or the carrier's fault."
    )
    least_state = models.CharField(
        "condition",
        max_length=8,
        choices=GoodsState,
        default=GoodsState.USED,
        help_text="The worst state in which goods are taken back.",
    )
    fee_percent = models.DecimalField(
        "restocking fee (%)", max_digits=5, decimal_places=2, default=0
    )
    fee_each = MoneyField(
        "restocking fee per unit", default=0, help_text="In the channel's currency, with tax."
    )
    label_payer = models.CharField(
        "the way back is paid by",
        max_length=8,
        choices=LabelPayer,
        default=LabelPayer.SELLER,
    )
    label_cost = MoneyField(
        default=0, help_text="Taken off the refund once a return, in the channel's currency."
    )
    refund_on = models.CharField(
        "credited", max_length=10, choices=RefundTiming, default=RefundTiming.RECEIPT
    )
    exchange_ships = models.CharField(
        "a replacement leaves",
        max_length=10,
        choices=ExchangeTiming,
        default=ExchangeTiming.ON_RECEIPT,
        db_default=ExchangeTiming.ON_RECEIPT,
    )
    approves_itself = models.BooleanField(
        default=False, help_text="A request within the policy needs nobody's approval."
    )
    keep_limit = MoneyField(
        "refund without goods up to",
        default=0,
        db_default=0,
        help_text="What a return may be worth whose buyer keeps the goods, in the channel's "
        "currency, with tax. 0: goods come back.",
    )
    expires_days = models.PositiveSmallIntegerField(
        "expires after (days)", default=30, help_text="From approval, when nothing was sent."
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "return policies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "goods_class"],
                name="fulfillment_return_policy_once",
                violation_error_message="This channel and class have a policy.",
            ),
            models.UniqueConstraint(
                fields=["goods_class"],
                condition=Q(channel=None),
                name="fulfillment_return_policy_of_all_once",
                violation_error_message="This class has a policy for every channel.",
            ),
            models.CheckConstraint(
                condition=Q(fee_percent__gte=0)
                & Q(fee_percent__lte=100)
                & Q(fee_each__gte=0)
                & Q(label_cost__gte=0)
                & Q(keep_limit__gte=0)
                & (Q(fee_percent=0) | Q(fee_each=0)),
                name="fulfillment_return_policy_fee",
                violation_error_message="A fee is 0 to 100 per cent, or an amount a unit.",
            ),
            models.CheckConstraint(
                condition=Q(channel__isnull=False) | Q(fee_each=0, label_cost=0, keep_limit=0),
                name="fulfillment_return_policy_amounts_have_currency",
                violation_error_message="Amounts need a channel, whose currency they are in.",
            ),
            models.CheckConstraint(
                condition=Q(label_cost=0) | Q(label_payer=LabelPayer.DEDUCTED),
                name="fulfillment_return_policy_label_deducted",
                violation_error_message="A label cost is given where it is taken off the refund.",
            ),
            models.CheckConstraint(
                condition=Q(expires_days__gt=0),
                name="fulfillment_return_policy_expires",
                violation_error_message="A return is waited for at least one day.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
