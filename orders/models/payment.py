"""Money: payments with append-only transactions, and refunds granted apart from refunds paid."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms import words
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet
from orders.enums import Gateway, PaymentMethod, RequestState, TransactionKind


class Payment(models.Model):
    """One source of money for an order: a card, a transfer, cash at the door."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="payments")
    method = models.CharField(max_length=20, choices=PaymentMethod)
    reference = models.CharField(max_length=120, blank=True)  # the gateway's or bank's
    gateway = models.CharField(  # who moves the money; empty: it moves without us
        max_length=20, choices=Gateway, blank=True, default=""
    )
    amount = MoneyField()  # agreed; what really moved stands in the transactions
    currency = models.CharField(max_length=3)
    shares_reference = models.BooleanField(  # money of another order's payment moved here
        default=False, db_default=False
    )
    expires_at = models.DateTimeField(null=True, blank=True)  # of the authorisation, if known
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        permissions: ClassVar = [
            ("take_payment", "Can record, capture and void payments"),
            ("write_off_balance", "Can write off small differences"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="orders_payment_amount_not_negative",
                violation_error_message="A payment is not negative.",
            ),
            models.UniqueConstraint(
                fields=["gateway", "reference", "order"],
                condition=~Q(gateway="") & ~Q(reference=""),
                name="orders_payment_gateway_reference_once",
                violation_error_message="This order already has this payment.",
            ),
            models.UniqueConstraint(
                fields=["gateway", "reference"],
                condition=~Q(gateway="") & ~Q(reference="") & Q(shares_reference=False),
                name="orders_payment_gateway_reference_one_order",
                violation_error_message="This payment of the gateway pays another order.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["reference"], name="orders_payment_at_gateway", condition=~Q(gateway="")
            ),
            models.Index(
                fields=["expires_at"],
                name="orders_payment_expiring",
                condition=Q(expires_at__isnull=False),
            ),
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
        return f"Refund of {words.money(self.amount, self.order.currency)}"


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


class GatewayRequest(models.Model):
    """What a gateway is asked to do with a payment; it is sent by the worker until it is answered."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=10, choices=TransactionKind)  # capture, refund or void
    amount = MoneyField()
    cause = models.CharField(max_length=40, blank=True)  # shipment; empty: somebody asked
    key = models.UUIDField(default=uuid.uuid4)  # by which the gateway knows a repeat
    captured_before = MoneyField(null=True)  # at its first sending, so that a repeat means the same
    grant = models.ForeignKey(
        RefundGrant, models.PROTECT, null=True, blank=True, related_name="requests"
    )
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    locked_until = models.DateTimeField(null=True)  # lease of the worker that is asking
    error = models.CharField(max_length=300, blank=True)  # the last answer, when it was none or no
    method = models.CharField(  # how the money moved instead, of one that was done otherwise
        max_length=20, choices=PaymentMethod, blank=True, default="", db_default=""
    )
    reference = models.CharField(max_length=120, blank=True, default="", db_default="")
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="orders_request_amount_positive",
                violation_error_message="A gateway is asked for more than nothing.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["capture", "refund", "void"]),
                name="orders_request_kind_known",
                violation_error_message="A gateway captures, refunds or voids.",
            ),
            models.CheckConstraint(
                condition=Q(kind="refund", grant__isnull=False)
                | (~Q(kind="refund") & Q(grant__isnull=True)),
                name="orders_request_refund_granted",
                violation_error_message="Only what was granted is refunded.",
            ),
            models.UniqueConstraint(
                fields=["payment", "kind", "cause"],
                condition=~Q(cause=""),
                name="orders_request_cause_once",
                violation_error_message="This was already asked for.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                name="orders_request_due",
                condition=Q(state=RequestState.WAITING),
            ),
            models.Index(
                fields=["-id"], name="orders_request_open", condition=~Q(state=RequestState.DONE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.payment_id}"


class GatewayNotice(models.Model):
    """A webhook of a gateway: a hint that a payment moved; the gateway is asked how it stands."""

    gateway = models.CharField(max_length=20, choices=Gateway)
    event_id = models.CharField(max_length=120)
    name = models.CharField(max_length=80)
    reference = models.CharField(max_length=120)  # of the payment
    received_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    locked_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="orders_notice_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], name="orders_notice_due", condition=Q(done_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.reference}"
