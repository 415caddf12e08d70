"""Forms about what is sold before it is there."""

from django import forms

from inventory.enums import LimitKind
from inventory.queries import selling_channels
from oms.admin import ActForm

KINDS = [(kind.value, kind.label) for kind in LimitKind]
UNITS_HELP = "Empty: as many as the channel's policy allows."


class LimitForm(ActForm):
    """How many units of a product are sold before they are there."""

    kind = forms.ChoiceField(label="Limit for", choices=KINDS)
    channel = forms.ChoiceField(required=False)
    units = forms.IntegerField(
        label="Units at once", min_value=0, required=False, help_text=UNITS_HELP
    )

    def setup(self) -> None:
        """Offer what there is now."""
        channels = [(channel.pk, channel.name) for channel in selling_channels()]
        self.fields["channel"].choices = [("", "All channels together"), *channels]  # type: ignore[attr-defined]
