"""Input about carriers' remittances."""

from importlib import import_module
from typing import Any

from django import forms
from django.utils.module_loading import import_string

from oms.admin import ActForm
from oms.sealed_files import SealedFile
from orders.adapters.statements import Layout, NotReadable, guess
from orders.adapters.statements.remittances import AMOUNTS, SYNONYMS
from orders.adapters.statements.tables import choices_of, text_of
from orders.models import Remittance

LABELS = {"tracking": "Tracking number", "amount": "Collected", "fee": "Fee that it keeps"}


class SendRemittanceForm(ActForm):
    """Whose file, in which currency."""

    carrier = forms.ChoiceField()
    currency = forms.CharField(min_length=3, max_length=3, help_text="ISO 4217, such as INR.")
    file = forms.FileField(help_text="CSV with one row per parcel.")

    def setup(self) -> None:
        """Every carrier that is in use."""
        ask = import_string(import_module("oms.wiring").ANSWERS["orders.carriers"])
        self.fields["carrier"].choices = ask()  # type: ignore[attr-defined]

    def clean_currency(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["currency"]).upper()


class ExplainRemittanceForm(ActForm):
    """Which column says what, guessed from the file."""

    def setup(self) -> None:
        """A choice for each meaning."""
        if not isinstance(self.obj, Remittance) or not self.obj.upload:
            return
        with SealedFile(self.obj.upload).open() as content:
            try:
                found, table = guess(text_of(content), SYNONYMS, AMOUNTS)
            except NotReadable:
                return
        headers = choices_of(table)
        for meaning, label in LABELS.items():
            self.fields[meaning] = forms.ChoiceField(
                label=label,
                choices=headers,
                required=meaning != "fee",
                initial=found.columns.get(meaning, ""),
            )
        self.fields["delimiter"] = forms.CharField(
            initial=found.delimiter, widget=forms.HiddenInput, strip=False
        )
        self.fields["decimal"] = forms.ChoiceField(
            label="Decimal mark",
            choices=[(",", "1.204,50"), (".", "1,204.50")],
            initial=found.decimal,
        )

    def clean(self) -> dict[str, Any]:
        """The layout that was chosen."""
        data = super().clean() or {}
        columns = {name: data[name] for name in LABELS if data.get(name)}
        layout = Layout(columns, data.get("delimiter", ","), data.get("decimal", "."))
        return {"layout": layout.as_data()}
