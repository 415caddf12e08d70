"""Input about bank statements and their lines."""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django import forms

from oms import words
from oms.admin import ActForm
from oms.sealed_files import SealedFile
from orders.adapters.statements import Layout, NotReadable, guess
from orders.adapters.statements.bank import AMOUNTS, SYNONYMS
from orders.adapters.statements.tables import DATE_WORDS, choices_of, text_of
from orders.enums import Gateway
from orders.models import BankAccount, BankLine, BankStatement, Order, Remittance
from orders.queries.bank import Part
from orders.queries.handed_over import not_handed_over

LABELS = {
    "date": "Day",
    "amount": "Amount, signed",
    "credit": "Came in, where it has a column of its own",
    "debit": "Went out, where it has a column of its own",
    "currency": "Currency",
    "text": "Text",
    "payer": "Name of the other side",
    "iban": "Account of the other side",
    "reference": "Structured reference",
    "bank_reference": "The bank's own reference",
}


class SendStatementForm(ActForm):
    """Which account's file."""

    account = forms.ModelChoiceField(BankAccount.objects.filter(is_active=True))
    file = forms.FileField(help_text="CSV, or CAMT.053 in the versions 02 and 08.")

    def setup(self) -> None:
        """The only account is chosen; without one, where to make it."""
        accounts = list(BankAccount.objects.filter(is_active=True)[:2])
        if len(accounts) == 1:
            self.fields["account"].initial = accounts[0].pk
        if not accounts:
            self.fields[
                "account"
            ].help_text = "There is no account yet: add yours under Bank accounts."


class ExplainForm(ActForm):
    """Which column says what, guessed from the file."""

    def setup(self) -> None:
        """A choice for each meaning."""
        if not isinstance(self.obj, BankStatement) or not self.obj.upload:
            return
        with SealedFile(self.obj.upload).open() as content:
            try:
                found, table = guess(text_of(content), SYNONYMS, AMOUNTS)
            except NotReadable:
                return
        hidden = (found.columns.get("payer", ""), found.columns.get("iban", ""))
        headers = choices_of(table, hidden=hidden)
        for meaning, label in LABELS.items():
            self.fields[meaning] = forms.ChoiceField(
                label=label,
                choices=headers,
                required=meaning == "date",
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
        self.fields["dates"] = forms.ChoiceField(
            label="Days are written", choices=list(DATE_WORDS.items()), initial=found.dates
        )

    def clean(self) -> dict[str, Any]:
        """The layout that was chosen."""
        data = super().clean() or {}
        columns = {name: data[name] for name in LABELS if data.get(name)}
        if not {"amount", "credit", "debit"} & set(columns):
            raise forms.ValidationError("Say which column has the amount.")
        layout = Layout(columns, data["delimiter"], data["decimal"], data["dates"])
        return {"layout": layout.as_data()}


class BookForm(ActForm):
    """Which orders a line pays, and how much of it each."""

    amounts = forms.CharField(
        label="Orders and amounts",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line: order number, then the amount; without an amount, all that is left.",
    )
    write_off = forms.BooleanField(
        label="Write off what is then missing, within the channel's limit", required=False
    )

    def setup(self) -> None:
        """How much there is to give out."""
        if isinstance(self.obj, BankLine):
            left = words.money(self.obj.amount - self.obj.matched, self.obj.currency)
            self.fields[
                "amounts"
            ].help_text = f"{left} are left. {self.fields['amounts'].help_text}"

    def clean(self) -> dict[str, Any]:
        """The parts, each with its order."""
        data = super().clean() or {}
        rows = [row.split() for row in data.get("amounts", "").splitlines() if row.split()]
        found = {
            order.number: order
            for order in Order.objects.filter(number__in=[row[0] for row in rows]).select_related(
                "channel", "subject"
            )
        }
        data["parts"] = [self._part(found, row) for row in rows]
        return data

    def _part(self, found: dict[str, Order], row: list[str]) -> Part:
        if row[0] not in found:
            raise forms.ValidationError(f"There is no order {row[0]}.")
        line: Any = self.obj
        try:
            amount = Decimal(row[1]) if len(row) > 1 else line.amount - line.matched
        except InvalidOperation as broken:
            raise forms.ValidationError(f"{row[1]} is no amount.") from broken
        return Part(found[row[0]], amount)


class HandedOverForm(ActForm):
    """Which remittances came in one sum."""

    remittances = forms.ModelMultipleChoiceField(
        Remittance.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Each comes to what was collected, less what the carrier keeps.",
    )

    def setup(self) -> None:
        """Those whose money is not on our account, in the currency of the line."""
        if isinstance(self.obj, BankLine):
            field = cast("forms.ModelMultipleChoiceField", self.fields["remittances"])
            field.queryset = not_handed_over().filter(currency=self.obj.currency)
            field.label_from_instance = lambda row: (  # type: ignore[method-assign]
                f"{row.number} of {row.carrier}: {words.money(row.net, row.currency)}"
            )


class PayoutForm(ActForm):
    """Whose payout, and what it kept."""

    gateway = forms.ChoiceField(choices=Gateway.choices)
    fee = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4, initial=0)
