"""Which moment the time machine goes to."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

SPANS = (("2", "2 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"))


def moment_field(label: str, help_text: str) -> forms.DateTimeField:
    """A moment in UTC that may be left out, chosen from a calendar and a clock."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget, help_text=help_text)


class MomentForm(forms.Form):
    """A moment of the past and how many days of it the chart shows."""

    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    days = forms.TypedChoiceField(choices=SPANS, coerce=int, required=False, empty_value=30)

    def clean_at(self) -> datetime | None:
        """The past ends now."""
        at = self.cleaned_data["at"]
        if at and at > timezone.now():
            raise forms.ValidationError("This moment has not come yet.", code="future")
        return at

    def moment(self) -> datetime:
        """The moment asked for, or now."""
        return self._clean().get("at") or timezone.now()

    def span(self) -> int:
        """Days of the chart."""
        return self._clean().get("days") or 30

    def _clean(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data
