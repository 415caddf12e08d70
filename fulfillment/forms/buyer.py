"""What a buyer without an account says on the return page."""

import secrets
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fulfillment.enums import GoodsState
from fulfillment.models import ReturnReason
from fulfillment.queries.policies import Wish, active_reasons, returnable

WORDS = 200  # characters of a buyer's note
SHOWN = 200  # lines of an order on one page


class BuyerReturnForm(forms.Form):
    """Units, reason and condition for each line that can still come back."""

    once = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(order.lines.select_related("product").order_by("position"))
        self.free = {pk: units for pk, units in returnable(rows).items() if units > 0}
        self.lines = {line.pk: line for line in rows if line.pk in self.free}
        self.reasons: dict[str, ReturnReason] = {
            code: row for code, row in active_reasons().items() if row.is_offered
        }
        self.initial.setdefault("once", secrets.token_hex(8))
        for pk in list(self.lines)[:SHOWN]:
            self._ask(pk)

    def clean(self) -> dict[str, Any]:
        """At least one unit, each with a reason."""
        data = super().clean() or {}
        chosen = [pk for pk in self.lines if data.get(f"line_{pk}")]
        if not chosen and not self.errors:
            raise ValidationError(_("Choose at least one thing to send back."))
        for pk in chosen:
            if not data.get(f"reason_{pk}"):
                self.add_error(f"reason_{pk}", _("Tell us why."))
        return data

    def rows(self) -> Iterator[tuple[Any, Any, Any, Any]]:
        """Each line with its fields, for the page."""
        for pk in self.lines:
            if f"line_{pk}" in self.fields:
                yield (
                    self.lines[pk],
                    self[f"line_{pk}"],
                    self[f"reason_{pk}"],
                    self[f"state_{pk}"],
                )

    def wishes(self) -> dict[int, Wish]:
        """What is asked back, by order line id."""
        data = self.cleaned_data
        return {
            pk: Wish(data[f"line_{pk}"], data[f"reason_{pk}"], data[f"state_{pk}"])
            for pk in self.lines
            if data.get(f"line_{pk}")
        }

    def reference(self) -> str:
        """Recognises the same form sent twice."""
        return f"page-{self.cleaned_data['once'] or secrets.token_hex(8)}"

    def _ask(self, pk: int) -> None:
        self.fields[f"line_{pk}"] = forms.TypedChoiceField(
            label=_("Send back"),
            choices=[(units, str(units)) for units in range(self.free[pk] + 1)]
            if self.free[pk] <= SHOWN
            else [(0, "0"), (self.free[pk], str(self.free[pk]))],
            coerce=int,
            initial=0,
            required=False,
            empty_value=0,
        )
        self.fields[f"reason_{pk}"] = forms.ChoiceField(
            label=_("Why?"),
            choices=[("", _("Choose")), *((code, row.name) for code, row in self.reasons.items())],
            required=False,
        )
        self.fields[f"state_{pk}"] = forms.ChoiceField(
            label=_("Condition"), choices=GoodsState.choices[::-1], required=False
        )
