"""Forms behind the buttons of lots and of a product's tracking."""

from typing import ClassVar

from django import forms

from inventory.enums import MovementKind, Tracking
from inventory.models import ReasonCode
from oms.admin import ActForm


class LotReasonForm(ActForm):
    """A reason code that fits, and own words."""

    kind: ClassVar[str] = ""
    reason_code = forms.ChoiceField(label="Reason")
    words = forms.CharField(
        label="In your words", required=False, max_length=200, help_text="Who said so, and what."
    )

    def setup(self) -> None:
        """The codes for this kind of movement."""
        rows = [row for row in ReasonCode.objects.all() if row.fits(self.kind)]
        self.fields["reason_code"].choices = [(row.code, row.name) for row in rows]  # type: ignore[attr-defined]


class HoldLotForm(LotReasonForm):
    """Why a lot may not leave."""

    kind = MovementKind.QUARANTINED


class ReleaseLotForm(LotReasonForm):
    """Why it may."""

    kind = MovementKind.RESTORED


class TrackingForm(ActForm):
    """How closely units are told apart."""

    tracking = forms.ChoiceField(
        choices=[
            (Tracking.NONE, "By quantity alone"),
            (Tracking.LOT, "By lot, with an expiry date where there is one"),
            (Tracking.SERIAL, "By serial number: every unit by its own"),
        ]
    )
