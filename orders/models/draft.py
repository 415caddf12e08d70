"""Drafts: orders being put together by a person, and the quotes that are made of them.

A draft is a document of its own, not an order: it is counted in no sale, no list of late orders
and no demand. Submitting it places an order by the very rules of every other order.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from oms.money import MoneyField
from oms.querysets import LockingQuerySet
from orders.enums import ChargeKind, DraftStatus


class DraftOrder(models.Model):
    """What somebody may order. Personal data is sealed; what routing and tax need is clear."""

    number = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey("orders.Channel", models.PROTECT, related_name="drafts")
    external_id = models.CharField(max_length=80, blank=True)  # the channel's own, if it has one
    status = models.CharField(max_length=10, choices=DraftStatus, default=DraftStatus.OPEN)
    revision = models.PositiveIntegerField(default=1)  # grows with every change of the content
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="drafts"
    )  # empty until it is known who buys
    subject = models.ForeignKey(
        "customers.DataSubject", models.PROTECT, null=True, related_name="+"
    )
    sealed = models.BinaryField(null=True)  # contact, shipping_address, billing_address
    currency = models.CharField(max_length=3)
    price_includes_tax = models.BooleanField()
    goods_total = MoneyField(default=0)
    charges_total = MoneyField(default=0)
    tax_total = MoneyField(default=0)
    total = MoneyField(default=0)
    ship_country = models.CharField(max_length=2, blank=True)  # ISO 3166-1
    pickup_location = models.ForeignKey(
        "inventory.Location", models.PROTECT, null=True, blank=True, related_name="+"
    )  # where the buyer collects it; empty: it is sent
    purchase_order_number = models.CharField(max_length=60, blank=True)  # the buyer's own
    priority = models.SmallIntegerField(default=0)
    tags = models.JSONField(default=list, blank=True)
    quoted_at = models.DateTimeField(null=True, blank=True)  # empty while it is no quote
    valid_until = models.DateTimeField(null=True, blank=True)  # of the quote
    accepted_at = models.DateTimeField(null=True, blank=True)  # by the buyer, through the link
    reservation = models.CharField(max_length=64, blank=True)  # token of the stock kept for it
    order = models.OneToOneField(
        "orders.Order", models.PROTECT, null=True, blank=True, related_name="draft"
    )
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        verbose_name = "draft"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                condition=~Q(external_id=""),
                name="orders_draft_external_id_unique",
                violation_error_message="This channel has already sent this draft.",
            ),
            models.CheckConstraint(
                condition=Q(status=DraftStatus.SUBMITTED, order__isnull=False)
                | (~Q(status=DraftStatus.SUBMITTED) & Q(order=None)),
                name="orders_draft_submitted_has_order",
                violation_error_message="A submitted draft has its order, and no other draft has.",
            ),
            models.CheckConstraint(
                condition=Q(quoted_at=None, valid_until=None)
                | Q(quoted_at__isnull=False, valid_until__isnull=False),
                name="orders_draft_quote_has_an_end",
                violation_error_message="A quote says until when it is valid.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["changed_at"], name="orders_draft_open", condition=Q(status="open")
            ),
            models.Index(fields=["status", "-id"], name="orders_draft_status"),
            models.Index(fields=["customer", "-id"], name="orders_draft_customer"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel's code, for events."""
        return self.channel.code

    @property
    def is_quote(self) -> bool:
        """Whether it was offered to the buyer as it stands now."""
        return self.quoted_at is not None


class DraftLine(models.Model):
    """One product of a draft, priced and taxed as it would be if it were placed now."""

    draft = models.ForeignKey(DraftOrder, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey("inventory.Product", models.PROTECT, null=True, related_name="+")
    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    quantity = models.BigIntegerField()
    unit_price = MoneyField()
    discount = MoneyField(default=0)  # of the whole line, positive
    tax_amount = MoneyField(default=0)
    stated_tax = MoneyField(null=True)  # what the channel says it is; empty: ours counts
    total = MoneyField()  # with tax

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["draft", "position"], name="orders_draft_line_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="orders_draft_line_quantity_positive",
                violation_error_message="A line asks for at least one unit.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} x {self.quantity}"


class DraftCharge(models.Model):
    """Something charged beside goods; negative where it is a discount."""

    draft = models.ForeignKey(DraftOrder, models.CASCADE, related_name="charges")
    kind = models.CharField(max_length=12, choices=ChargeKind)
    description = models.CharField(max_length=200, blank=True)
    amount = MoneyField()  # as priced: with or without tax like the lines
    tax_amount = MoneyField(default=0)
    stated_tax = MoneyField(null=True)  # what the channel says it is; empty: ours counts

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
