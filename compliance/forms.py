"""Forms behind the buttons of compliance."""

from typing import Any

from django import forms

from oms.admin import ActForm, ReasonForm

REASONS = (  # fixed sentences, because they stay in the trail for good and must name nobody
    "Request of the person",
    "Consent withdrawn",
    "Objection to processing",
    "No longer needed",
    "Order of an authority",
)


class ExtendForm(ReasonForm):
    """Why the answer takes longer."""


class EraseForm(ActForm):
    """Why, and the number typed out: there is no way back."""

    reason = forms.ChoiceField(choices=[(reason, reason) for reason in REASONS])
    confirmation = forms.CharField(
        label="Customer number",
        max_length=20,
        help_text="Type the number to confirm. Erasing cannot be undone.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """The number must be the customer's."""
        cleaned = super().clean() or self.cleaned_data
        if self.obj is not None and cleaned.get("confirmation", "").upper() != self._number():
            self.add_error("confirmation", "This is not the number of this customer.")
        return cleaned

    def _number(self) -> str:
        subject = getattr(self.obj, "subject", None)
        return str(getattr(subject, "customer", subject))
