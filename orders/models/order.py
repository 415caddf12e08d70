"""The order, its lines and its charges."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from oms.money import MoneyField
from oms.querysets import LockingQuerySet
from orders.enums import (
    NOT_LEFT,
    WAITING,
    ChargeKind,
    FulfillmentStatus,
    OrderStatus,
    PaymentStatus,
    Stage,
)


class OrderQuerySet(LockingQuerySet["Order"]):
    """Adjectives for orders."""

    def open(self) -> "OrderQuerySet":
        """Neither finished nor cancelled."""
        return self.filter(status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED])

    def late(self, now: datetime) -> "OrderQuerySet":
        """Not left, and past their promised ship date."""
        return self.promised_before(now)

    def not_left(self) -> "OrderQuerySet":
        """Of which something has still to leave."""
        return self.filter(stage__in=NOT_LEFT)

    def promised_before(self, moment: datetime) -> "OrderQuerySet":
        """Not left, and promised before this moment."""
        return self.not_left().filter(promised_at__lt=moment)


class Order(models.Model):
    """What somebody asked for. Personal data is sealed; what routing and tax need is clear."""

    number = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey(
        "orders.Channel", models.PROTECT, related_name="orders", db_index=False
    )  # the unique constraint on channel and external_id is its index
    external_id = models.CharField(max_length=80)  # the channel's own; ours where it gave none
    fingerprint = models.CharField(max_length=64, editable=False)  # SHA-256 of what was sent
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="orders", db_index=False
    )  # orders_order_customer is its index
    subject = models.ForeignKey("customers.DataSubject", models.PROTECT, related_name="+")
    sealed = models.BinaryField(null=True)  # contact, shipping_address, billing_address
    status = models.CharField(max_length=10, choices=OrderStatus, default=OrderStatus.PLACED)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.VALIDATION)
    stage_since = models.DateTimeField(default=timezone.now)
    payment_status = models.CharField(
        max_length=14, choices=PaymentStatus, default=PaymentStatus.UNPAID
    )
    fulfillment_status = models.CharField(
        max_length=18, choices=FulfillmentStatus, default=FulfillmentStatus.UNFULFILLED
    )
    currency = models.CharField(max_length=3)
    price_includes_tax = models.BooleanField()
    goods_total = MoneyField(default=0)  # lines after discount, as priced
    charges_total = MoneyField(default=0)
    tax_total = MoneyField(default=0)  # contained in total, whether prices include it or not
    total = MoneyField(default=0)  # what the buyer owes for everything not cancelled
    ship_country = models.CharField(max_length=2, blank=True)  # ISO 3166-1
    ship_region = models.CharField(max_length=40, blank=True)
    ship_area = models.CharField(max_length=10, blank=True)  # outward part of the postcode
    pickup_location = models.ForeignKey(
        "inventory.Location",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # its work is found by the fulfilment orders' index
    )  # where the buyer collects it; empty: it is sent
    buyer_tax_id = models.BooleanField(default=False)  # a tax ID stands in the envelope: B2B
    priority = models.SmallIntegerField(default=0)  # higher first
    tags = models.JSONField(default=list, blank=True)
    placed_at = models.DateTimeField()
    promised_at = models.DateTimeField(null=True, blank=True)  # ship by
    confirmed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    objects = OrderQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("release_order", "Can release orders to locations"),
            ("cancel_order", "Can cancel orders and lines"),
            ("correct_order", "Can map SKUs and correct addresses"),
            ("tag_order", "Can tag orders"),
            ("approve_order", "Can approve and decline what buyers order for companies"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                name="orders_order_external_id_unique",
                violation_error_message="This channel has already sent this order.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values),
                name="orders_order_status_known",
                violation_error_message="An order has one of the known statuses.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-id", "stage"], name="orders_order_newest"),
            models.Index(fields=["stage", "stage_since"], name="orders_order_stage"),
            models.Index(fields=["status", "-id"], name="orders_order_status"),
            models.Index(fields=["customer", "-id"], name="orders_order_customer"),
            models.Index(fields=["placed_at"], name="orders_order_placed"),
            # What lists filter by and most orders are not: paid and shipped ones are everywhere.
            models.Index(
                fields=["payment_status", "-id"],
                name="orders_order_not_paid",
                condition=~Q(payment_status=PaymentStatus.PAID),
            ),
            models.Index(
                fields=["fulfillment_status", "-id"],
                name="orders_order_not_shipped",
                condition=~Q(fulfillment_status=FulfillmentStatus.SHIPPED),
            ),
            models.Index(fields=["ship_country", "-id"], name="orders_order_country"),
            models.Index(
                fields=["promised_at"],
                name="orders_order_promised",
                condition=Q(stage__in=NOT_LEFT),
            ),
            models.Index(
                fields=["-priority", "stage_since", "id"],
                name="orders_order_stuck",
                condition=Q(stage__in=WAITING),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel's code, for events; free when the channel was selected along."""
        return self.channel.code


