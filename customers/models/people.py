"""Data subjects with their keys, and the customers who are known by them."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from customers.enums import AddressKind, TokenKind
from oms.money import MoneyField
from oms.querysets import LockingQuerySet


class DataSubject(models.Model):
    """A person, as far as privacy law is concerned: two wrapped keys and nothing else.

    The operational key opens everything but issued documents and is destroyed by erasure; the
    fiscal key opens invoices and is destroyed when their legal retention ends.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    operational_key = models.BinaryField(null=True)
    fiscal_key = models.BinaryField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(operational_key=None),
                name="customers_subject_erased_has_no_key",
                violation_error_message="An erased person has no operational key.",
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class SearchToken(models.Model):
    """A blind index entry: finds a subject by an exact e-mail address, phone number or name word."""

    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=6, choices=TokenKind)
    token = models.CharField(max_length=24)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "token", "subject"], name="customers_token_unique"
            ),
            models.UniqueConstraint(
                fields=["token"], name="customers_email_unique", condition=Q(kind="email")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"


class Customer(models.Model):
    """Somebody who buys, under a readable number; who that is stands in the envelope."""

    number = models.CharField(max_length=20, unique=True)
    subject = models.OneToOneField(DataSubject, models.PROTECT, related_name="customer")
    company = models.ForeignKey(
        "customers.Company", models.PROTECT, null=True, blank=True, related_name="customers"
    )
    profile = models.BinaryField(null=True)  # sealed: name, email, phone, company, tax_id
    group = models.CharField(max_length=40, blank=True)  # such as wholesale, vip
    credit_limit = MoneyField(null=True, blank=True)  # in the channel's currency; empty: none set
    payment_terms_days = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )  # the same person under another number; never a chain
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = HistoricalRecords()

    objects = LockingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(credit_limit=None) | Q(credit_limit__gte=0),
                name="customers_credit_limit_not_negative",
                violation_error_message="A credit limit is not negative.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("id")),
                name="customers_not_merged_into_itself",
                violation_error_message="A customer is not merged into itself.",
            ),
        ]
        permissions: ClassVar = [
            ("view_personal_data", "Can read names, addresses and contacts of people"),
            ("export_person", "Can export everything held on a person"),
            ("erase_person", "Can erase a person's data for good"),
            ("merge_customer", "Can merge customers and undo it"),
            ("note_customer", "Can write notes about customers"),
            ("tag_customer", "Can tag customers"),
        ]

    def __str__(self) -> str:
        return self.number


class Address(models.Model):
    """A customer's address, sealed; orders carry their own snapshot."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=AddressKind)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return f"{self.kind} {self.country}"


class Disclosure(models.Model):
    """One reading of a person's data: who opened which envelope, when and for what."""

    subject = models.ForeignKey(DataSubject, models.CASCADE, related_name="disclosures")
    reader = models.CharField(max_length=80)
    what = models.CharField(max_length=80)  # such as orders.order SO100001
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "-at"], name="customers_disclosure_recent")
        ]

    def __str__(self) -> str:
        return f"{self.reader} {self.what}"

    @property
    def told(self) -> str:
        """What was read, without the name of the app: order SO100001."""
        app, dot, rest = self.what.partition(".")
        return rest if dot and app.isidentifier() else self.what
