"""Store credit and gift cards: money that we owe a buyer and that pays for orders."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet
from orders.enums import CreditEntryKind, CreditKind


class StoreCredit(models.Model):
    """One gift card, or one buyer's credit. Its balance is the sum of its entries."""

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=12, choices=CreditKind)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, blank=True, related_name="store_credits"
    )  # who may spend it; empty: whoever has the code
    code_digest = models.CharField(max_length=64, blank=True, editable=False)  # of a gift card
    code_end = models.CharField(
        max_length=4, blank=True
    )  # its last characters, to tell cards apart
    currency = models.CharField(max_length=3)
    balance = MoneyField(default=0)  # changed by one conditional update, with an entry
    reason = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("issue_storecredit", "Can issue store credit and gift cards"),
            ("redeem_storecredit", "Can pay for orders with store credit"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(balance__gte=0),
                name="orders_credit_not_negative",
                violation_error_message="No more is spent than there is.",
            ),
            models.UniqueConstraint(
                fields=["code_digest"],
                condition=~Q(code_digest=""),
                name="orders_credit_code_once",
                violation_error_message="This code is already in use.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="orders_credit_expiring", condition=Q(balance__gt=0)
            )
        ]

    def __str__(self) -> str:
        return self.number


class StoreCreditEntry(AppendOnly):
    """One movement of store credit: more is positive, less is negative."""

    credit = models.ForeignKey(StoreCredit, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=10, choices=CreditEntryKind)
    amount = MoneyField()
    balance = MoneyField()  # after it
    transaction = models.OneToOneField(
        "orders.PaymentTransaction",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_entry",
    )  # what it paid for, or what was refunded to it
    reason = models.CharField(max_length=300, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "store credit entries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(amount=0),
                name="orders_credit_entry_moves",
                violation_error_message="An entry moves something.",
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0),
                name="orders_credit_entry_balance_not_negative",
                violation_error_message="No more is spent than there is.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
