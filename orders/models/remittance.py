"""Cash on delivery as carriers hand it over: their files, parcel by parcel."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from oms.money import MoneyField
from orders.enums import RemittanceOutcome
from orders.models.bank import SentFile


class RemittanceProfile(models.Model):
    """How a carrier writes its remittance files; remembered from the first one."""

    carrier = models.SlugField(max_length=40, unique=True)  # its code
    columns = models.JSONField(default=dict)  # meaning -> header

    def __str__(self) -> str:
        return self.carrier


class Remittance(SentFile):
    """A carrier's file. The same one sent again is the same row."""

    carrier = models.SlugField(max_length=40)  # its code
    currency = models.CharField(max_length=3)
    job = models.OneToOneField("oms.Job", models.PROTECT, null=True, related_name="remittance")
    collected = MoneyField(default=0)  # of all its rows
    fees = MoneyField(default=0)  # what the carrier keeps: a cost of ours

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["carrier", "digest"],
                name="orders_remittance_once",
                violation_error_message="This remittance was sent before.",
            )
        ]

    @property
    def net(self) -> Decimal:
        """What the carrier hands over: collected, less what it keeps."""
        return Decimal(self.collected) - Decimal(self.fees)


class RemittanceRow(models.Model):
    """One parcel of a remittance and what became of its money; never changed."""

    remittance = models.ForeignKey(Remittance, models.PROTECT, related_name="rows")
    position = models.PositiveIntegerField()  # in the file, from 1
    tracking = models.CharField(max_length=80)
    order = models.ForeignKey(
        "orders.Order", models.PROTECT, null=True, related_name="remittance_rows"
    )
    transaction = models.OneToOneField(
        "orders.PaymentTransaction", models.PROTECT, null=True, related_name="remittance_row"
    )
    expected = MoneyField(null=True)  # what was still to be collected for the order
    collected = MoneyField()
    fee = MoneyField(default=0)
    outcome = models.CharField(max_length=10, choices=RemittanceOutcome)
    said = models.CharField(max_length=200, blank=True)  # one sentence for a person
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["remittance", "position"], name="orders_remittance_row_once"
            )
        ]

    def __str__(self) -> str:
        return self.tracking


class RemittancePayout(models.Model):
    """The bank line by which a carrier handed a remittance over, several of them by one sum or not."""

    line = models.ForeignKey("orders.BankLine", models.PROTECT, related_name="remittance_payouts")
    remittance = models.ForeignKey(Remittance, models.PROTECT, related_name="payouts")
    amount = MoneyField()
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="orders_remittance_payout_positive"
            ),
            models.UniqueConstraint(
                fields=["remittance"],
                condition=Q(undone_at=None),
                name="orders_remittance_handed_over_once",
                violation_error_message="This remittance is on our account already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.remittance_id} {self.amount}"
