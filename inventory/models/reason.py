"""Why stock is changed by hand, in the words of a warehouse."""

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from inventory.enums import MovementKind

# Operations give these by name: a location rejects (not-found, miscounted, broken), a return is
# written off (returned), a lot passes its date (expired), a file or message gives none (other).
GIVEN_BY_OPERATIONS = ("broken", "expired", "miscounted", "not-found", "other", "returned")


class ReasonCode(models.Model):
    """A reason for movements, from a list that ships with the system and that users extend."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kinds = models.JSONField(default=list, blank=True)  # movement kinds it is for; empty: all
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(is_active=True) | ~models.Q(code__in=GIVEN_BY_OPERATIONS),
                name="inventory_reason_in_use_stays_on",
                violation_error_message="A reason that operations give by name stays switched on.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_protected(self) -> bool:
        """Whether operations give it by name, so that it stays as it shipped."""
        return self.code in GIVEN_BY_OPERATIONS

    def fits(self, kind: str) -> bool:
        """Whether movements of this kind may give it as their reason."""
        return self.is_active and (not self.kinds or MovementKind(kind) in self.kinds)
