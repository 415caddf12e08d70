"""What people have agreed to, with the proof."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.enums import ConsentPurpose
from customers.models.people import Customer
from oms.models import AppendOnly


class Consent(AppendOnly):
    """Consent given or withdrawn; what a person said last on a purpose is what counts.

    Kept so that consent can be shown (GDPR art. 7(1); DPDP Act 2023, s. 6(10)): what the person was
    told and in which version of the words, where, when, and who wrote it down.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=ConsentPurpose)
    granted = models.BooleanField()
    source = models.CharField(max_length=80)  # where it was asked: a form, a call, a link
    wording = models.TextField(blank=True)  # what the person was told; empty for a withdrawal
    version = models.CharField(max_length=40, blank=True)  # of the wording
    said_at = models.DateTimeField(null=True, blank=True)  # by the person; empty: when written down
    by = models.CharField(max_length=80)  # who wrote it down
    at = models.DateTimeField(default=timezone.now)  # when it was written down

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(purpose__in=ConsentPurpose.values),
                name="customers_consent_purpose_known",
                violation_error_message="Consent is to one of the known purposes.",
            ),
            models.CheckConstraint(
                condition=Q(granted=False) | ~Q(wording=""),
                name="customers_consent_has_words",
                violation_error_message="Consent has the words that the person was told.",
            ),
            models.CheckConstraint(
                condition=~Q(source=""),
                name="customers_consent_has_source",
                violation_error_message="Consent and withdrawal say where.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "purpose", "-id"], name="customers_consent_newest")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {'given' if self.granted else 'withdrawn'}"

    @property
    def when(self) -> datetime:
        """When the person said it, as far as that was written down."""
        return self.said_at or self.at
