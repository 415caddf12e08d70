"""A file of orders to be imported."""

from typing import Any

from django import forms

from oms.admin import ActForm
from orders.forms.drafting import ChannelField
from orders.models import Channel


class ImportForm(ActForm):
    """Which file, whose orders, and what its columns mean."""

    file = forms.FileField(
        help_text="CSV, gzipped CSV or XLSX with one row per order line; or JSON as the API takes it."
    )
    channel = ChannelField(
        Channel.objects.filter(is_active=True).order_by("name"), empty_label=None
    )
    profile = forms.ChoiceField(
        label="Columns", help_text="What the columns of the file mean.", initial="default"
    )
    dry_run = forms.BooleanField(
        label="Dry run: report, but place nothing", required=False, initial=True
    )

    def __init__(self, *args: Any, profiles: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer these profiles, as pairs of name and title."""
        self.profiles = profiles
        super().__init__(*args, **kwargs)

    def setup(self) -> None:
        """Fill the choice of profiles."""
        self.fields["profile"].choices = self.profiles  # type: ignore[attr-defined]
