"""Goods that came in, by whichever document; and what was paid to bring them."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from inventory.enums import LandedCostKind, SpreadBy
from inventory.models.location import Location
from inventory.models.lot import Lot
from inventory.models.product import Product
from inventory.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from inventory.models.stock import StockMovement
from inventory.models.supplier import Supplier
from inventory.models.transfer import Transfer, TransferLine
from oms.models import AppendOnly
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class GoodsReceipt(models.Model):
    """One delivery at one location: of a purchase order, of a transfer, or blind (of neither)."""

    number = models.CharField(max_length=20, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="receipts")
    supplier = models.ForeignKey(Supplier, models.PROTECT, null=True, blank=True)
    purchase_order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, null=True, blank=True, related_name="receipts"
    )
    transfer = models.ForeignKey(
        Transfer, models.PROTECT, null=True, blank=True, related_name="receipts"
    )
    reference = models.CharField(max_length=80, blank=True)  # delivery note; makes repeats harmless
    note = models.CharField(max_length=300, blank=True)
    received_by = models.CharField(max_length=80)
    received_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)  # booked by mistake; it never came
    undone_by = models.CharField(max_length=80, blank=True)
    undone_why = models.CharField(max_length=200, blank=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("add_landed_cost", "Can add freight, duty and the like to receipts"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(purchase_order__isnull=True) | Q(transfer__isnull=True),
                name="inventory_receipt_one_document",
                violation_error_message="A receipt belongs to one document.",
            ),
            models.UniqueConstraint(
                fields=["purchase_order", "reference"],
                condition=~Q(reference="")
                & Q(purchase_order__isnull=False)
                & Q(undone_at__isnull=True),
                name="inventory_receipt_once_per_purchase_order",
                violation_error_message="This delivery is already received.",
            ),
            models.UniqueConstraint(
                fields=["transfer", "reference"],
                condition=~Q(reference="") & Q(transfer__isnull=False),
                name="inventory_receipt_once_per_transfer",
                violation_error_message="This delivery is already received.",
            ),
            models.UniqueConstraint(
                fields=["location", "reference"],
                condition=~Q(reference="")
                & Q(purchase_order__isnull=True)
                & Q(transfer__isnull=True)
                & Q(undone_at__isnull=True),
                name="inventory_receipt_once_blind",
                violation_error_message="This delivery is already received.",
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by="")
                | (Q(undone_at__isnull=False, transfer__isnull=True) & ~Q(undone_by="")),
                name="inventory_receipt_undone_by_somebody",
                violation_error_message="An undone receipt says by whom, and is of no transfer.",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class GoodsReceiptLine(AppendOnly):
    """Units of one product in a delivery, for one line of its document."""

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="receipt_lines")
    purchase_line = models.ForeignKey(
        PurchaseOrderLine, models.PROTECT, null=True, blank=True, related_name="receipt_lines"
    )
    transfer_line = models.ForeignKey(
        TransferLine, models.PROTECT, null=True, blank=True, related_name="receipt_lines"
    )
    lot = models.ForeignKey(
        Lot, models.PROTECT, null=True, blank=True, related_name="receipt_lines"
    )  # of a tracked product
    good = models.BigIntegerField(default=0)
    damaged = models.BigIntegerField(default=0)
    unit_cost = MoneyField(null=True, blank=True)  # in the location's currency, before landed cost
    lead_days = models.FloatField(null=True, blank=True)  # from sending the order to this receipt

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(good__gte=0) & Q(damaged__gte=0) & (Q(good__gt=0) | Q(damaged__gt=0)),
                name="inventory_receipt_line_not_nothing",
                violation_error_message="A line of a receipt receives something.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "-id"], name="inventory_receipt_line_product"),
        ]

    def __str__(self) -> str:
        return f"{self.good}+{self.damaged}"

    @property
    def units(self) -> int:
        """Units that came, in whatever state."""
        return self.good + self.damaged


class ReceivedMovement(AppendOnly):
    """Which movements a line of a receipt wrote, so that later costs find their units."""

    line = models.ForeignKey(GoodsReceiptLine, models.PROTECT, related_name="movements")
    movement = models.OneToOneField(StockMovement, models.PROTECT, related_name="receipt_line")

    def __str__(self) -> str:
        return f"{self.line_id} {self.movement_id}"


class LandedCost(AppendOnly):
    """Freight, duty, insurance or the like of one receipt, in the location's currency."""

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="landed_costs")
    kind = models.CharField(max_length=12, choices=LandedCostKind)
    amount = MoneyField()
    spread_by = models.CharField(max_length=10, choices=SpreadBy)
    reference = models.CharField(max_length=80, blank=True)  # the carrier's or broker's invoice
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(amount=Decimal(0)),
                name="inventory_landed_cost_not_zero",
                violation_error_message="A landed cost costs something.",
            ),
            models.UniqueConstraint(
                fields=["receipt", "kind", "reference"],
                condition=~Q(reference=""),
                name="inventory_landed_cost_once",
                violation_error_message="This invoice is already on the receipt.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
