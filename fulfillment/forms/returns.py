"""Input of the buttons of returns; validation only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from fulfillment.enums import GoodsState, Outcome
from fulfillment.forms.work import choices, units_in
from fulfillment.models import ReturnLine
from fulfillment.queries import swaps
from fulfillment.queries.policies import Wish, active_reasons, returnable
from inventory.forms.lots import LotsField
from oms.admin import ActForm, LineField

if TYPE_CHECKING:
    from orders.models import OrderLine

VERDICTS = ("Accepted", "Refused")
ASKED_EACH = 30  # lines with a reason of their own; beyond, one reason is for all


class DeclineForm(ActForm):
    """Why a return is declined."""

    reason = forms.CharField(max_length=200, help_text="The buyer reads it.")


class GiveUpForm(ActForm):
    """Why nobody waits for the rest."""

    reason = forms.CharField(max_length=200, initial="The rest will not come")


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line of the order as a row of the form; what stands in its place only for an exchange."""

    line: "OrderLine"
    left: int  # units that can come back
    units: BoundField
    reason: BoundField | None  # none where one reason is for all
    swap: BoundField | None = None
    price: BoundField | None = None
    offers: Sequence[swaps.Offer] = ()  # of its family, that can be had now


class RequestReturnForm(ActForm):
    """What comes back and why."""

    reason = forms.ChoiceField()
    state = forms.ChoiceField(
        label="Condition",
        choices=[("", "Not said"), *GoodsState.choices],
        required=False,
        help_text="As the buyer says.",
    )
    note = forms.CharField(required=False, max_length=300)
    waiver = forms.CharField(
        label="Why the policy is waived",
        required=False,
        max_length=200,
        help_text="Takes back what the policy excludes, free of fees. Empty: the policy decides.",
    )

    def setup(self) -> None:
        """One field per line with units that can come back, and its own reason where few."""
        reasons = [(code, row.name) for code, row in active_reasons().items()]
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]
        rows = self.obj.lines.select_related("product") if self.obj else ()  # type: ignore[attr-defined]
        lines = list(rows.order_by("position")) if self.obj else []
        left = {pk: units for pk, units in returnable(lines).items() if units > 0}
        self._left = {line: left[line.pk] for line in lines if line.pk in left}
        for line, units in self._left.items():
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.sku} {line.name}"[:80], min_value=0, max_value=units, required=False
            )
            if 1 < len(left) <= ASKED_EACH:
                self.fields[f"reason_{line.pk}"] = forms.ChoiceField(
                    label=f"{line.sku}: reason",
                    choices=[("", "As below"), *reasons],
                    required=False,
                )

    @property
    def asked_once(self) -> list[BoundField]:
        """The fields that are about all lines."""
        names = ("reason", "state", "note", "waiver")
        return [self[name] for name in names if name in self.fields]

    @property
    def rows(self) -> list[AskedLine]:
        """The fields of each line."""
        return [self._row(line, units) for line, units in self._left.items()]

    def clean(self) -> dict[str, Any]:
        """At least one unit."""
        data = super().clean() or {}
        if not any(units_in(data).values()):
            raise ValidationError("Say how many units come back.")
        return data

    def _row(self, line: "OrderLine", units: int) -> AskedLine:
        return AskedLine(line, units, self[f"line_{line.pk}"], self._bound(f"reason_{line.pk}"))

    def _bound(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None


class ExchangeForm(RequestReturnForm):
    """What comes back, why, and what is sent in its place."""

    def setup(self) -> None:
        """Beside the units of each line the SKU that replaces it, and its price."""
        super().setup()
        del self.fields["waiver"]
        few = [line for line in self._left if len(self._left) <= ASKED_EACH]
        self._offers = swaps.offers(self.obj, few) if few else {}  # type: ignore[arg-type]
        for line in self._left:
            self.fields[f"swap_{line.pk}"] = forms.CharField(
                label=f"{line.sku}: replaced by",
                max_length=64,
                required=False,
                initial=line.stock_sku,
            )
            self.fields[f"price_{line.pk}"] = forms.DecimalField(
                label=f"{line.sku}: at a price of",
                min_value=0,
                max_digits=14,
                decimal_places=2,
                required=False,
            )

    def keep_prices(self) -> None:
        """Leave out the prices: each unit is replaced at what was paid for it."""
        for name in [name for name in self.fields if name.startswith("price_")]:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Each line that comes back has its replacement."""
        data = super().clean()
        for pk in units_in(data):
            if not data.get(f"swap_{pk}"):
                self.add_error(f"swap_{pk}", "Say what is sent instead, or request a return.")
        return data

    def _row(self, line: "OrderLine", units: int) -> AskedLine:
        swap, price = self._bound(f"swap_{line.pk}"), self._bound(f"price_{line.pk}")
        offers = self._offers.get(line.pk, ())
        return replace(super()._row(line, units), swap=swap, price=price, offers=offers)


class InspectForm(ActForm):
    """Which quarantined units are credited, and which are not."""

    note = forms.CharField(required=False, max_length=300, help_text="What was seen.")

    def setup(self) -> None:
        """Two fields per line that waits."""
        rows = self.obj.lines.select_related("order_line__product") if self.obj else ()  # type: ignore[attr-defined]
        self._lines = [line for line in rows if line.to_inspect]
        for line in self._lines:
            for verdict in VERDICTS:
                _ask(self, f"{verdict.lower()}_{line.pk}", line, verdict, line.to_inspect, 0)

    @property
    def line_columns(self) -> Sequence[str]:
        """Both verdicts."""
        return VERDICTS

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line with units in quarantine."""
        return [
            _line_field(line, line.to_inspect, "in quarantine", [
                self[f"{verdict.lower()}_{line.pk}"] for verdict in VERDICTS
            ])
            for line in self._lines
        ]  # fmt: skip


class ReceiveForm(ActForm):
    """What became of each unit that arrived."""

    def setup(self) -> None:
        """One field per line and outcome."""
        rows = self.obj.lines.select_related("order_line__product") if self.obj else ()  # type: ignore[attr-defined]
        self._lines = [line for line in rows if line.missing]
        for line in self._lines:
            for outcome, label in choices(Outcome):
                expected = line.missing if outcome == Outcome.RESTOCK else 0
                _ask(self, f"line_{line.pk}_{outcome}", line, label, line.missing, expected)
            product = line.order_line.product
            if product is not None and product.tracking != "none":
                self.fields[f"lots_{line.pk}"] = LotsField(
                    label=f"{line.order_line.stock_sku}: lots or serial numbers",
                    required=False,
                    help_text="In the order of the outcomes, CODE or CODE=2, with commas "
                    "between. May stay empty where only one is possible.",
                )
                self.fields[f"lots_{line.pk}"].column = "Lots"  # type: ignore[attr-defined]

    @property
    def line_columns(self) -> Sequence[str]:
        """The outcomes, and lots where any product has them."""
        has_lots = any(name.startswith("lots_") for name in self.fields)
        return [*(label for _, label in choices(Outcome)), *(["Lots"] if has_lots else ())]

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line that units are missing of."""
        names = [outcome for outcome, _ in choices(Outcome)]
        return [
            _line_field(line, line.missing, "announced", [
                *(self[f"line_{line.pk}_{outcome}"] for outcome in names),
                *([self[f"lots_{line.pk}"]] if f"lots_{line.pk}" in self.fields else ()),
            ])
            for line in self._lines
        ]  # fmt: skip


def _ask(form: ActForm, name: str, line: ReturnLine, column: str, most: int, initial: int) -> None:
    field = forms.IntegerField(
        label=f"{line.order_line.stock_sku}: {column.lower()}",
        min_value=0,
        max_value=most,
        required=False,
        initial=initial,
    )
    field.column = column  # type: ignore[attr-defined]  # heads it on a narrow page
    form.fields[name] = field


def _line_field(line: ReturnLine, most: int, said: str, fields: Sequence[BoundField]) -> LineField:
    sold = line.order_line
    barcode = sold.product.barcode if sold.product else ""
    return LineField(sold.stock_sku, sold.name, barcode, most, said, fields)


def wishes_in(data: dict[str, Any]) -> dict[int, Wish]:
    """What is asked back, by order line id."""
    return {
        pk: Wish(quantity, data.get(f"reason_{pk}") or data["reason"], data["state"])
        for pk, quantity in units_in(data).items()
    }


def verdicts_in(data: dict[str, Any], verdict: str) -> dict[int, int]:
    """Units by return line id from fields named VERDICT_ID; zeros left out."""
    return {
        int(name.removeprefix(f"{verdict}_")): units
        for name, units in data.items()
        if name.startswith(f"{verdict}_") and units
    }
