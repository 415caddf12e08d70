"""Forms about who may sell what: fences and channel safety stock."""

from typing import Any

from django import forms

from inventory.forms.moments import moment_field
from inventory.models import Location
from inventory.operations import FenceWish, Quantity
from inventory.queries import selling_channels
from oms.admin import ActForm

KINDS = (("units", "units"), ("share", "percent of stock and of what arrives"))


class QuotaForm(ActForm):
    """How much is kept."""

    quantity = forms.IntegerField(label="Keep", min_value=1)
    kind = forms.ChoiceField(label="Of", choices=KINDS, initial="units")
    reason = forms.CharField(
        max_length=200, required=False, help_text="Such as the campaign or the contract."
    )

    def clean(self) -> dict[str, Any]:
        """`quota` is what the operation takes."""
        data = super().clean() or {}
        if data.get("kind") == "share" and data.get("quantity", 1) > 100:  # noqa: PLR2004 (percent)
            self.add_error("quantity", "A share is 1 to 100 percent.")
        if "quantity" in data:
            data["quota"] = Quantity(**{data["kind"]: data["quantity"]})
        return data


class FenceForm(QuotaForm):
    """For whom, where, and until when."""

    channel = forms.ChoiceField(required=False)
    group = forms.CharField(
        label="Customer group",
        max_length=40,
        required=False,
        help_text="As it stands on customers, such as wholesale. With a channel: both must fit.",
    )
    location = forms.ModelChoiceField(
        Location.objects.none(), required=False, empty_label="All locations"
    )
    ends_at = moment_field("Until", "In UTC. Empty: until it is lifted.")
    field_order = ("channel", "group", "quantity", "kind", "location", "ends_at", "reason")

    def setup(self) -> None:
        """Offer what there is now."""
        channels = [(channel.pk, channel.name) for channel in selling_channels()]
        self.fields["channel"].choices = [("", "Any channel"), *channels]  # type: ignore[attr-defined]
        places = Location.objects.filter(is_active=True).order_by("priority", "code")
        self.fields["location"].queryset = places  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Somebody must be named; `wish` is what the operation takes."""
        data = super().clean()
        if not data.get("channel") and not data.get("group"):
            raise forms.ValidationError("Say for which channel or customer group.", code="nobody")
        if "quota" in data and self.obj is not None and not self.errors:
            place = data["location"]
            data["wish"] = FenceWish(
                self.obj.pk,
                data["quota"],
                int(data["channel"]) if data["channel"] else None,
                data["group"],
                place.pk if place else None,
                data["ends_at"],
            )
        return data


class ChannelSafetyForm(ActForm):
    """How much a channel leaves."""

    channel = forms.ChoiceField()
    quantity = forms.IntegerField(
        label="Units left at every location",
        min_value=0,
        required=False,
        help_text="Empty: what the channel leaves of every product.",
    )

    def setup(self) -> None:
        """Offer what there is now."""
        channels = [(channel.pk, channel.name) for channel in selling_channels()]
        self.fields["channel"].choices = channels  # type: ignore[attr-defined]
