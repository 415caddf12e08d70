"""Returns: goods that come back, and what becomes of each unit."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from fulfillment.enums import GoodsState, LabelPayer, Outcome, RefundTiming, ReturnStatus
from fulfillment.models.return_policy import ReturnReason
from oms.money import MoneyField
from oms.querysets import LockingQuerySet

BY_LINK = "page-"  # begins the reference of what buyers ask for by their link


class Return(models.Model):
    """A return merchandise authorisation (RMA)."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="returns")
    location = models.ForeignKey("inventory.Location", models.PROTECT, related_name="returns")
    status = models.CharField(max_length=10, choices=ReturnStatus, default=ReturnStatus.REQUESTED)
    reference = models.CharField(max_length=80, blank=True)  # the channel's credit or return number
    note = models.CharField(max_length=300, blank=True)
    waiver = models.CharField(max_length=200, blank=True)  # why the policy does not apply to it
    decline_reason = models.CharField(max_length=200, blank=True)  # the buyer is told
    label_payer = models.CharField(
        max_length=8, choices=LabelPayer, default=LabelPayer.SELLER, db_default=LabelPayer.SELLER
    )
    label_cost = MoneyField(default=0, db_default=0)  # taken off the first credit
    credit = MoneyField(default=0)  # given back so far, before fees
    fee = MoneyField(default=0, db_default=0)  # kept of it
    charged = MoneyField(default=0, db_default=0)  # charged again for what never came
    requested_at = models.DateTimeField(default=timezone.now)
    approved_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # declined, withdrawn or expired
    expires_at = models.DateTimeField(null=True, blank=True)  # set when approved
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("waive_return_policy", "Can take back what the return policy excludes"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "reference"],
                condition=~Q(reference=""),
                name="fulfillment_return_reference_once",
                violation_error_message="This return is already recorded.",
            ),
            models.CheckConstraint(
                condition=Q(fee__gte=0)
                & Q(charged__gte=0)
                & Q(credit__gte=F("fee") + F("charged")),
                name="fulfillment_return_kept_within_credit",
                violation_error_message="No more is kept or charged again than was credited.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="fulfillment_return_status"),
            models.Index(
                fields=["expires_at"],
                name="fulfillment_return_expiry",
                condition=Q(status=ReturnStatus.APPROVED),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel whose API keys may read of it; free when the order was selected along."""
        return self.order.channel.code

    @property
    def is_by_link(self) -> bool:
        """Whether the buyer asked for it on the page of their link, which makes up a reference."""
        return self.reference.startswith(BY_LINK)

    @property
    def refunded(self) -> Decimal:
        """What the buyer gets of it: credited, less fees and what was charged again."""
        return self.credit - self.fee - self.charged


class ReturnLine(models.Model):
    """Units of one order line that come back; received units of one outcome."""

    return_order = models.ForeignKey(Return, models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", models.PROTECT, related_name="return_lines")
    reason = models.ForeignKey(
        ReturnReason, models.PROTECT, to_field="code", db_column="reason", related_name="lines"
    )
    note = models.CharField(max_length=300, blank=True)  # in the buyer's words
    state = models.CharField(max_length=8, choices=GoodsState, blank=True)  # as the buyer says
    fee_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    fee_each = MoneyField(default=0, db_default=0)
    refund_on = models.CharField(
        max_length=10,
        choices=RefundTiming,
        default=RefundTiming.RECEIPT,
        db_default=RefundTiming.RECEIPT,
    )
    quantity = models.BigIntegerField()  # announced
    restocked = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    scrapped = models.BigIntegerField(default=0)
    sent_back = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0, db_default=0)  # of the quarantined: inspected
    refused = models.BigIntegerField(default=0, db_default=0)  # of the quarantined: not credited
    given_up = models.BigIntegerField(default=0, db_default=0)  # announced, and never came
    waived = models.BigIntegerField(default=0, db_default=0)  # credited, and need not come
    credited = models.BigIntegerField(default=0, db_default=0)
    charged = models.BigIntegerField(default=0, db_default=0)  # of the credited: charged again
    fee = MoneyField(default=0, db_default=0)  # kept of the credit of these units
    refund = MoneyField(default=0, db_default=0)  # credited less fee and what was charged again

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["return_order", "order_line"], name="fulfillment_return_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(restocked__gte=0)
                & Q(quarantined__gte=0)
                & Q(scrapped__gte=0)
                & Q(sent_back__gte=0),
                name="fulfillment_return_line_quantities_positive",
                violation_error_message="Quantities are not negative.",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity__gte=F("restocked")
                    + F("quarantined")
                    + F("scrapped")
                    + F("sent_back")
                    + F("given_up")
                    + F("waived")
                ),
                name="fulfillment_return_line_outcomes_within_quantity",
                violation_error_message="No more units have an outcome than were announced.",
            ),
            models.CheckConstraint(
                condition=Q(accepted__gte=0)
                & Q(refused__gte=0)
                & Q(given_up__gte=0)
                & Q(waived__gte=0)
                & Q(quarantined__gte=F("accepted") + F("refused")),
                name="fulfillment_return_line_inspected_within_quarantined",
                violation_error_message="Quarantined units are inspected once.",
            ),
            models.CheckConstraint(
                condition=Q(charged__gte=0)
                & Q(charged__lte=F("credited"))
                & Q(credited__lte=F("quantity")),
                name="fulfillment_return_line_credited_within_quantity",
                violation_error_message="charged <= credited <= quantity.",
            ),
        ]

    OUTCOME_FIELDS: ClassVar = {
        Outcome.RESTOCK: "restocked",
        Outcome.QUARANTINE: "quarantined",
        Outcome.SCRAP: "scrapped",
        Outcome.SEND_BACK: "sent_back",
    }

    def __str__(self) -> str:
        return str(self.quantity)

    @property
    def received(self) -> int:
        """Units that have an outcome."""
        return self.restocked + self.quarantined + self.scrapped + self.sent_back

    @property
    def kept(self) -> int:
        """Units that arrived and were not sent back to the buyer."""
        return self.restocked + self.quarantined + self.scrapped

    @property
    def missing(self) -> int:
        """Announced units that are still waited for."""
        return self.quantity - self.received - self.given_up - self.waived

    @property
    def to_inspect(self) -> int:
        """Quarantined units that nobody has looked at."""
        return self.quarantined - self.accepted - self.refused
