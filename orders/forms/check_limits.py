"""Input of the limits of built-in checks, a row for each channel."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget

from oms.money import plain
from orders.models import Channel

A_YEAR = 525_600  # minutes


class CheckLimitsForm(forms.Form):
    """What one channel lets through unseen."""

    review_limit = forms.DecimalField(
        label="Review above",
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget(),
    )
    duplicate_window_minutes = forms.IntegerField(
        label="Duplicates within",
        min_value=0,
        max_value=A_YEAR,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    checks_prices = forms.BooleanField(label="Compares prices", required=False)

    def __init__(self, sent: Any = None, *, channel: Channel) -> None:
        self.channel = channel
        initial = {name: getattr(channel, name) for name in self.base_fields}
        if channel.review_limit is not None:
            initial["review_limit"] = plain(channel.review_limit, channel.currency)
        super().__init__(sent, initial=initial, prefix=f"channel-{channel.pk}")
        for name, field in self.fields.items():
            field.widget.attrs |= {"aria-label": f"{field.label}, {channel.name}"}
            if name != "checks_prices":
                field.widget.attrs["class"] = "oms-input is-middling"
