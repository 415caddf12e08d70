"""Forms about promises and about who is served first."""

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSplitDateTimeVerticalWidget

from oms.admin import ActForm, ReasonForm
from orders.enums import PromiseReason

BY_HAND = (PromiseReason.CUSTOMER_ASKED, PromiseReason.EXPEDITED, PromiseReason.STAFF)
HIGHEST = 32_767  # what the column holds


class PromiseForm(ActForm):
    """Another ship-by date, and why."""

    promised_at = forms.SplitDateTimeField(
        label="Ship by", widget=UnfoldAdminSplitDateTimeVerticalWidget
    )
    reason = forms.ChoiceField(choices=[(reason.value, reason.label) for reason in BY_HAND])
    note = forms.CharField(
        max_length=300, required=False, help_text="Kept in the promise ledger. No personal data."
    )

    def clean_promised_at(self) -> object:
        """A promise lies ahead."""
        promised_at = self.cleaned_data["promised_at"]
        if promised_at and promised_at <= timezone.now():
            raise forms.ValidationError("This time has passed.", code="past")
        return promised_at


class PriorityForm(ReasonForm):
    """Who is served first where stock is scarce."""

    field_order = ("priority", "reason")

    priority = forms.IntegerField(
        min_value=-HIGHEST, max_value=HIGHEST, help_text="Higher is served first; 0 is usual."
    )
