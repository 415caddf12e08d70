"""Input of the acts on orders of companies."""

from django import forms

from oms.admin import ActForm


class ApproveForm(ActForm):
    """Anything to be kept with the approval."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    note = forms.CharField(required=False, max_length=200, help_text="Kept with the approval.")


class NumberForm(ActForm):
    """The buyer's purchase order number."""

    number = forms.CharField(label="Purchase order number", max_length=60)
