"""The form of a reason code."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from inventory.enums import MovementKind
from inventory.models import ReasonCode


class ReasonCodeForm(forms.ModelForm):
    """Kinds of movements as boxes to tick; none means all."""

    kinds = forms.MultipleChoiceField(
        label="For movements of these kinds",
        required=False,
        choices=MovementKind.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None: for every kind.",
    )

    class Meta:
        model = ReasonCode
        fields: Any = ("code", "name", "kinds", "is_active")
