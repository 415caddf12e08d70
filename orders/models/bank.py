"""What the bank says: accounts, statements that were sent, their lines, and what they paid."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from oms.money import MoneyField
from oms.querysets import LockingQuerySet
from orders.enums import BankLineState, Gateway, MatchedBy


class SentFile(models.Model):
    """A file about money: sealed while it is read, known again by its digest."""

    number = models.CharField(max_length=20, unique=True)
    digest = models.CharField(max_length=64, editable=False)  # keyed, of the content
    form = models.CharField(max_length=4)  # csv or camt
    size = models.BigIntegerField(default=0)  # bytes
    upload = models.CharField(max_length=80, blank=True)  # where it lies sealed; empty: gone
    error = models.CharField(max_length=300, blank=True)  # why nothing was read
    lines_read = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)  # lines of an earlier file
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.number


class BankAccount(models.Model):
    """An account of ours that buyers pay to; it remembers how its bank writes CSV."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    iban = models.CharField(
        "IBAN", max_length=34, blank=True, help_text="Statements of other accounts are refused."
    )
    currency = models.CharField(max_length=3)  # ISO 4217
    columns = models.JSONField(default=dict, blank=True, editable=False)  # meaning -> header
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class BankStatement(SentFile):
    """A statement as it was sent. The same one sent again is the same row."""

    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="statements")
    job = models.OneToOneField("oms.Job", models.PROTECT, null=True, related_name="bank_statement")
    matched = models.PositiveIntegerField(default=0)  # lines booked by their reference at once

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "digest"],
                name="orders_statement_once",
                violation_error_message="This statement was sent before.",
            )
        ]


class BankLine(models.Model):
    """One movement of an account. Whose it is, is sealed; once it paid an order, by that buyer's key."""

    number = models.CharField(max_length=20, unique=True)
    account = models.ForeignKey(BankAccount, models.PROTECT, related_name="lines")
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    digest = models.CharField(max_length=64, editable=False)  # keyed, of what tells it apart
    booked_on = models.DateField()
    amount = MoneyField()  # came in; negative: went out
    currency = models.CharField(max_length=3)
    bank_reference = models.CharField(max_length=80, blank=True)  # the bank's own
    subject = models.ForeignKey(
        "customers.DataSubject", models.PROTECT, null=True, related_name="bank_lines"
    )  # by whose fiscal key it is sealed; none: by the system's
    sealed = models.BinaryField(default=b"", editable=False)  # payer, account, text
    matched = MoneyField(default=0)  # of the amount; changed under lock, with its matches
    state = models.CharField(max_length=10, choices=BankLineState, default=BankLineState.OPEN)
    reason = models.CharField(max_length=300, blank=True)  # why it is nothing of ours
    payer_erased = models.BooleanField(default=False, db_default=False)  # or a namesake of theirs
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [("match_bankline", "Can book bank lines on orders")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "digest"],
                name="orders_bank_line_once",
                violation_error_message="This line is known.",
            ),
            models.CheckConstraint(
                condition=Q(amount__lt=0, matched=0)
                | Q(amount__gte=0, matched__gte=0, matched__lte=F("amount")),
                name="orders_bank_line_matched_within",
                violation_error_message="No more of a line is booked than came in.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["booked_on", "id"],
                name="orders_bank_line_open",
                condition=Q(state=BankLineState.OPEN),
            )
        ]

    def __str__(self) -> str:
        return self.number


class PayerSearch(models.Model):
    """Somebody who was erased, sealed, while lines that name them are looked for; then deleted."""

    subject = models.ForeignKey(
        "customers.DataSubject", models.PROTECT, related_name="payer_searches"
    )  # by whose fiscal key it is sealed
    sealed = models.BinaryField(editable=False)  # words of names, and accounts
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, related_name="payer_searches"
    )  # whose page tells finance what it has to decide
    reached = models.BigIntegerField(default=0)  # id of the last line that was looked at
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "payer searches"

    def __str__(self) -> str:
        return f"Search {self.pk}"


class BankMatch(models.Model):
    """A part of a line that paid an order, by one transaction; undone by another."""

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="matches")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="bank_matches")
    transaction = models.OneToOneField(
        "orders.PaymentTransaction", models.PROTECT, related_name="bank_match"
    )
    amount = MoneyField()
    how = models.CharField(max_length=10, choices=MatchedBy)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    undone = models.OneToOneField(
        "orders.PaymentTransaction", models.PROTECT, null=True, related_name="undone_bank_match"
    )

    class Meta:
        verbose_name_plural = "bank matches"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="orders_bank_match_positive",
                violation_error_message="A line pays more than nothing.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.line_id} {self.amount}"


class GatewayPayout(models.Model):
    """A line by which a gateway paid out what it had captured, less its fee."""

    line = models.ForeignKey(BankLine, models.PROTECT, related_name="payouts")
    gateway = models.CharField(max_length=20, choices=Gateway)
    amount = MoneyField()  # that came in
    fee = MoneyField(default=0)  # that the gateway kept
    currency = models.CharField(max_length=3)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee__gte=0), name="orders_payout_positive"
            ),
            models.UniqueConstraint(
                fields=["line"], condition=Q(undone_at=None), name="orders_payout_line_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.amount}"
