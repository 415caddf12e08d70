"""How long parcels travel."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from inventory.enums import Reach
from oms import words


class TransitTime(models.Model):
    """Days on the way from a location to a buyer; the row that says most about the way counts.

    A country beats none, then the greatest distance that the way reaches.
    """

    reach = models.CharField(max_length=8, choices=Reach)
    country = models.CharField(
        max_length=2, blank=True, help_text="Buyer's country, ISO 3166-1. Empty: any."
    )
    beyond_km = models.PositiveIntegerField(
        "from km",
        default=0,
        help_text="Counts for ways of at least this length, as the crow flies.",
    )
    days = models.PositiveSmallIntegerField(help_text="Days from leaving to arriving.")
    history = HistoricalRecords()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reach", "country", "beyond_km"],
                name="inventory_transit_unique",
                violation_error_message="There is a row for this way already.",
            ),
            models.CheckConstraint(
                condition=Q(reach__in=Reach.values),
                name="inventory_transit_reach_known",
                violation_error_message="A way is domestic or abroad.",
            ),
        ]

    def __str__(self) -> str:
        where = self.country or self.get_reach_display()
        return f"{where} from {self.beyond_km} km: {words.count(self.days, 'day')}"
