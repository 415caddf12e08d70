"""Input of the buttons of work and shipments; validation only."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from fulfillment.enums import RejectReason, ShipmentStatus
from fulfillment.models import FulfillmentOrder
from fulfillment.queries import (
    carrier_services,
    carriers,
    lots_to_pack,
    tracking_looks_odd,
    usual_carrier,
)
from inventory.forms.lots import LotsField, by_lot
from oms import words
from oms.admin import ActForm, LineField, Proposing
from oms.words import sentence_case
from orders import queries as orders
from orders.enums import CancelReason

SUGGESTED = 12  # lots that a form names
CLOSED = {ShipmentStatus.SHIPPED}


def choices(enum: Any) -> list[tuple[str, str]]:
    """Choices of an enumeration, as people read them."""
    return [(value, sentence_case(label)) for value, label in enum.choices]


class RejectForm(ActForm):
    """Why the location cannot supply, and how many units of which line, or that it is all of them."""

    everything = forms.BooleanField(label="All that is not packed", required=False)
    reason = forms.ChoiceField(
        choices=[("", "Choose why"), *choices(RejectReason)],
        help_text="Not in stock leaves none here, mismatch takes the missing units off, damaged books "
        "them as damaged; the others leave the stock figure as it is.",
    )
    note = forms.CharField(required=False, max_length=300)

    def setup(self) -> None:
        """One number per line that has unpacked units."""
        known = isinstance(self.obj, FulfillmentOrder)
        rows = self.obj.lines.select_related("order_line__product") if known else ()
        self._open = {row: row.due - row.packed for row in rows if row.due > row.packed}
        for row, units in self._open.items():
            self.fields[f"line_{row.pk}"] = forms.IntegerField(
                label=f"{row.order_line.sku} {row.order_line.name}",
                min_value=0,
                max_value=units,
                required=False,
            )

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line, with how many of its units are picked already."""
        return [
            LineField(
                row.order_line.sku,
                row.order_line.name,
                row.order_line.product.barcode if row.order_line.product else "",
                units,
                f"{row.picked - row.packed} picked",
                [self[f"line_{row.pk}"]],
            )
            for row, units in self._open.items()
        ]

    @property
    def line_columns(self) -> Sequence[str]:
        """These are not there."""
        return ("Units missing",)

    def clean(self) -> dict[str, Any]:
        """`quantities` by line id; none if everything is given up.

        Lines that fell away since the page was shown are refused: the rest is not what was meant.
        """
        data = super().clean() or {}
        if any(name.startswith("line_") and name not in self.fields for name in self.data):
            raise ValidationError("The lines changed meanwhile; look again.", code="changed")
        named = units_in(data)
        if bool(named) == bool(data.get("everything")) and not self.errors:
            raise ValidationError(
                "Say how many units of which line, or tick all that is not packed.", code="unclear"
            )
        data["quantities"] = named or None
        return data


class RecallForm(ActForm):
    """Why work is taken back."""

    reason = forms.CharField(max_length=200)


class CancelOrderForm(ActForm):
    """Why an order in work is cancelled."""

    reason = forms.ChoiceField(choices=choices(CancelReason))
    note = forms.CharField(required=False, max_length=300)


class ShipForm(ActForm):
    """Who takes the parcels."""

    carrier = forms.ChoiceField()
    tracking_number = forms.CharField(required=False, max_length=80)
    as_typed = forms.BooleanField(required=False, label="The number is right as it is")
    service = forms.CharField(
        label="Shipping method",
        required=False,
        max_length=60,
        widget=Proposing,
        help_text="The carrier's service, such as Tracked 48.",
    )

    def setup(self) -> None:
        """Active carriers; the order's is chosen, else the last one to its country, else none.

        So is its service; and what the buyer paid for is said.
        """
        known = carriers()
        self.fields["service"].widget.proposals = carrier_services()  # type: ignore[attr-defined]
        self.fields["carrier"].choices = [("", "Choose a carrier"), *known]  # type: ignore[attr-defined]
        if self.obj is not None:
            wished, service = orders.carrier_wished(self.obj.order_id)  # type: ignore[attr-defined]
            usual, its_service = (wished, service) if wished else usual_carrier(self.obj)  # type: ignore[arg-type]
            here = usual in dict(known)
            self.fields["carrier"].initial = usual if here else ""
            self.fields["service"].initial = its_service if here else ""
            if method := orders.method_chosen(self.obj.order_id):  # type: ignore[attr-defined]
                self.fields["service"].help_text = f"The buyer chose {method}."
        if not self.is_bound:
            del self.fields["as_typed"]

    def clean(self) -> dict[str, Any]:
        """A number that does not look like one of the carrier is asked about once, not refused."""
        data = super().clean() or {}
        sure = data.pop("as_typed", False)
        name = tracking_looks_odd(data.get("carrier", ""), data.get("tracking_number", ""))
        if name and not sure:
            said = f"{name} has other numbers than this. Look again, or say below that it is right."
            self.add_error("tracking_number", said)
        elif not sure:
            del self.fields["as_typed"]
        return data


