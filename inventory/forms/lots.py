"""Forms behind the buttons of lots and of a product's tracking."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F

from inventory.enums import MovementKind, Tracking
from inventory.models import LotStock, Product, ReasonCode, StockLevel
from inventory.operations import ByLot
from oms import words
from oms.admin import ActForm

SHOWN = 8  # lots that a form names
Named = list[tuple[str, int | None]]


class LotsField(forms.CharField):
    """Lots or serial numbers with their units, as A1=2, A2: scanned, typed or pasted."""

    def clean(self, value: Any) -> Named:
        """(code, units) of each; no units where none are written."""
        text = super().clean(value).replace("\n", ",").replace(";", ",")
        found: Named = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            code, equals, units = (piece.strip() for piece in part.partition("="))
            if not code or (equals and not (units.isascii() and units.isdigit() and int(units))):
                raise ValidationError("Write CODE or CODE=2, with commas between.", code="lots")
            found.append((code[:64], int(units) if equals else None))
        return found


def by_lot(named: Named, quantity: int, **more: Any) -> ByLot:
    """So many units by lot; a single code has all of them. Raises ValidationError."""
    if len(named) == 1 and named[0][1] is None:
        return ByLot({named[0][0]: quantity}, **more)
    units: dict[str, int] = {}
    for code, count in named:
        units[code] = units.get(code, 0) + (count or 1)
    if (total := sum(units.values())) != abs(quantity):
        message = f"These lots make up {words.count(total, 'unit')}, not {abs(quantity)}."
        raise ValidationError(message, code="lots")
    sign = -1 if quantity < 0 else 1
    return ByLot({code: sign * count for code, count in units.items()}, **more)


def lots_field(product: Product, level: StockLevel | None) -> LotsField:
    """Asks for lots of a tracked product, and says which lie there."""
    is_serial = product.tracking == Tracking.SERIAL
    return LotsField(
        label="Serial numbers" if is_serial else "Lots",
        help_text="With commas between." if is_serial else _here(product, level),
    )


def _here(product: Product, level: StockLevel | None) -> str:
    how = "One lot, or A1=2, A2=3."
    rows = LotStock.objects.filter(lot__product=product, quantity__gt=0)
    if level is not None:
        rows = rows.filter(level=level)
    rows = rows.select_related("lot", "level__location")
    found = list(rows.order_by(F("lot__expires_on").asc(nulls_last=True), "lot_id")[: SHOWN + 1])
    if not found:
        return how
    told = ", ".join(_told(row, level) for row in found[:SHOWN])
    return f"{how} Here: {told}{' and more' if len(found) > SHOWN else ''}."


def _told(row: LotStock, level: StockLevel | None) -> str:
    facts = [f"{row.quantity} {row.get_condition_display().lower()}"]
    if level is None:
        facts.append(f"at {row.level.location.code}")
    if row.lot.expires_on:
        facts.append(f"until {row.lot.expires_on.day} {row.lot.expires_on:%b %Y}")
    return f"{row.lot.code} ({', '.join(facts)})"


class LotReasonForm(ActForm):
    """A reason code that fits, and own words."""

    kind: ClassVar[str] = ""
    reason_code = forms.ChoiceField(label="Reason")
    words = forms.CharField(
        label="In your words", required=False, max_length=200, help_text="Who said so, and what."
    )

    def setup(self) -> None:
        """The codes for this kind of movement."""
        rows = [row for row in ReasonCode.objects.all() if row.fits(self.kind)]
        self.fields["reason_code"].choices = [(row.code, row.name) for row in rows]  # type: ignore[attr-defined]


class HoldLotForm(LotReasonForm):
    """Why a lot may not leave."""

    kind = MovementKind.QUARANTINED


class ReleaseLotForm(LotReasonForm):
    """Why it may."""

    kind = MovementKind.RESTORED


class TrackingForm(ActForm):
    """How closely units are told apart."""

    tracking = forms.ChoiceField(
        choices=[
            (Tracking.NONE, "By quantity alone"),
            (Tracking.LOT, "By lot, with an expiry date where there is one"),
            (Tracking.SERIAL, "By serial number: every unit by its own"),
        ]
    )
