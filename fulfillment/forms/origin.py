"""Input of the buttons of parcels that came back; validation only."""

from typing import Any

from django import forms

from fulfillment.enums import OriginReason
from oms.admin import ActForm

ADDRESS = ("name", "company", "line1", "line2", "postcode", "city", "region", "country")


class BringBackForm(ActForm):
    """Why it comes back."""

    reason = forms.ChoiceField(choices=OriginReason.choices)
    note = forms.CharField(
        required=False, max_length=300, help_text="What the carrier says. No personal data."
    )


class ReshipForm(ActForm):
    """Why it is sent once more, and where to."""

    reason = forms.CharField(max_length=200, initial="The buyer wants it")
    name = forms.CharField(
        required=False,
        max_length=200,
        help_text="Leave the address empty to send it to the same one.",
    )
    company = forms.CharField(required=False, max_length=200)
    line1 = forms.CharField(label="Address", required=False, max_length=200)
    line2 = forms.CharField(label="Address, second line", required=False, max_length=200)
    postcode = forms.CharField(required=False, max_length=20)
    city = forms.CharField(required=False, max_length=100)
    region = forms.CharField(required=False, max_length=100)
    country = forms.CharField(required=False, max_length=2, help_text="Two letters, such as GB.")

    def clean(self) -> dict[str, Any]:
        """A whole address, or none."""
        data = super().clean() or {}
        given = {name: data.pop(name, "").strip() for name in ADDRESS}
        given["country"] = given["country"].upper()
        data["shipping_address"] = given if any(given.values()) else None
        return data
