"""Companies as a tree, on which terms they buy, and what their people may order."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from customers.enums import BuyerRole, RepeatedNumber, TermsKind
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class PaymentTerms(models.Model):
    """When an invoice is to be paid, and what is taken off for paying sooner."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=14, choices=TermsKind, default=TermsKind.NET)
    days = models.PositiveSmallIntegerField(
        default=0, help_text="After the invoice, or after the end of its month."
    )
    discount_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        help_text="Taken off when it is paid within the days of the discount. 0: nothing.",
    )
    discount_days = models.PositiveSmallIntegerField("days of the discount", default=0)
    is_active = models.BooleanField("offered", default=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "payment terms"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(days__lte=365) & Q(discount_days__lte=365),
                name="customers_terms_within_a_year",
                violation_error_message="Payment is due within 365 days.",
            ),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lt=100),
                name="customers_terms_discount",
                violation_error_message="A discount is at least 0 and less than 100 per cent.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """A business that buys; its people are customers of their own."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    tax_id = models.CharField("tax ID", max_length=40, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )  # never a circle; `customers.operations.set_company_terms` sees to that
    credit_limit = MoneyField(null=True, blank=True)  # empty: none set
    credit_currency = models.CharField(max_length=3, blank=True)  # ISO 4217, of the limit
    shares_credit = models.BooleanField(default=False)  # buys within the limit of its parent
    terms = models.ForeignKey(
        PaymentTerms, models.PROTECT, null=True, blank=True, related_name="+"
    )  # empty: the parent's, else the customer's or the channel's
    needs_purchase_order = models.BooleanField(default=False)
    repeated_number = models.CharField(
        max_length=4, choices=RepeatedNumber, default=RepeatedNumber.HOLD
    )
    is_active = models.BooleanField(
        "sold to on account",
        default=True,
        help_text="If not, whatever its people order on account waits for a person.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "companies"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="customers_company_not_its_own_parent",
                violation_error_message="A company does not belong to itself.",
            ),
            models.CheckConstraint(
                condition=Q(credit_limit=None) | (Q(credit_limit__gte=0) & ~Q(credit_currency="")),
                name="customers_company_credit_limit",
                violation_error_message="A credit limit is not negative and has a currency.",
            ),
            models.CheckConstraint(
                condition=Q(shares_credit=False) | Q(parent__isnull=False, credit_limit=None),
                name="customers_company_shares_or_owns",
                violation_error_message="A company has a limit of its own, or uses its parent's.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Buyer(models.Model):
    """What a person may do for the company that they buy for; who has no row has no limits."""

    customer = models.OneToOneField("customers.Customer", models.CASCADE, related_name="buyer")
    role = models.CharField(max_length=10, choices=BuyerRole, default=BuyerRole.BUYER)
    order_limit = MoneyField(null=True, blank=True)  # in the currency of the order
    period_limit = MoneyField(null=True, blank=True)  # the same, over the days before
    period_days = models.PositiveSmallIntegerField(default=30)
    history = HistoricalRecords()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(Q(order_limit=None) | Q(order_limit__gte=0))
                & (Q(period_limit=None) | Q(period_limit__gte=0)),
                name="customers_buyer_limits_not_negative",
                violation_error_message="A spending limit is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(period_days__gte=1) & Q(period_days__lte=366),
                name="customers_buyer_period",
                violation_error_message="A period has 1 to 366 days.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
