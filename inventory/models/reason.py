"""Why stock is changed by hand, in the words of a warehouse."""

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from inventory.enums import MovementKind


class ReasonCode(models.Model):
    """A reason for movements, from a list that ships with the system and that users extend."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kinds = models.JSONField(default=list, blank=True)  # movement kinds it is for; empty: all
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def fits(self, kind: str) -> bool:
        """Whether movements of this kind may give it as their reason."""
        return self.is_active and (not self.kinds or MovementKind(kind) in self.kinds)
