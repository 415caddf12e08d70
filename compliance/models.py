"""Legal entities, dated tax rates, issued documents, privacy requests."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from compliance.enums import (
    DocumentKind,
    PrivacyRequestKind,
    TaxCategory,
    TaxScheme,
    Treatment,
)
from oms.models import AppendOnly
from oms.money import MoneyField


class LegalEntity(models.Model):
    """Who sells and issues documents, with its registrations."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    line1 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    region = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2)  # ISO 3166-1
    currency = models.CharField(max_length=3)
    tax_id = models.CharField("VAT number or GSTIN", max_length=20, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")  # decides the date of a document
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)  # April in India: 4
    invoice_prefix = models.CharField(max_length=6, blank=True)
    oss_from = models.DateField(
        "One-Stop Shop from",
        null=True,
        blank=True,
        help_text="Distance sales inside the EU are taxed at destination from this day on.",
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "legal entities"

    def __str__(self) -> str:
        return self.code


class EntityLocation(models.Model):
    """Which entity sells the stock of a location."""

    location = models.OneToOneField(
        "inventory.Location", models.CASCADE, related_name="entity_link"
    )
    entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="locations")

    def __str__(self) -> str:
        return f"{self.location_id} -> {self.entity_id}"


class TaxRate(models.Model):
    """One rate of one territory for one product class, with the days on which it holds."""

    scheme = models.CharField(max_length=8, choices=TaxScheme)
    territory = models.CharField(max_length=6)  # ISO 3166-1, or IN
    tax_class = models.CharField(max_length=20)  # standard, reduced, zero; or gst5, gst18 ...
    rate = models.DecimalField(max_digits=6, decimal_places=3)  # per cent
    category = models.CharField(max_length=2, choices=TaxCategory, default=TaxCategory.STANDARD)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # first day on which it no longer holds
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["scheme", "territory", "tax_class", "valid_from"],
                name="compliance_rate_unique",
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="compliance_rate_period",
                violation_error_message="A rate ends after it begins.",
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0),
                name="compliance_rate_not_negative",
                violation_error_message="A rate is not negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} {self.tax_class} {self.rate} %"


class DocumentSeries(models.Model):
    """The counter of one gapless series; its row is locked while a number is given."""

    entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="series")
    kind = models.CharField(max_length=12, choices=DocumentKind)
    fiscal_year = models.CharField(max_length=7)  # 2026, or 2026-27
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "document series"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entity", "kind", "fiscal_year"], name="compliance_series_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.fiscal_year}"


class Invoice(AppendOnly):
    """An issued invoice or credit note. The parties are sealed under the fiscal key."""

    number = models.CharField(max_length=20, unique=True)
    series = models.ForeignKey(DocumentSeries, models.PROTECT, related_name="documents")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=DocumentKind)
    entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="documents")
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="invoices")
    source = models.CharField(max_length=40, unique=True)  # shipment or return it was issued for
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    subject = models.ForeignKey("customers.DataSubject", models.PROTECT, related_name="+")
    sealed = models.BinaryField(null=True)  # buyer: name, address, tax_id; fiscal key
    seller = models.JSONField(default=dict)  # the entity as it was
    treatment = models.CharField(max_length=12, choices=Treatment, default=Treatment.OUTSIDE)
    territory = models.CharField(max_length=6, blank=True)  # whose tax it is
    place_of_supply = models.CharField(max_length=2, blank=True)  # GST state code
    currency = models.CharField(max_length=3)
    net = MoneyField()
    tax = MoneyField()
    gross = MoneyField()
    tax_groups = models.JSONField(default=list)  # [{"code","category","rate","base","amount"}]
    notes = models.JSONField(default=list)  # legal sentences such as "Reverse charge"
    issued_on = models.DateField()  # in the entity's time zone
    supplied_on = models.DateField()  # tax point
    due_on = models.DateField(null=True)  # to be paid by; empty where no terms were agreed
    issued_at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)  # SHA-256 of the content as issued

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "sequence"], name="compliance_invoice_sequence_unique"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["-issued_on", "-id"], name="compliance_issued")]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_code(self) -> str:
        """The channel of its order, for events; free when the order was selected along."""
        return self.order.channel_code


class InvoiceLine(AppendOnly):
    """One line of an issued document, amounts positive also on credit notes."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    order_line = models.ForeignKey(
        "orders.OrderLine", models.PROTECT, null=True, related_name="invoice_lines"
    )  # empty for charges
    charge = models.ForeignKey(
        "orders.OrderCharge", models.PROTECT, null=True, related_name="invoice_lines"
    )
    sku = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    hs_code = models.CharField(max_length=10, blank=True)
    quantity = models.BigIntegerField()
    unit_price = MoneyField()  # net
    net = MoneyField()
    category = models.CharField(max_length=2, choices=TaxCategory)
    rate = models.DecimalField(max_digits=6, decimal_places=3)  # per cent, all parts together
    tax = MoneyField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "position"], name="compliance_invoice_line_position"
            )
        ]

    def __str__(self) -> str:
        return f"line {self.position}"


class PrivacyRequest(models.Model):
    """What a person asked for, and when it was done."""

    subject = models.ForeignKey(
        "customers.DataSubject", models.PROTECT, related_name="privacy_requests"
    )
    kind = models.CharField(max_length=8, choices=PrivacyRequestKind)
    reason = models.CharField(max_length=300, blank=True)
    requested_by = models.CharField(max_length=80)
    requested_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()  # one month, GDPR art. 12(3)
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
