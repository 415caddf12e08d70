"""What people have agreed to, with the proof."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from customers.enums import ConsentPurpose
from customers.models.people import Customer
from oms.models import AppendOnly


class Consent(AppendOnly):
    """Consent given or withdrawn; the newest row of a purpose is what counts.

    Kept so that consent can be shown (GDPR art. 7(1); DPDP Act 2023, s. 6(10)): what the person was
    told, where, and when.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=ConsentPurpose)
    granted = models.BooleanField()
    source = models.CharField(max_length=80)  # where it was asked: a form, a call, a link
    wording = models.TextField(blank=True)  # what the person was told; empty for a withdrawal
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "purpose", "-id"], name="customers_consent_newest")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {'given' if self.granted else 'withdrawn'}"