class CollectForm(ActForm):
    """Who stands at the counter."""

    collected_by = forms.CharField(
        max_length=120,
        label="Collected by",
        help_text="The name of who came; ask for the order number or a document.",
    )


class PackForm(ActForm):
    """One parcel: its weight, and how many of each picked line go in."""

    weight_g = forms.IntegerField(label="Weight (g)", min_value=1, max_value=1_000_000)

    def setup(self) -> None:
        """One field per line with picked units; all of them by default, and their lots."""
        lines = packable(self.obj)
        self._weigh(lines)
        tracked = [line for line in lines if line.picked_lots.all()]
        suggested = lots_to_pack(tracked) if tracked else {}
        for line in lines:
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.order_line.stock_sku} {line.order_line.name}"[:80],
                min_value=0,
                max_value=line.to_pack,
                initial=line.to_pack,
                help_text=f"{line.to_pack} picked",
            )
            if line.pk in suggested:
                self.fields[f"lots_{line.pk}"] = LotsField(
                    label=f"{line.order_line.stock_sku}: lots or serial numbers",
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
                    help_text=f"Scan one after the other. Empty: {_said(suggested[line.pk])}.",
                )

    def _weigh(self, lines: list[Any]) -> None:
        """Propose what the products weigh; whoever has scales writes what these say."""
        weights = [line.order_line.product.weight_g * line.to_pack for line in lines]
        field, silent = self.fields["weight_g"], weights.count(0)
        field.initial = sum(weights) or None
        if field.initial:
            field.help_text = "What the products weigh, without the box."
        if silent:
            unknown = f"{words.count(silent, 'product')} without a weight."
            field.help_text = f"{field.help_text} {unknown}".strip()

    def clean(self) -> dict[str, Any]:
        """What was scanned makes up the units; nothing scanned means what is suggested."""
        data = super().clean() or {}
        for name in [name for name in data if name.startswith("lots_")]:
            units = data.get(f"line_{name.removeprefix('lots_')}") or 0
            if data[name] and units:
                try:
                    data[name] = list(by_lot(data[name], units).units.items())
                except ValidationError as error:
                    self.add_error(name, error)
        return data


class TrackForm(ActForm):
    """What a carrier or a buyer said."""

    status = forms.ChoiceField(
        choices=[row for row in choices(ShipmentStatus) if row[0] not in CLOSED]
    )
    place = forms.CharField(required=False, max_length=120)


def units_in(data: dict[str, Any]) -> dict[int, int]:
    """Quantities by line id from fields named line_ID; zeros left out."""
    return {
        int(name.removeprefix("line_")): quantity
        for name, quantity in data.items()
        if name.startswith("line_") and quantity
    }


def packable(document: Any) -> list[Any]:
    """Lines of a fulfilment order with picked units that are in no parcel."""
    if document is None:
        return []
    rows = document.lines.select_related("order_line__product").prefetch_related("picked_lots__lot")
    rows = rows.order_by("order_line__position")
    return [line for line in rows if line.to_pack]


def lots_in(data: dict[str, Any]) -> dict[int, list[tuple[str, int]]]:
    """Scanned lots with their units by line id from fields named lots_ID; none left out."""
    return {
        int(name.removeprefix("lots_")): lots
        for name, lots in data.items()
        if name.startswith("lots_") and lots
    }


def _said(lots: list[tuple[str, int]]) -> str:
    """What would be packed, first expired first."""
    shown = ", ".join(f"{code} × {units}" for code, units in lots[:SUGGESTED])
    return f"{shown} and {len(lots) - SUGGESTED} more" if len(lots) > SUGGESTED else shown
