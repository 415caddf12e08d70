"""Input of the pages of purchase orders, receipts and transfers; validation only."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse
from django.utils.html import format_html

from inventory.enums import (
    DiscrepancyReason,
    LandedCostKind,
    MissingUnits,
    OverDelivery,
    SpreadBy,
)
from inventory.forms.lines import PURCHASE, TRANSFER, LinesField, Typed, look
from inventory.models import Location, StockLevel, Supplier
from inventory.operations import Delivered, Delivery, Landed, Settlement, Wanted
from oms.admin import ActForm, LineField
from oms.money import plain
from oms.words import sentence_case

NAMED = 8  # lines that a form names


class PlaceField(forms.ModelChoiceField):
    """A location, by its name; chosen beforehand where there is only one."""

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        """The field as a form shows it."""
        if self.required and self.initial is None:
            found = self.queryset.values_list("pk", flat=True)[:2]  # type: ignore[union-attr]
            self.initial = found[0] if len(found) == 1 else None
        return super().get_bound_field(form, field_name)

    def label_from_instance(self, place: Any) -> str:
        """Name and code: codes alone are for those who know them."""
        return f"{place.name} ({place.code})"


def places(label: str = "", **more: Any) -> forms.ModelChoiceField:
    """A location to choose."""
    rows = Location.objects.filter(is_active=True).order_by("priority", "code")
    return PlaceField(rows, label=label or None, **more)


def choices(enum: Any) -> list[tuple[str, str]]:
    """Choices of an enumeration, as people read them."""
    return [(value, sentence_case(label)) for value, label in enum.choices]


def rate() -> forms.DecimalField:
    """How much of the receiving location's currency one of the other is worth."""
    return forms.DecimalField(
        label="Exchange rate",
        required=False,
        min_value=Decimal("0.00000001"),
        max_digits=18,
        decimal_places=8,
        help_text="Only between two currencies: how much of the location's one of the other buys.",
    )


class NewPurchaseOrderForm(ActForm):
    """From whom, to where, what."""

    supplier = forms.ModelChoiceField(Supplier.objects.none())
    location = places("Deliver to")
    lines = LinesField(PURCHASE)
    expected_on = forms.DateField(
        required=False, help_text="Empty: by the lead time that the supplier's receipts teach."
    )
    exchange_rate = rate()
    note = forms.CharField(max_length=300, required=False, help_text="Printed for the supplier.")

    def setup(self) -> None:
        """Active suppliers."""
        rows = Supplier.objects.filter(is_active=True).order_by("name")
        self.fields["supplier"].queryset = rows  # type: ignore[attr-defined]
        if not rows.exists():
            self.fields["supplier"].help_text = format_html(
                'There is none yet: <a class="oms-link" href="{}">add a supplier</a>.',
                reverse("admin:inventory_supplier_add"),
            )
        look(self)


class PurchaseLinesForm(ActForm):
    """The lines of a draft, anew."""

    lines = LinesField(PURCHASE)

    def setup(self) -> None:
        """As they are now, with what is known of the order's supplier."""
        order: Any = self.obj
        if order is not None:
            look(self, supplier=order.supplier_id, location=order.location_id)
            rows = order.lines.select_related("product").order_by("position")
            self.initial["lines"] = [
                Typed(row.product.sku, str(row.quantity), plain(row.unit_price, order.currency))
                for row in rows
            ]


class ConfirmOrderForm(ActForm):
    """What the supplier says."""

    reference = forms.CharField(label="Their number", max_length=80, required=False)
    expected_on = forms.DateField(required=False)


class NewTransferForm(ActForm):
    """From where, to where, what."""

    source = places("From")
    destination = places("To")
    lines = LinesField(TRANSFER)
    expected_on = forms.DateField(required=False)
    exchange_rate = rate()
    note = forms.CharField(max_length=300, required=False)

    def setup(self) -> None:
        """Rows show the stock of the source."""
        look(self)


class ShipTransferForm(ActForm):
    """How many of each line leave: what was asked for, as far as it is there and not reserved."""

    line_columns = ("Ship",)

    def setup(self) -> None:
        """One field per line."""
        transfer: Any = self.obj
        rows = transfer.lines.select_related("product").order_by("pk") if transfer else ()
        self._lines = list(rows)
        self._free = _free_at(transfer.source, self._lines) if transfer else {}
        for line in self._lines:
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"Units of {line.product.sku}",
                min_value=0,
                max_value=line.quantity,
                initial=min(line.quantity, self._free[line.product_id]),
            )

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line, with what the source has of it."""
        return [
            LineField(
                line.product.sku,
                line.product.name,
                line.product.barcode,
                line.quantity,
                f"{self._free[line.product_id]:,} there and not reserved",
                [self[f"line_{line.pk}"]],
            )
            for line in self._lines
        ]


def _free_at(place: Location, lines: Sequence[Any]) -> dict[int, int]:
    """Units on hand and not reserved at a location, by the id of each line's product."""
    wanted = {line.product_id for line in lines}
    rows = StockLevel.objects.filter(location=place, product__in=wanted)
    free = rows.values_list("product_id", F("on_hand") - F("reserved"))
    return dict.fromkeys(wanted, 0) | dict(free)