class OrderLine(models.Model):
    """One product in an order, with how far each unit has come.

    Quantities count units and are cumulative: allocated units stay allocated once released and
    shipped. backordered = quantity - cancelled - allocated.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(
        "inventory.Product", models.PROTECT, null=True, related_name="order_lines"
    )  # empty while the SKU is unknown
    sku = models.CharField(max_length=64)  # as the channel sent it
    name = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=80, blank=True)
    quantity = models.BigIntegerField()
    cancelled = models.BigIntegerField(default=0)
    allocated = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    shipped = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    returned = models.BigIntegerField(default=0)
    credited = models.BigIntegerField(default=0, db_default=0)  # given back in money by returns
    undelivered = models.BigIntegerField(default=0, db_default=0)  # will not arrive: lost, or back
    made_good = models.BigIntegerField(default=0, db_default=0)  # of these: credited
    unit_price = MoneyField()
    discount = MoneyField(default=0)  # of the whole line, positive
    tax_amount = MoneyField(default=0)  # of the whole line
    tax_lines = models.JSONField(default=list)  # [{"code", "rate", "amount", "category"}]
    stated_tax = MoneyField(null=True)  # what the channel said it is; empty: ours counts
    total = MoneyField()  # quantity x unit price - discount (+ tax where prices exclude it)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="orders_line_position"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="orders_line_quantity_positive",
                violation_error_message="A line asks for at least one unit.",
            ),
            models.CheckConstraint(
                condition=Q(cancelled__gte=0)
                & Q(allocated__gte=0)
                & Q(allocated__lte=F("quantity") - F("cancelled")),
                name="orders_line_allocated_within_due",
                violation_error_message="No more is allocated than was ordered and not cancelled.",
            ),
            models.CheckConstraint(
                condition=Q(returned__gte=0)
                & Q(returned__lte=F("shipped"))
                & Q(delivered__gte=0)
                & Q(delivered__lte=F("shipped"))
                & Q(shipped__lte=F("released"))
                & Q(released__lte=F("allocated")),
                name="orders_line_quantities_in_order",
                violation_error_message="returned, delivered <= shipped <= released <= allocated.",
            ),
            models.CheckConstraint(
                condition=Q(undelivered__gte=0) & Q(undelivered__lte=F("shipped") - F("delivered")),
                name="orders_line_undelivered_within_shipped",
                violation_error_message="What was delivered did arrive.",
            ),
            models.CheckConstraint(
                condition=Q(made_good__gte=0) & Q(made_good__lte=F("undelivered")),
                name="orders_line_made_good_within_undelivered",
                violation_error_message="Only what does not arrive is made good.",
            ),
            models.CheckConstraint(
                condition=Q(credited__gte=0) & Q(credited__lte=F("shipped")),
                name="orders_line_credited_within_shipped",
                violation_error_message="No more units are credited than were shipped.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["product", "id"],
                name="orders_line_backordered",
                condition=Q(quantity__gt=F("cancelled") + F("allocated")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} x {self.quantity}"

    @property
    def stock_sku(self) -> str:
        """The SKU that our warehouses know; a channel may have sent an alias of it.

        Reads the product, which lists select along.
        """
        return self.product.sku if self.product else self.sku

    @property
    def due(self) -> int:
        """Units that are still wanted."""
        return self.quantity - self.cancelled

    @property
    def backordered(self) -> int:
        """Units wanted that have no stock."""
        return self.quantity - self.cancelled - self.allocated


class OrderCharge(models.Model):
    """Something charged beside goods, such as shipping; negative where it is a discount."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=12, choices=ChargeKind)
    description = models.CharField(max_length=200, blank=True)
    amount = MoneyField()  # as priced: with or without tax like the lines
    tax_amount = MoneyField(default=0)
    tax_lines = models.JSONField(default=list)
    stated_tax = MoneyField(null=True)  # as of lines

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
