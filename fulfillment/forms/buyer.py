"""What a buyer without an account says on the return page."""

import secrets
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fulfillment.enums import GoodsState
from fulfillment.models import ReturnReason
from fulfillment.models.returns import BY_LINK
from fulfillment.queries.policies import Wish, active_reasons, returnable
from fulfillment.queries.swaps import Offer, difference_of, offers
from oms import words
from oms.money import ZERO, plain

WORDS = 200  # characters of a buyer's note
SHOWN = 200  # lines of an order on one page


class BuyerReturnForm(forms.Form):
    """Units, reason and condition for each line that can still come back."""

    once = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, order: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(order.lines.select_related("product").order_by("position"))
        self.free = {pk: units for pk, units in returnable(rows).items() if units > 0}
        self.lines = {line.pk: line for line in rows if line.pk in self.free}
        self.reasons: dict[str, ReturnReason] = {
            code: row for code, row in active_reasons().items() if row.is_offered
        }
        self.initial.setdefault("once", secrets.token_hex(8))
        self.order = order
        asked = list(self.lines)[:SHOWN]
        self.offers = offers(order, [self.lines[pk] for pk in asked])
        for pk in asked:
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
        self._check_swaps(data, chosen)
        return data

    def _check_swaps(self, data: dict[str, Any], chosen: list[int]) -> None:
        """Everything is exchanged or nothing is, and there are as many units as are wanted."""
        swapped = [pk for pk in chosen if data.get(f"swap_{pk}")]
        if swapped and len(swapped) < len(chosen):
            raise ValidationError(
                _("Ask for exchanges and for refunds one after the other, not at once.")
            )
        wanted: Counter[str] = Counter()
        for pk in swapped:
            offer = self._offer(pk, data)
            wanted[offer.sku] += data[f"line_{pk}"]
            if wanted[offer.sku] > offer.units:
                self.add_error(f"swap_{pk}", _("Only %(units)s left.") % {"units": offer.units})

    def rows(self) -> Iterator[tuple[Any, Any, Any, Any, Any]]:
        """Each line with its fields, for the page; none for an exchange that is not possible."""
        for pk in self.lines:
            if f"line_{pk}" in self.fields:
                yield (
                    self.lines[pk],
                    self[f"line_{pk}"],
                    self[f"reason_{pk}"],
                    self[f"state_{pk}"],
                    self[f"swap_{pk}"] if f"swap_{pk}" in self.fields else None,
                )

    def wishes(self) -> dict[int, Wish]:
        """What is asked back, by order line id."""
        data = self.cleaned_data
        return {
            pk: Wish(data[f"line_{pk}"], data[f"reason_{pk}"], data[f"state_{pk}"])
            for pk in self.lines
            if data.get(f"line_{pk}")
        }

    def swaps(self) -> dict[int, tuple[Offer, int]]:
        """What is wanted instead and how many, by order line id; empty where money is wanted."""
        data = self.cleaned_data
        return {
            pk: (self._offer(pk, data), data[f"line_{pk}"])
            for pk in self.lines
            if data.get(f"line_{pk}") and data.get(f"swap_{pk}")
        }

    def difference(self) -> Decimal:
        """What the exchange costs the buyer on top; negative: what they get back."""
        return sum(
            (
                difference_of(self.order, self.lines[pk], offer, units)
                for pk, (offer, units) in self.swaps().items()
            ),
            ZERO,
        )

    def is_as_seen(self) -> bool:
        """Whether the difference is still the one that the buyer was shown."""
        seen = self.cleaned_data.get("seen", "")
        return not self.swaps() or seen == plain(self.difference(), self.order.currency)

    def _offer(self, pk: int, data: dict[str, Any]) -> Offer:
        return next(offer for offer in self.offers[pk] if offer.sku == data[f"swap_{pk}"])

    def reference(self) -> str:
        """Recognises the same form sent twice."""
        return f"{BY_LINK}{self.cleaned_data['once'] or secrets.token_hex(8)}"

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
        if self.offers.get(pk):
            self.fields[f"swap_{pk}"] = forms.ChoiceField(
                label=_("What would you like instead?"),
                choices=[
                    ("", _("The money back")),
                    *((each.sku, self._words(each)) for each in self.offers[pk]),
                ],
                required=False,
            )

    def _words(self, offer: Offer) -> str:
        """A product with the difference of its price, and how many are left where they are few."""
        currency, said = self.order.currency, offer.name or offer.sku
        if offer.difference:
            sign = "+" if offer.difference > 0 else "–"
            said += f" ({sign}{words.money(abs(offer.difference), currency)})"
        if offer.few:
            said += ", " + _("%(units)s left") % {"units": offer.units}
        return said
