"""Forms of merging customers."""

from typing import Any

from django import forms

from customers.models import Customer
from oms import words
from oms.admin import ActForm, ReasonForm


class CompareForm(ActForm):
    """With whom."""

    other = forms.CharField(
        label="Other customer",
        max_length=20,
        help_text="The number of the other one. Which of them stays is said on the next page.",
    )

    def clean_other(self) -> Customer:
        """A customer that there is."""
        number = self.cleaned_data["other"].strip().upper()
        customer = Customer.objects.filter(number=number).first()
        if customer is None:
            msg = f"There is no customer {number}."
            raise forms.ValidationError(msg)
        return customer


class SurvivorForm(ReasonForm):
    """Which of two customers stays."""

    field_order = ("survivor", "reason")
    survivor = forms.ChoiceField(label="Stays", widget=forms.RadioSelect)

    def setup(self) -> None:
        """The two of the pair."""
        pair: Any = self.obj
        if pair is not None:
            rows = (pair.first, pair.second)
            self.fields["survivor"].choices = [
                (row.number, f"{row.number}, known since {words.moment(row.created_at)}")
                for row in rows
            ]
            self.fields["survivor"].initial = rows[0].number
