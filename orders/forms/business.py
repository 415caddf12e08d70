"""Input of the acts on orders of companies."""

from django import forms

from oms import words
from oms.admin import ActForm
from orders.models import Order


class ApproveForm(ActForm):
    """Anything to be kept with the approval."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)
    note = forms.CharField(required=False, max_length=200, help_text="Kept with the approval.")

    def setup(self) -> None:
        """What is approved stands above the button."""
        if isinstance(self.obj, Order):
            total = words.money(self.obj.total, self.obj.currency)
            self.fields["note"].help_text = f"Kept with the approval of {total}."


class NumberForm(ActForm):
    """The buyer's purchase order number."""

    number = forms.CharField(label="Purchase order number", max_length=60)
