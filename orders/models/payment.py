"""Money: payments with append-only transactions, and refunds granted apart from refunds paid."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.models import AppendOnly
from oms.money import MoneyField
from orders.enums import PaymentMethod, TransactionKind


class Payment(models.Model):
    """One source of money for an order: a card, a transfer, cash at the door."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payments")
    method = models.CharField(max_length=20, choices=PaymentMethod)
    reference = models.CharField(max_length=120, blank=True)  # the gateway's or bank's
    amount = MoneyField()  # agreed; what really moved stands in the transactions
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        permissions: ClassVar = [
            ("take_payment", "Can record, capture and void payments"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="orders_payment_amount_not_negative",
                violation_error_message="A payment is not negative.",
            )
        ]

    def __str__(self) -> str:
        return self.number


class RefundGrant(AppendOnly):
    """Money that we owe back; paying it out is a transaction of its own."""

    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="refund_grants")
    amount = MoneyField()
    reason = models.CharField(max_length=300)
    reference = models.CharField(max_length=80, blank=True)  # cancellation or return
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions: ClassVar = [  # two duties: no role holds both but Administrator
            ("grant_refund", "Can grant refunds"),
            ("pay_refund", "Can pay granted refunds"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="orders_refund_grant_positive",
                violation_error_message="A refund is more than nothing.",
            ),
            models.UniqueConstraint(
                fields=["order", "reference"],
                condition=~Q(reference=""),
                name="orders_refund_grant_reference_once",
                violation_error_message="A refund with this reference is already granted.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.amount)


class PaymentTransaction(AppendOnly):
    """One movement of money, as it happened."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="transactions")
    kind = models.CharField(max_length=10, choices=TransactionKind)
    amount = MoneyField()
    reference = models.CharField(max_length=120, blank=True)
    grant = models.ForeignKey(
        RefundGrant, models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="orders_transaction_amount_positive",
                violation_error_message="A transaction moves a positive amount.",
            ),
            models.UniqueConstraint(
                fields=["payment", "kind", "reference"],
                condition=~Q(reference=""),
                name="orders_transaction_reference_once",
                violation_error_message="This transaction is already recorded.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
