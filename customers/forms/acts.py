"""Forms behind the buttons of a customer's page."""

from django import forms

from customers.enums import AddressKind
from customers.models import Company
from oms.admin import ActForm, ReasonForm


class CorrectForm(ReasonForm):
    """The whole profile as it should be."""

    field_order = ("name", "email", "phone", "company", "tax_id", "reason")
    name = forms.CharField(max_length=200)
    email = forms.EmailField(required=False, max_length=254)
    phone = forms.CharField(required=False, max_length=40)
    company = forms.CharField(required=False, max_length=200)
    tax_id = forms.CharField(label="Tax ID", required=False, max_length=40)


class TermsForm(ReasonForm):
    """How much may be owed, and for how long."""

    field_order = ("credit_limit", "payment_terms_days", "reason")
    credit_limit = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text="In the currency of the orders; empty for no limit.",
    )
    payment_terms_days = forms.IntegerField(
        label="Payment terms (days)", min_value=0, max_value=365, help_text="0: at once."
    )


class ClassifyForm(ReasonForm):
    """Group and company."""

    field_order = ("group", "company", "reason")
    group = forms.CharField(required=False, max_length=40, help_text="Such as wholesale, vip.")
    company = forms.ModelChoiceField(Company.objects.order_by("name"), required=False)


class AddressForm(ActForm):
    """An address to keep."""

    kind = forms.ChoiceField(choices=AddressKind.choices)
    name = forms.CharField(max_length=200)
    line1 = forms.CharField(label="Street and number", max_length=200)
    line2 = forms.CharField(label="More", required=False, max_length=200)
    postcode = forms.CharField(required=False, max_length=20)
    city = forms.CharField(max_length=200)
    region = forms.CharField(required=False, max_length=200)
    country = forms.RegexField(r"^[A-Za-z]{2}$", help_text="Two letters, such as GB or IN.")

    def clean_country(self) -> str:
        """Capitals."""
        return self.cleaned_data["country"].upper()
