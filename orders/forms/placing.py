"""An order taken by phone: who, where to, what."""

import pycountry
from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from unfold import widgets

from oms.admin import ActForm
from orders.enums import PaymentMethod
from orders.models import Channel, OrderLine

COUNTRIES = sorted(((c.alpha_2, c.name) for c in pycountry.countries), key=lambda pair: pair[1])
LATER = ""


class NewOrderForm(ActForm):
    """The head of an order."""

    channel = forms.ModelChoiceField(Channel.objects.filter(is_active=True), empty_label=None)
    external_id = forms.CharField(
        label="Their order number", max_length=80, required=False, help_text="Empty: ours is used."
    )
    name = forms.CharField(label="Name", max_length=200)
    email = forms.EmailField(label="E-mail", required=False)
    phone = forms.CharField(max_length=40, required=False)
    company = forms.CharField(max_length=200, required=False)
    tax_id = forms.CharField(label="Tax ID", max_length=40, required=False)
    line1 = forms.CharField(label="Street and number", max_length=200)
    line2 = forms.CharField(label="More of the address", max_length=200, required=False)
    postcode = forms.CharField(max_length=20, required=False)
    city = forms.CharField(max_length=100)
    region = forms.CharField(label="Region or state", max_length=100, required=False)
    country = forms.ChoiceField(choices=COUNTRIES, initial="GB")
    shipping = forms.DecimalField(
        label="Shipping charge", min_value=0, max_digits=12, decimal_places=2, required=False
    )
    method = forms.ChoiceField(
        label="Paid by",
        choices=[(LATER, "To be paid"), *PaymentMethod.choices],
        required=False,
        help_text="What is chosen here counts as received, but cash on delivery and on account.",
    )

    PARTS = ("name", "line1", "line2", "city", "region", "postcode", "country")

    @property
    def address(self) -> dict[str, str]:
        """The shipping address as orders keep it."""
        return {part: self.cleaned_data[part] for part in self.PARTS}


class NewOrderLine(forms.Form):
    """One product of a new order."""

    product = forms.ModelChoiceField(
        queryset=None,
        widget=AutocompleteSelect(OrderLine._meta.get_field("product"), site),  # noqa: SLF001
    )
    quantity = forms.IntegerField(
        min_value=1, initial=1, widget=widgets.UnfoldAdminIntegerFieldWidget
    )
    unit_price = forms.DecimalField(
        min_value=0,
        max_digits=14,
        decimal_places=4,
        required=False,
        widget=widgets.UnfoldAdminDecimalFieldWidget,
        help_text="Empty: list price.",
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        link = OrderLine._meta.get_field("product")  # noqa: SLF001
        self.fields["product"].queryset = link.related_model._default_manager.filter(  # type: ignore[attr-defined] # noqa: SLF001
            is_active=True
        )


NewOrderLines = forms.formset_factory(NewOrderLine, extra=5, min_num=1, validate_min=True)
