"""Where stock is."""

from django.db import models
from simple_history.models import HistoricalRecords

from inventory.enums import LocationKind
from oms.money import currency_of


class Location(models.Model):
    """A place that holds stock and can ship it."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=LocationKind, default=LocationKind.WAREHOUSE)
    line1 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    region = models.CharField(max_length=40, blank=True)  # state; GST state name or code in India
    country = models.CharField(max_length=2)  # ISO 3166-1
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    cutoff = models.TimeField(null=True, blank=True)  # orders released before it leave today
    priority = models.PositiveSmallIntegerField(default=100)  # lower serves first
    is_active = models.BooleanField(default=True)
    currency = models.CharField(  # ISO 4217, in which its stock is valued; empty: the country's
        max_length=3, blank=True
    )
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.code

    @property
    def cost_currency(self) -> str:
        """The currency in which stock here is valued."""
        return self.currency or currency_of(self.country)
