"""Forms behind the buttons of stock levels and products."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from inventory.enums import MovementKind, StockCondition, Tracking
from inventory.forms.lots import by_lot, lots_field
from inventory.forms.moments import moment_field
from inventory.forms.supply import PlaceField
from inventory.models import Location, Product, ReasonCode, StockLevel
from oms.admin import ActForm

CHOOSE = ("", "Choose a reason")


class ReasonField(forms.ChoiceField):
    """A reason code; its value is the code. Nothing is chosen beforehand."""

    def __init__(self, **kwargs: Any) -> None:
        """The form that shows it says which codes it offers."""
        super().__init__(label="Reason", **kwargs)


def _reasons(kind: str) -> list[tuple[str, str]]:
    fitting = [(row.code, row.name) for row in ReasonCode.objects.all() if row.fits(kind)]
    return fitting if len(fitting) == 1 else [CHOOSE, *fitting]


ORDER = ("location", "condition", "quantity", "lots", "expires_on", "reason_code", "reason")


class StockedPlaceField(PlaceField):
    """A location with what it has of a product; chosen beforehand where there is but one."""

    def __init__(self, product: Product) -> None:
        """Every active location."""
        places = Location.objects.filter(is_active=True).order_by("priority", "code")
        levels = StockLevel.objects.filter(product=product, location__is_active=True)
        self.on_hand = dict(levels.values_list("location", "on_hand"))
        super().__init__(places, empty_label="Choose a location")
        if len(self.on_hand) == 1:
            self.initial = next(iter(self.on_hand))

    def label_from_instance(self, place: Any) -> str:
        """Its name, and how many a picker can count there."""
        name = super().label_from_instance(place)
        return f"{name}: {self.on_hand[place.pk]:,} on hand" if place.pk in self.on_hand else name


class PlaceForm(ActForm):
    """Asks for the location when the page is a product's; a stock level has one."""

    def setup(self) -> None:
        """Put the location first, or say what is at the level."""
        if isinstance(self.obj, Product):
            self.fields["location"] = StockedPlaceField(self.obj)
        elif isinstance(self.obj, StockLevel) and "quantity" in self.fields:
            field = self.fields["quantity"]
            field.help_text = f"{field.help_text} {_figures(self.obj)}".strip()
        self.order_fields(ORDER)


def _figures(level: StockLevel) -> str:
    apart = [("in quarantine", level.quarantined), ("damaged", level.damaged)]
    said = [f"{level.on_hand:,} on hand", f"{level.reserved:,} reserved"]
    said += [f"{units:,} {what}" for what, units in apart if units]
    return f"There are {', '.join(said)}."


class MovingForm(PlaceForm):
    """Asks which lots or serial numbers move, where the product is tracked."""

    def setup(self) -> None:
        """A field for them, with those that lie there."""
        level = self.obj if isinstance(self.obj, StockLevel) else None
        product = level.product if level else self.obj
        if isinstance(product, Product) and product.tracking != Tracking.NONE:
            self.fields["lots"] = lots_field(product, level)
        super().setup()

    def clean(self) -> dict[str, Any]:
        """The quantity by lot, where lots are asked for."""
        data = super().clean() or {}
        named, quantity = data.pop("lots", None), data.get("quantity")
        if named and quantity:
            try:
                data["quantity"] = by_lot(named, quantity, **self.printed(data))
            except ValidationError as error:
                self.add_error("lots", error)
        return data

    def printed(self, _data: dict[str, Any]) -> dict[str, Any]:
        """What the label says besides the code."""
        return {}


class ReceiveForm(MovingForm):
    """Units from a supplier."""

    quantity = forms.IntegerField(min_value=1, max_value=10_000_000)
    reference = forms.CharField(
        max_length=80, required=False, help_text="Delivery note or purchase order."
    )
    unit_cost = forms.DecimalField(
        min_value=0, max_digits=18, decimal_places=4, required=False, help_text="Empty: unknown."
    )

    def setup(self) -> None:
        """A lot that comes in has a date."""
        super().setup()
        if "lots" in self.fields:
            self.fields["expires_on"] = forms.DateField(
                required=False, label="Expires", help_text="As on the label; the last day."
            )
            self.order_fields(ORDER)

    def printed(self, data: dict[str, Any]) -> dict[str, Any]:
        """The date of expiry."""
        return {"expires_on": data.pop("expires_on", None)}


class WhyForm(MovingForm):
    """Asks for a reason code and for own words; `kind` decides which codes are offered."""

    kind = MovementKind.ADJUSTED
    reason_code = ReasonField()
    reason = forms.CharField(
        label="In your words",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="An auditor will read it.",
    )

    def setup(self) -> None:
        """Offer the active reasons for this kind of movement."""
        super().setup()
        self.fields["reason_code"].choices = _reasons(self.kind)  # type: ignore[attr-defined]


class UnitsForm(WhyForm):
    """So many units, and why."""

    quantity = forms.IntegerField(min_value=1, max_value=10_000_000)


class QuarantineForm(UnitsForm):
    """Good units to set apart."""

    kind = MovementKind.QUARANTINED


class RestoreForm(UnitsForm):
    """Quarantined units that are good."""

    kind = MovementKind.RESTORED


class DamageForm(UnitsForm):
    """Units that are found damaged."""

    kind = MovementKind.DAMAGED
    condition = forms.ChoiceField(
        label="They were",
        choices=[
            (StockCondition.AVAILABLE, "On hand, as good stock"),
            (StockCondition.QUARANTINED, "In quarantine"),
        ],
    )


class WriteOffForm(UnitsForm):
    """Units that are gone for good."""

    kind = MovementKind.SCRAPPED
    condition = forms.ChoiceField(
        label="They were",
        choices=[
            (StockCondition.DAMAGED, "Damaged"),
            (StockCondition.QUARANTINED, "In quarantine"),
            (StockCondition.AVAILABLE, "On hand, as good stock"),
        ],
    )


class CorrectForm(WhyForm):
    """Why a movement was wrong."""

    kind = MovementKind.CORRECTED


class AdjustForm(WhyForm):
    """A correction by a signed quantity."""

    quantity = forms.IntegerField(
        label="Change", help_text="Minus takes away: -3. Reserved units cannot be taken."
    )
    effective_at = moment_field(
        "Since when", "If it was so before today (UTC). The movement is dated now all the same."
    )

    def clean_quantity(self) -> int:
        """A change changes something."""
        quantity: int = self.cleaned_data["quantity"]
        if not quantity:
            raise forms.ValidationError("Nothing would change.", code="zero")
        return quantity


class SafetyStockForm(PlaceForm):
    """How much is never promised."""

    quantity = forms.IntegerField(label="Safety stock", min_value=0)
