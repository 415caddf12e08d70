"""Forms behind the buttons of a customer's page."""

from django import forms

from customers.enums import AddressKind, BuyerRole, RepeatedNumber
from customers.models import Company, Customer, PaymentTerms
from customers.operations import BadCustomerTag, clean_tag
from customers.operations.notes import LONGEST_NOTE
from customers.queries import family_of, tags_in_use, tags_of
from oms.admin import ActForm, ReasonForm
from oms.countries import country_code, is_country

TAGS_NAMED = 20


class CorrectForm(ReasonForm):
    """The whole profile as it should be."""

    field_order = ("name", "email", "phone", "company", "tax_id", "reason")
    name = forms.CharField(max_length=200)
    email = forms.EmailField(required=False, max_length=254)
    phone = forms.CharField(required=False, max_length=40)
    company = forms.CharField(required=False, max_length=200)
    tax_id = forms.CharField(label="Tax ID", required=False, max_length=40)


class DeliveryForm(ActForm):
    """How somebody wants parcels delivered."""

    no_ring = forms.BooleanField(label="Do not ring", required=False)
    window = forms.CharField(
        label="Between", required=False, max_length=40, help_text="Such as 9:00-12:00."
    )
    leave_with = forms.CharField(required=False, max_length=100)
    place = forms.CharField(
        label="Preferred place",
        required=False,
        max_length=100,
        help_text="A parcel shop, a locker, the back door.",
    )
    note = forms.CharField(required=False, max_length=200)


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


class NoteForm(ActForm):
    """What is worth knowing of a customer."""

    text = forms.CharField(
        label="Note", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 4})
    )


class TagForm(ActForm):
    """Words by which people, rules and segments find customers again."""

    tags = forms.CharField(
        max_length=400,
        help_text="One or several, with commas between them, such as vip, press. Never a name.",
    )

    def setup(self) -> None:
        """Show which tags others have, so that there is one word for one thing."""
        if used := tags_in_use(TAGS_NAMED):
            self.fields["tags"].help_text += f" In use: {', '.join(used)}."

    def clean_tags(self) -> list[str]:
        """The words, each once; bad ones are refused here and not row by row."""
        words = [word for word in self.cleaned_data["tags"].split(",") if word.strip()]
        try:
            found = list(dict.fromkeys(clean_tag(word) for word in words))
        except BadCustomerTag as error:
            raise forms.ValidationError(error.detail, code="tag") from error
        if not found:
            raise forms.ValidationError("Write at least one tag.", code="required")
        return found


class UntagForm(ActForm):
    """Which tags go: of one customer its own, of several those in use."""

    tags = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def setup(self) -> None:
        """The tags that there are."""
        customer = self.obj if isinstance(self.obj, Customer) else None
        found = tags_of(family_of(customer)) if customer else tags_in_use()
        self.fields["tags"].choices = [(tag, tag) for tag in found]


class ClassifyForm(ReasonForm):
    """Group and company."""

    field_order = ("group", "company", "reason")
    group = forms.CharField(required=False, max_length=40, help_text="Such as wholesale, vip.")
    company = forms.ModelChoiceField(Company.objects.order_by("name"), required=False)


class CompanyTermsForm(ReasonForm):
    """Where a company stands, what it may owe and how it orders."""

    field_order = (
        "parent",
        "shares_credit",
        "credit_limit",
        "credit_currency",
        "terms",
        "needs_purchase_order",
        "repeated_number",
        "reason",
    )
    parent = forms.ModelChoiceField(
        Company.objects.order_by("name"),
        required=False,
        empty_label="None",
        help_text="The company that it belongs to.",
    )
    shares_credit = forms.BooleanField(
        required=False, label="Buys within the credit limit of its parent"
    )
    credit_limit = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        help_text="Of everybody who buys for it, together; empty for no limit.",
    )
    credit_currency = forms.RegexField(
        r"^[A-Za-z]{3}$", required=False, label="Currency of the limit", help_text="Such as EUR."
    )
    terms = forms.ModelChoiceField(
        PaymentTerms.objects.filter(is_active=True).order_by("name"),
        required=False,
        label="Payment terms",
        empty_label="Those of its parent, else of the customer or the channel",
    )
    needs_purchase_order = forms.BooleanField(
        required=False, label="Every order needs a purchase order number"
    )
    repeated_number = forms.ChoiceField(
        label="A number that was used before", choices=RepeatedNumber.choices
    )

    def clean_credit_currency(self) -> str:
        """Capitals."""
        return self.cleaned_data["credit_currency"].upper()


class BuyerForm(ReasonForm):
    """What a person may order for their company."""

    field_order = ("role", "order_limit", "period_limit", "period_days", "reason")
    role = forms.ChoiceField(choices=BuyerRole.choices)
    order_limit = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=4,
        label="Limit per order",
        help_text="In the currency of the order; empty for none.",
    )
    period_limit = forms.DecimalField(
        required=False, min_value=0, max_digits=14, decimal_places=4, label="Limit per period"
    )
    period_days = forms.IntegerField(
        label="Days of the period", min_value=1, max_value=366, initial=30
    )


class AddressForm(ActForm):
    """An address to keep."""

    kind = forms.ChoiceField(choices=AddressKind.choices)
    name = forms.CharField(max_length=200)
    line1 = forms.CharField(label="Street and number", max_length=200)
    line2 = forms.CharField(label="More", required=False, max_length=200)
    postcode = forms.CharField(required=False, max_length=20)
    city = forms.CharField(max_length=200)
    region = forms.CharField(required=False, max_length=200)
    country = forms.CharField(max_length=80, help_text="Its name or code, such as India or IN.")

    def clean_country(self) -> str:
        """Its code."""
        code = country_code(self.cleaned_data["country"])
        if not is_country(code):
            raise forms.ValidationError("There is no such country.")
        return code
