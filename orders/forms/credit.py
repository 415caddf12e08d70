"""Forms behind the buttons of store credit."""

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone

from oms.admin import ActForm, ReasonForm
from orders.forms.acts import AmountField
from orders.models import Channel, Payment, StoreCredit


class IssueForm(ReasonForm):
    """How much, for whom, until when."""

    field_order = ("amount", "currency", "customer", "expires_on", "reason")
    amount = AmountField()
    expires_on = forms.DateField(
        required=False,
        widget=forms.DateInput,
        help_text="The first day on which it pays for nothing. Empty: it does not expire.",
    )

    def setup(self) -> None:
        """The currencies that channels sell in; any customer, or nobody for a gift card."""
        sold = Channel.objects.order_by("currency").values_list("currency", flat=True).distinct()
        self.fields["currency"] = forms.ChoiceField(choices=[(code, code) for code in sold])
        field = StoreCredit._meta.get_field("customer")  # noqa: SLF001 (documented)
        self.fields["customer"] = field.formfield(
            required=False,
            widget=AutocompleteSelect(field, site),
            help_text="Empty: a gift card with a code, which is shown once.",
        )
        self.order_fields(self.field_order)

    def clean_expires_on(self) -> object:
        """A day to come."""
        day = self.cleaned_data["expires_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError("This day has come.", code="past")
        return day


class RedeemForm(ActForm):
    """With which credit, and how much of it."""

    credit = forms.CharField(
        label="Code or number",
        max_length=40,
        help_text="The code of a gift card, or the number of the buyer's own store credit.",
    )
    amount = AmountField()


class RefundToCreditForm(ActForm):
    """Which payment's money is owed as credit from now on."""

    def setup(self) -> None:
        """The payments of the order that money came in by."""
        order = getattr(self.obj, "order_id", None)
        came = Payment.objects.filter(order=order, transactions__kind__in=["capture", "moved_in"])
        self.fields["payment"] = forms.ModelChoiceField(came.distinct(), empty_label=None)
        self.fields["amount"] = AmountField(initial=self.initial.get("amount"))
