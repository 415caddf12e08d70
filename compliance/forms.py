"""Forms behind the buttons and reference data of compliance."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

import pycountry
from django import forms
from stdnum.eu import vat as eu_vat
from stdnum.gb import vat as gb_vat
from stdnum.in_ import gstin

from compliance.models import LegalEntity, TaxRate
from compliance.queries.documents import prefix_of
from oms.admin import ActForm, ReasonForm
from oms.money import is_currency

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


class EntityForm(forms.ModelForm):
    """A legal entity whose documents can be issued: a known place, time and number."""

    class Meta:
        model = LegalEntity
        fields = "__all__"  # noqa: DJ007 (the page names them)
        labels: ClassVar = {"line1": "Street and number", "region": "State or region"}
        help_texts: ClassVar = {
            "tax_id": "On documents as it stands here. Of India the GSTIN, whose first two digits "
            "are the state it sells from.",
            "invoice_prefix": "Document numbers begin with it: letters and digits, at most six.",
            "fiscal_year_start_month": "Numbers begin anew each fiscal year. India: 4.",
            "time_zone": "Decides the date of a document, such as Europe/London.",
        }

    def clean_country(self) -> str:
        """An ISO 3166-1 code."""
        country = self.cleaned_data["country"].upper()
        if pycountry.countries.get(alpha_2=country) is None:
            raise forms.ValidationError("This is no country code of ISO 3166-1.")
        return country

    def clean_currency(self) -> str:
        """An ISO 4217 code."""
        currency = self.cleaned_data["currency"].upper()
        if not is_currency(currency):
            raise forms.ValidationError("This is no currency code of ISO 4217.")
        return currency

    def clean_time_zone(self) -> str:
        """A zone that the machine knows."""
        if self.cleaned_data["time_zone"] not in available_timezones():
            raise forms.ValidationError("This is no time zone such as Europe/London.")
        return self.cleaned_data["time_zone"]

    def clean_fiscal_year_start_month(self) -> int:
        """A month."""
        if self.cleaned_data["fiscal_year_start_month"] not in range(1, 13):
            raise forms.ValidationError("A month is 1 to 12.")
        return self.cleaned_data["fiscal_year_start_month"]

    def clean(self) -> dict[str, Any]:
        """The registration passes its check digits; numbers of two entities never meet."""
        cleaned = super().clean() or self.cleaned_data
        if "country" in cleaned and (refusal := id_refusal(cleaned["country"], cleaned["tax_id"])):
            self.add_error("tax_id", refusal)
        mine = LegalEntity(
            code=cleaned.get("code") or self.instance.code,
            invoice_prefix=cleaned.get("invoice_prefix", ""),
        )
        others = LegalEntity.objects.exclude(pk=self.instance.pk)
        if not prefix_of(mine)[:1].isalpha():
            self.add_error("invoice_prefix", "A number begins with a letter.")
        elif prefix_of(mine) in {prefix_of(other) for other in others}:
            self.add_error("invoice_prefix", "Another entity's numbers begin like this.")
        return cleaned


class RateForm(forms.ModelForm):
    """A rate that leaves no day with two rates."""

    class Meta:
        model = TaxRate
        fields = "__all__"  # noqa: DJ007 (the page names them)
        help_texts: ClassVar = {
            "territory": "ISO 3166-1; parts of a country with rates of their own as PT-20.",
            "tax_class": "As on products: standard, reduced, zero; in India gst5, gst18, gst40.",
            "valid_to": "First day on which it no longer holds; empty while nobody knows.",
            "source": "The law, or where the figure comes from.",
        }

    def clean_territory(self) -> str:
        """Codes are capitals."""
        return self.cleaned_data["territory"].upper()

    def clean(self) -> dict[str, Any]:
        """Refuse a period that meets another one of the same class."""
        cleaned = super().clean() or self.cleaned_data
        if {"scheme", "territory", "tax_class", "valid_from"} - cleaned.keys():
            return cleaned
        same = {name: cleaned[name] for name in ("scheme", "territory", "tax_class")}
        others = TaxRate.objects.filter(**same).exclude(pk=self.instance.pk)
        others = others.exclude(valid_to__lte=cleaned["valid_from"])
        if cleaned.get("valid_to"):
            others = others.filter(valid_from__lt=cleaned["valid_to"])
        if meets := others.order_by("valid_from").first():
            self.add_error(
                "valid_from",
                f"From {meets.valid_from} another rate of this class holds; end that one first.",
            )
        return cleaned


def id_refusal(country: str, tax_id: str) -> str:
    """Why a registration cannot be one of that country; empty when it can, or is none."""
    if not tax_id:
        return ""
    if country == "IN":
        return "" if gstin.is_valid(tax_id) else "This is no GSTIN: its check digit differs."
    if country == "GB":
        return "" if gb_vat.is_valid(tax_id) else "This is no VAT number of the United Kingdom."
    if country.lower() in {*eu_vat.MEMBER_STATES, "gr"}:
        return "" if eu_vat.is_valid(tax_id) else "This is no VAT number of the European Union."
    return ""
