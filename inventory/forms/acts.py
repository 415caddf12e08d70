"""Forms behind the buttons of stock levels and products."""

from functools import partial
from typing import Any

from django import forms

from inventory.enums import MovementKind
from inventory.models import Location, Product, ReasonCode
from oms.admin import ActForm


class ReasonField(forms.ChoiceField):
    """A reason code for movements of a kind; its value is the code."""

    def __init__(self, kind: str, **kwargs: Any) -> None:
        """Offer the active reasons of a kind."""
        super().__init__(label="Reason", choices=partial(_reasons, kind), **kwargs)


def _reasons(kind: str) -> list[tuple[str, str]]:
    return [(row.code, row.name) for row in ReasonCode.objects.all() if row.fits(kind)]


class PlaceForm(ActForm):
    """Asks for the location when the page is a product's; a stock level has one."""

    def setup(self) -> None:
        """Put the location first."""
        if isinstance(self.obj, Product):
            places = Location.objects.filter(is_active=True).order_by("priority", "code")
            self.fields["location"] = forms.ModelChoiceField(places, empty_label=None)
            self.order_fields(["location"])


class ReceiveForm(PlaceForm):
    """Units from a supplier."""

    quantity = forms.IntegerField(min_value=1)
    reference = forms.CharField(
        max_length=80, required=False, help_text="Delivery note or purchase order."
    )
    unit_cost = forms.DecimalField(
        min_value=0, max_digits=18, decimal_places=4, required=False, help_text="Empty: unknown."
    )


class AdjustForm(PlaceForm):
    """A correction by a signed quantity."""

    quantity = forms.IntegerField(
        label="Change", help_text="Minus takes away: -3. Reserved units cannot be taken."
    )
    reason_code = ReasonField(MovementKind.ADJUSTED)
    reason = forms.CharField(
        label="In your words",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="An auditor will read it.",
    )

    def clean_quantity(self) -> int:
        """A change changes something."""
        quantity: int = self.cleaned_data["quantity"]
        if not quantity:
            raise forms.ValidationError("Nothing would change.", code="zero")
        return quantity


class SafetyStockForm(PlaceForm):
    """How much is never promised."""

    quantity = forms.IntegerField(label="Safety stock", min_value=0)
