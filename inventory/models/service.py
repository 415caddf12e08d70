"""How locations serve: groups, working days, capacity, costs, accuracy."""

import uuid
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from inventory.models.location import Location
from oms.money import MoneyField

PICKUP_DAYS = 7  # how long goods wait at a counter, unless a location says otherwise


class LocationGroup(models.Model):
    """Locations that routing rules speak of together."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    locations = models.ManyToManyField(Location, related_name="groups", blank=True)

    def __str__(self) -> str:
        return self.code


class HolidayCalendar(models.Model):
    """Days on which the locations that keep it do not work."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """One day off."""

    calendar = models.ForeignKey(HolidayCalendar, models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["calendar", "day"],
                name="inventory_holiday_once",
                violation_error_message="This day is in the calendar already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}".strip()


class LocationService(models.Model):
    """What routing knows of a location beyond its place; costs are in the house's own currency.

    Without a row: no limit, every day a working day, no cost, stock always right.
    """

    location = models.OneToOneField(Location, models.CASCADE, related_name="service")
    capacity = models.PositiveIntegerField(
        "orders a day", null=True, blank=True, help_text="Empty: no limit. 0: takes no orders."
    )
    weekdays = models.CharField(
        "working days",
        max_length=7,
        default="1234567",
        validators=[RegexValidator(r"^[1-7]{1,7}$", "Digits from 1 (Monday) to 7 (Sunday).")],
        help_text="1 is Monday, 7 is Sunday: 12345 works from Monday to Friday.",
    )
    calendar = models.ForeignKey(HolidayCalendar, models.SET_NULL, null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(
        default=0, help_text="Working days from taking an order on until it leaves."
    )
    shipping_base = MoneyField("shipping, a parcel", default=0)
    shipping_per_100km = MoneyField("shipping, a parcel and 100 km", default=0)
    shipping_per_kg = MoneyField("shipping, a kg", default=0)
    handling_per_parcel = MoneyField("handling, a parcel", default=0)
    handling_per_unit = MoneyField("handling, a unit", default=0)
    offers_pickup = models.BooleanField("buyers may collect here", default=False)
    pickup_days = models.PositiveSmallIntegerField(
        "days kept",
        default=PICKUP_DAYS,
        validators=[MinValueValidator(1)],
        help_text="How long goods wait at the counter for their buyer.",
    )
    accuracy = models.DecimalField(
        max_digits=7,
        decimal_places=6,
        default=Decimal(1),
        editable=False,
        help_text="Units found of units asked for, last 90 days.",
    )
    history = HistoricalRecords()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(accuracy__gte=0) & Q(accuracy__lte=1),
                name="inventory_service_accuracy_share",
                violation_error_message="Accuracy is a share between 0 and 1.",
            ),
            models.CheckConstraint(
                condition=Q(pickup_days__gte=1),
                name="inventory_service_pickup_days_positive",
                violation_error_message="Goods are kept for a day or longer.",
            ),
            models.CheckConstraint(
                condition=Q(shipping_base__gte=0)
                & Q(shipping_per_100km__gte=0)
                & Q(shipping_per_kg__gte=0)
                & Q(handling_per_parcel__gte=0)
                & Q(handling_per_unit__gte=0),
                name="inventory_service_costs_not_negative",
                violation_error_message="Costs are not negative.",
            ),
        ]

    def __str__(self) -> str:
        return f"Service of {self.location}"


class LocationDay(models.Model):
    """What a location was given and found on one of its days; counters, one writer each."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    orders = models.PositiveIntegerField(default=0)  # given to it where its day is limited
    found = models.BigIntegerField(default=0)  # units picked
    missed = models.BigIntegerField(default=0)  # units that were not there as the figure said

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["location", "day"], name="inventory_day_once"),
        ]

    def __str__(self) -> str:
        return f"location {self.location_id} on {self.day}"


def fresh_stamp() -> uuid.UUID:
    """A value that nothing in memory was read under."""
    return uuid.uuid4()
