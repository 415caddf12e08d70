"""How a location serves, as a form."""

from typing import Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from inventory.models import LocationService

WEEKDAYS = (
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("7", "Sunday"),
)


class WeekdaysField(forms.MultipleChoiceField):
    """Days of the week to be ticked; their digits in one word, 1 for Monday."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def prepare_value(self, value: Any) -> Any:
        """Digits as the boxes know them."""
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        """The ticked days as digits, in their order."""
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other days are ticked."""
        return super().has_changed(self.prepare_value(initial), data)


class ServiceForm(forms.ModelForm):
    """Working days are ticked instead of written as digits."""

    weekdays = WeekdaysField(
        label="Working days",
        choices=WEEKDAYS,
        initial="1234567",
        error_messages={"required": "A location works at least one day a week."},
    )

    class Meta:
        model = LocationService
        exclude: ClassVar = []