class SettleForm(ActForm):
    """What became of units that did not come."""

    outcome = forms.ChoiceField(
        choices=[
            (MissingUnits.WRITE_BACK, "They are at the source again: put them back on hand there"),
            (MissingUnits.WRITE_OFF, "They are gone: write them off"),
        ],
        widget=forms.RadioSelect,
    )
    cause = forms.ChoiceField(label="Why", choices=choices(DiscrepancyReason))
    note = forms.CharField(max_length=200, required=False)

    def setup(self) -> None:
        """Says which units it is about."""
        self.fields["outcome"].help_text = _on_the_way(self.obj) if self.obj else ""


def _on_the_way(transfer: Any) -> str:
    rows = transfer.lines.select_related("product").order_by("pk")
    missing = [f"{row.in_transit} × {row.product.sku}" for row in rows if row.in_transit]
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    return f"Missing: {', '.join(missing[:NAMED])}{more}."


class CancelTransferForm(ActForm):
    """Why it is called off; and what becomes of units on their way, where some are."""

    reason = forms.CharField(max_length=200)

    def setup(self) -> None:
        """Units on their way need a choice; nothing is chosen beforehand."""
        if self.obj is not None and self.obj.is_on_the_way:  # type: ignore[attr-defined]
            asked = SettleForm(obj=self.obj).fields
            self.fields |= {name: asked[name] for name in ("outcome", "cause")}


class LandedCostForm(ActForm):
    """Freight, duty and the like."""

    kind = forms.ChoiceField(choices=choices(LandedCostKind))
    amount = forms.DecimalField(
        max_digits=18, decimal_places=4, help_text="In the location's currency, without tax."
    )
    spread_by = forms.ChoiceField(
        choices=choices(SpreadBy), help_text="Freight by weight, duty and insurance by value."
    )
    reference = forms.CharField(
        label="Invoice", max_length=80, required=False, help_text="The same invoice counts once."
    )


FIGURE = re.compile(r"(?:good|damaged)_(([0-9]{1,18})(?:-[0-9]{1,6})?)")


class ReceiveGoodsForm(forms.Form):
    """What came, one pair of figures a row: fields good_ROW and damaged_ROW.

    A row is the product's id; further lots or serial numbers of it are ID-2, ID-3 ...
    """

    reference = forms.CharField(max_length=80, required=False)
    note = forms.CharField(max_length=300, required=False)
    over = forms.BooleanField(required=False)
    location = places(required=False)
    supplier = forms.ModelChoiceField(Supplier.objects.filter(is_active=True), required=False)

    def delivery(self) -> Delivery:
        """The figures as an operation takes them."""
        data = self.cleaned_data
        return Delivery(
            tuple(data["rows"]),
            data["reference"].strip(),
            data["note"],
            OverDelivery.ACCEPT if data["over"] else OverDelivery.REFUSE,
        )

    def clean(self) -> dict[str, Any]:
        """Whole numbers, none negative; at least one unit."""
        data = super().clean() or {}
        data["rows"] = [
            Delivered(
                product,
                self._whole(f"good_{row}"),
                self._whole(f"damaged_{row}"),
                self._cost(f"cost_{row}"),
                str(self.data.get(f"lot_{row}") or "").strip()[:64],
                self._day(f"expires_{row}"),
            )
            for row, product in sorted(typed_rows(self.data).items())
        ]
        if not any(row.units for row in data["rows"]):
            raise ValidationError("Say how many units came.")
        return data

    def _whole(self, name: str) -> int:
        text = str(self.data.get(name) or "0").strip()
        if not text.isdecimal() or int(text) > 10**9:
            raise ValidationError(f"{text} is no number of units.")
        return int(text)

    def _day(self, name: str) -> date | None:
        text = str(self.data.get(name) or "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise ValidationError(f"{text} is no day; write 2027-01-31.") from None

    def _cost(self, name: str) -> Decimal | None:
        text = str(self.data.get(name) or "").strip()
        if not text:
            return None
        try:
            cost = Decimal(text)
        except InvalidOperation:
            raise ValidationError(f"{text} is no amount.") from None
        if not cost.is_finite() or not 0 <= cost < 10**12:
            raise ValidationError(f"{text} is no amount.")
        return cost


def typed_rows(names: Iterable[str]) -> dict[str, int]:
    """The rows of a receiving page among the names of its fields, each with its product's id."""
    found = filter(None, map(FIGURE.fullmatch, names))
    return {match[1]: int(match[2]) for match in found}


def wanted(rows: Iterable[tuple[int, int, Decimal | None]]) -> list[Wanted]:
    """Lines of a form as a purchase order takes them."""
    return [Wanted(product, quantity, price) for product, quantity, price in rows]


def settlement(data: dict[str, Any]) -> Settlement | None:
    """What a form says of units that did not come, where it was asked."""
    if "outcome" not in data:
        return None
    return Settlement(data["outcome"], data["cause"], data.get("note", ""))


def landed(data: dict[str, Any]) -> Landed:
    """A landed cost from a form."""
    return Landed(data["kind"], data["amount"], data["spread_by"], data["reference"])
