"""Claims against carriers: what they did to parcels, what they owe for it, and what they paid."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import ClaimEntryKind, ClaimKind, ClaimRemedy, ClaimStatus, Convention
from fulfillment.models.returns import Return
from fulfillment.models.shipment import Carrier, Parcel, Shipment
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet

DUE = (
    ClaimStatus.OPEN,
    ClaimStatus.SENT,
    ClaimStatus.ACCEPTED,
    ClaimStatus.PARTLY_ACCEPTED,
)  # somebody waits for the next step

ACCOUNTED = Round(  # SQLite adds in binary
    F("received") + F("written_off") + F("dropped") + F("open"), 4
)


class ClaimTerms(models.Model):
    """Until when a carrier takes claims and up to what it is liable, for parcels since a day.

    The latest row in the currency of the order counts; where there is none, days are taken from the
    latest row in another currency, and no limit is known.
    """

    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="claim_terms")
    valid_from = models.DateField(help_text="For parcels handed over on this day or later.")
    currency = models.CharField(max_length=3, help_text="Of the amounts below, ISO 4217.")
    lost_after_days = models.PositiveSmallIntegerField(
        "lost after (days)",
        default=10,
        help_text="From hand-over: when a parcel that never arrived counts as lost.",
    )
    loss_days = models.PositiveSmallIntegerField(
        "claim a loss within (days)", default=60, help_text="From hand-over."
    )
    damage_days = models.PositiveSmallIntegerField(
        "claim damage or a shortage within (days)", default=7, help_text="From delivery."
    )
    delay_days = models.PositiveSmallIntegerField(
        "claim a delay within (days)", default=21, help_text="From delivery."
    )
    answer_days = models.PositiveSmallIntegerField(
        "answers and pays within (days)", default=30, help_text="After that the claim is due."
    )
    convention = models.CharField(
        "liable by", max_length=8, choices=Convention, default=Convention.NONE, blank=True
    )
    sdr_rate = models.DecimalField(
        "one SDR is",
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Special drawing right in the currency above, as the IMF publishes it.",
    )
    per_kg = MoneyField("liable per kg", null=True, blank=True)
    per_parcel = MoneyField("liable per parcel", null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "claim terms"
        ordering: ClassVar = ["carrier", "-valid_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["carrier", "currency", "valid_from"],
                name="fulfillment_claim_terms_once",
                violation_error_message="The carrier has terms in this currency from this day.",
            ),
            models.CheckConstraint(
                condition=Q(convention=Convention.NONE) | Q(sdr_rate__isnull=False, sdr_rate__gt=0),
                name="fulfillment_claim_terms_rate",
                violation_error_message="A convention limits in SDR: say what one is worth.",
            ),
            models.CheckConstraint(
                condition=(Q(per_kg=None) | Q(per_kg__gte=0))
                & (Q(per_parcel=None) | Q(per_parcel__gte=0)),
                name="fulfillment_claim_terms_amounts",
                violation_error_message="A limit is not negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} from {self.valid_from}"


class Claim(models.Model):
    """What we want from a carrier for one parcel, or for a whole shipment."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="claims")
    shipment = models.ForeignKey(Shipment, models.PROTECT, related_name="claims")
    parcel = models.ForeignKey(
        Parcel, models.PROTECT, null=True, blank=True, related_name="claims"
    )  # empty: all of them
    carrier = models.ForeignKey(Carrier, models.PROTECT, related_name="claims")
    kind = models.CharField(max_length=8, choices=ClaimKind)
    status = models.CharField(max_length=15, choices=ClaimStatus, default=ClaimStatus.OPEN)
    evidence = models.BinaryField(null=True)  # sealed under the buyer: what the carrier is told
    reference = models.CharField(max_length=80, blank=True)  # of who opened it; recognises repeats
    carrier_reference = models.CharField(max_length=80, blank=True)  # the carrier's number of it
    answer = models.BinaryField(null=True)  # sealed under the buyer: what the carrier said
    currency = models.CharField(max_length=3)  # of the order
    amount = MoneyField()  # claimed
    liable = MoneyField(null=True, blank=True)  # up to what, by the terms; empty: not known
    accepted = MoneyField(default=0)
    received = MoneyField(default=0)  # of the ledger's entries
    written_off = MoneyField(default=0, db_default=0)  # of the ledger's entries
    dropped = MoneyField(default=0, db_default=0)  # the carrier refused it, or we withdrew
    open = MoneyField(default=0, db_default=0)  # the rest: still to be answered, or to come
    remedy = models.CharField(max_length=11, choices=ClaimRemedy, default=ClaimRemedy.NOTHING)
    credit = models.OneToOneField(
        Return, models.PROTECT, null=True, blank=True, related_name="claim"
    )  # the return without goods by which the buyer got the remedy
    claim_by = models.DateField(null=True, blank=True)  # last day by the terms
    due_on = models.DateField(null=True, blank=True)  # of the next step, ours or the carrier's
    answer_days = models.PositiveSmallIntegerField(default=30)  # by the terms, when it was opened
    opened_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # declined, written off or withdrawn
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("book_claim", "Can book money that carriers pay for claims"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shipment", "reference"],
                condition=~Q(reference=""),
                name="fulfillment_claim_reference_once",
                violation_error_message="This claim is already recorded.",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0)
                & Q(received__gte=0)
                & Q(received__lte=F("accepted"))
                & Q(accepted__lte=F("amount")),
                name="fulfillment_claim_amounts_in_order",
                violation_error_message="received <= accepted <= claimed, and something is claimed.",
            ),
            models.CheckConstraint(
                condition=Q(amount=ACCOUNTED) & Q(written_off__gte=0, dropped__gte=0, open__gte=0),
                name="fulfillment_claim_adds_up",
                violation_error_message="claimed = received + written off + dropped + open.",
            ),
            models.CheckConstraint(
                condition=~Q(status=ClaimStatus.WRITTEN_OFF) | Q(written_off__gt=0, open=0),
                name="fulfillment_claim_written_off_ends",
                violation_error_message="What is written off leaves nothing open.",
            ),
            models.CheckConstraint(
                condition=~Q(status=ClaimStatus.PAID) | Q(accepted__gt=0, received=F("accepted")),
                name="fulfillment_claim_paid_in_full",
                violation_error_message="A claim is paid when all that was accepted is here.",
            ),
            models.CheckConstraint(
                condition=Q(remedy=ClaimRemedy.NOTHING, credit=None)
                | ~Q(remedy=ClaimRemedy.NOTHING) & Q(credit__isnull=False),
                name="fulfillment_claim_remedy_has_credit",
                violation_error_message="A remedy stands on a return without goods.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="fulfillment_claim_status"),
            models.Index(
                fields=["due_on", "id"],
                name="fulfillment_claim_due",
                condition=Q(status__in=DUE),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel whose API keys may read of it; free when the order was selected along."""
        return self.order.channel.code


class ClaimLine(models.Model):
    """Units of an order line that a claim is about."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="claim_lines")
    quantity = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["claim", "order_line"], name="fulfillment_claim_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="fulfillment_claim_line_quantity_positive",
                violation_error_message="A claim line is about at least one unit.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.quantity)


class ClaimEntry(AppendOnly):
    """Money of a claim that came in or is written off, or one of them taken back; never changed."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=11, choices=ClaimEntryKind)
    amount = MoneyField()
    reference = models.CharField(
        max_length=80, blank=True
    )  # how the carrier's payment is found again
    attempt = models.PositiveSmallIntegerField(
        default=0, db_default=0
    )  # receipts of this payment that were taken back before
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    note = models.CharField(max_length=200, blank=True)  # why, but of a receipt
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="fulfillment_claim_entry_positive",
                violation_error_message="An entry moves something.",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ClaimEntryKind.UNDONE) & Q(undoes=None)
                | Q(kind=ClaimEntryKind.UNDONE, undoes__isnull=False),
                name="fulfillment_claim_entry_undoes_one",
                violation_error_message="What is undone names the entry that it undoes.",
            ),
            models.CheckConstraint(
                condition=~Q(kind=ClaimEntryKind.WRITTEN_OFF) | ~Q(note=""),
                name="fulfillment_claim_entry_says_why",
                violation_error_message="What is written off has a reason.",
            ),
            models.UniqueConstraint(
                fields=["claim", "reference", "attempt"],
                condition=Q(kind=ClaimEntryKind.RECEIVED),
                name="fulfillment_claim_entry_reference_once",
                violation_error_message="This payment is booked on the claim.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
