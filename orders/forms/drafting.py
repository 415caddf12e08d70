"""Input of the page on which an order is put together, and of the acts on drafts."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

import pycountry
from django import forms
from django.utils import timezone

from customers.operations import Party
from inventory import queries as stock
from oms import words
from oms.admin import ActForm
from oms.money import ZERO
from orders.enums import ChargeKind, PaymentMethod
from orders.models import Channel
from orders.operations import PlacedCharge, PlacedLine

COUNTRIES = [
    ("", "–"),
    *sorted(((c.alpha_2, c.name) for c in pycountry.countries), key=lambda p: p[1]),
]
CONTACT = ("name", "email", "phone", "company", "tax_id")
ADDRESS = ("line1", "line2", "city", "region", "postcode", "country")
LATER = [PaymentMethod.BANK_TRANSFER, PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.ON_ACCOUNT]
QUOTE_DAYS = 14
MOST_QUOTE_DAYS = 365


class ChannelField(forms.ModelChoiceField):
    """Channels by name."""

    def label_from_instance(self, obj: Any) -> str:
        """As people call it, with the money it takes."""
        return f"{obj.name} ({obj.currency})"


class DeskField(ChannelField):
    """Channels by name, and which of them we do not write to the buyer for."""

    def label_from_instance(self, obj: Any) -> str:
        """As people call it."""
        told = "" if obj.notifies_customers else ", writes to its buyers itself"
        return f"{super().label_from_instance(obj)}{told}"


def pickup_choices() -> list[tuple[str, str]]:
    """To the address, or where buyers may collect it and for how long it is kept there."""
    places = [
        (code, f"Collected at {name}, kept {words.count(days, 'day')}")
        for code, name, days in stock.pickup_choices()
    ]
    return [("", "Sent to the address"), *places]


class StartForm(forms.Form):
    """Through which channel an order comes in."""

    channel = DeskField(Channel.objects.filter(is_active=True).order_by("name"), empty_label=None)


class DraftForm(forms.Form):
    """Who buys, where it goes, and what is charged beside goods; everything may be missing yet."""

    name = forms.CharField(label="Name", max_length=200, required=False)
    email = forms.EmailField(label="E-mail", max_length=254, required=False)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    company = forms.CharField(label="Company", max_length=200, required=False)
    tax_id = forms.CharField(label="Tax ID", max_length=40, required=False)
    line1 = forms.CharField(label="Street and number", max_length=200, required=False)
    line2 = forms.CharField(label="More of the address", max_length=200, required=False)
    postcode = forms.CharField(label="Postcode", max_length=20, required=False)
    city = forms.CharField(label="City", max_length=100, required=False)
    region = forms.CharField(label="Region or state", max_length=100, required=False)
    country = forms.ChoiceField(label="Country", choices=COUNTRIES, required=False)
    pickup_location = forms.ChoiceField(label="How", required=False)
    purchase_order_number = forms.CharField(
        label="Purchase order number", max_length=60, required=False
    )
    shipping = forms.DecimalField(
        label="Shipping", min_value=0, max_digits=12, decimal_places=2, required=False
    )
    rebate = forms.DecimalField(
        label="Discount on the whole", min_value=0, max_digits=12, decimal_places=2, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["pickup_location"]).choices = pickup_choices()

    def party(self) -> Party:
        """Who buys."""
        return Party(**{part: self.cleaned_data[part].strip() for part in CONTACT})

    def address(self) -> dict[str, str]:
        """Where it goes; nothing as long as only a country was chosen."""
        given = {part: self.cleaned_data[part].strip() for part in ADDRESS}
        return {"name": self.cleaned_data["name"].strip(), **given} if any(given.values()) else {}

    def charges(self) -> tuple[PlacedCharge, ...]:
        """Shipping and a discount of the whole, where there are any."""
        shipping, rebate = self.cleaned_data["shipping"], self.cleaned_data["rebate"]
        rows = ((ChargeKind.SHIPPING, shipping or ZERO), (ChargeKind.DISCOUNT, -(rebate or ZERO)))
        return tuple(PlacedCharge(kind.value, amount) for kind, amount in rows if amount)


class DraftLineForm(forms.Form):
    """One product of a draft."""

    sku = forms.CharField(max_length=64)
    quantity = forms.IntegerField(min_value=1, max_value=10_000_000)
    unit_price = forms.DecimalField(min_value=0, max_digits=14, decimal_places=4)
    discount = forms.DecimalField(min_value=0, max_digits=14, decimal_places=2, required=False)

    def placed(self) -> PlacedLine:
        """The line as placing takes it."""
        data = self.cleaned_data
        discount: Decimal = data["discount"] or ZERO
        return PlacedLine(data["sku"], data["quantity"], data["unit_price"], discount)


def line_forms(data: Mapping[str, Any]) -> list[DraftLineForm]:
    """The rows of the page in their order; those taken out are left out."""
    count = int(data.get("lines", "0") or 0) if str(data.get("lines", "0")).isdecimal() else 0
    taken_out = data.get("remove", "")
    rows = [index for index in range(min(count, 2_000)) if str(index) != taken_out]
    return [DraftLineForm(data, prefix=f"line-{index}") for index in rows]


class SubmitForm(ActForm):
    """How the order will be paid, if that is known."""

    pay_by = forms.ChoiceField(
        label="To be paid by",
        choices=[("", "Not known yet"), *((m.value, m.label) for m in LATER)],
        required=False,
        help_text="A promise, not money: money that came is recorded on the order.",
    )


class QuoteForm(ActForm):
    """How long the offer stands."""

    days = forms.IntegerField(
        label="Valid for days", min_value=1, max_value=MOST_QUOTE_DAYS, initial=QUOTE_DAYS
    )

    def clean(self) -> dict[str, Any]:
        """`valid_until` is the end of the last day, in the time zone of the pages."""
        data = super().clean() or {}
        if "days" in data:
            day = timezone.localtime() + timedelta(days=data["days"])
            data["valid_until"] = day.replace(hour=23, minute=59, second=59, microsecond=0)
        return data


class KeepForm(ActForm):
    """For how long stock is kept."""

    hours = forms.IntegerField(label="Hours", min_value=1, max_value=24 * 31, initial=24)

    def clean(self) -> dict[str, Any]:
        """`until` is that many hours from now."""
        data = super().clean() or {}
        if "hours" in data:
            data["until"] = timezone.now() + timedelta(hours=data["hours"])
        return data
