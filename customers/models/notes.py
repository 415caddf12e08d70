"""What colleagues keep about a customer: notes, sealed, and tags."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from customers.models.people import Customer
from oms.models import AppendOnly


class CustomerNote(AppendOnly):
    """What somebody wrote about a customer; sealed, for it speaks of a person, and never changed."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notes")
    sealed = models.BinaryField()  # text
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="customers_note_newest"),
        ]

    def __str__(self) -> str:
        return f"note of {self.by}"


class CustomerTag(models.Model):
    """A word by which people, rules and segments find customers again; never personal data."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="tag_rows")
    tag = models.CharField(max_length=40)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["tag", "customer"],
                name="customers_tag_once",
                violation_error_message="The customer has this tag.",
            ),
            models.CheckConstraint(
                condition=~Q(tag=""),
                name="customers_tag_not_empty",
                violation_error_message="A tag is a word.",
            ),
        ]

    def __str__(self) -> str:
        return self.tag
