"""Input of the buttons of claims; validation only."""

from decimal import Decimal
from typing import Any

from django import forms

from fulfillment.enums import ClaimEntryKind, ClaimRemedy
from fulfillment.forms.work import units_in
from fulfillment.queries.claims import claimable_kinds, unclaimed
from oms import words
from oms.admin import ActForm, LineField
from oms.money import ZERO, quantize
from orders.queries.totals import share


class OpenClaimForm(ActForm):
    """What the carrier did, to which units, what is claimed, and what the buyer gets."""

    kind = forms.ChoiceField(label="What happened")
    parcel = forms.ChoiceField(required=False)
    amount = forms.DecimalField(max_digits=14, decimal_places=4, min_value=0)
    evidence = forms.CharField(
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What the carrier is told: last scan, state of the box, what the buyer saw. "
        "No names or addresses.",
    )
    remedy = forms.ChoiceField(
        label="The buyer gets",
        choices=ClaimRemedy.choices,
        help_text="At once, whatever the carrier says. A replacement is reserved now.",
    )
    waiver = forms.CharField(
        label="Why the policy is waived",
        required=False,
        max_length=200,
        help_text="Needed to refund damaged goods above what the return policy lets buyers keep.",
    )

    def setup(self) -> None:
        """Kinds that are possible now, the units that no claim is about, and what they are worth."""
        self._free: dict[Any, int] = {}
        if self.obj is None:
            return
        shipment: Any = self.obj
        kinds, parcels = claimable_kinds(shipment), list(shipment.parcels.order_by("position"))
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        self.fields["parcel"].choices = [  # type: ignore[attr-defined]
            ("", "All of the shipment"), *((str(row.pk), str(row)) for row in parcels),
        ]  # fmt: skip
        if len(parcels) < 2:  # noqa: PLR2004 (nothing to choose from)
            del self.fields["parcel"]
        worth = self._ask_units(shipment)
        currency = shipment.order.currency
        self.fields["amount"].label = f"Amount claimed ({currency})"
        self.fields["amount"].initial = quantize(worth, currency)
        self.order_fields(["kind", "parcel", "amount", "evidence", "remedy"])

    def clean(self) -> dict[str, Any]:
        """Units by order line; none where only time is claimed."""
        data = super().clean() or {}
        late = data.get("kind") == "late"
        data["units"] = {} if late else {pk: units for pk, units in units_in(data).items() if units}
        if not late and not data["units"]:
            self.add_error(None, "Say how many units it is about.")
        return data

    def _ask_units(self, shipment: Any) -> Decimal:
        free, worth = unclaimed(shipment), ZERO
        rows = shipment.order.lines.filter(pk__in=free).select_related("product")
        self._free = {line: free[line.pk] for line in rows.order_by("position")}
        for line, units in self._free.items():
            worth += share(line.total, units, line.quantity, shipment.order.currency)
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.sku} {line.name}"[:80],
                min_value=0,
                max_value=units,
                initial=units,
                required=False,
            )
        return worth

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line with units that no claim is about."""
        return [
            LineField(
                line.sku,
                line.name,
                line.product.barcode if line.product else "",
                units,
                "in the shipment, and in no claim",
                [self[f"line_{line.pk}"]],
            )
            for line, units in self._free.items()
        ]


class SendClaimForm(ActForm):
    """How the carrier calls it, and what is said beyond."""

    carrier_reference = forms.CharField(label="The carrier's number", required=False, max_length=80)
    evidence = forms.CharField(
        label="More evidence",
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Added to what was said before. No names or addresses.",
    )


class AnswerClaimForm(ActForm):
    """What the carrier accepts."""

    accepted = forms.DecimalField(
        max_digits=14, decimal_places=4, min_value=0, help_text="0: it declines."
    )
    answer = forms.CharField(
        required=False, max_length=300, help_text="What it says. It goes with the buyer."
    )

    def setup(self) -> None:
        """Everything, unless said otherwise."""
        if self.obj is not None:
            claim: Any = self.obj
            self.fields["accepted"].label = f"Accepted ({claim.currency})"
            self.fields["accepted"].initial = quantize(claim.amount, claim.currency)


class BookClaimForm(ActForm):
    """Money that came."""

    amount = forms.DecimalField(max_digits=14, decimal_places=4, min_value=0)
    reference = forms.CharField(
        max_length=80, help_text="Of the payment, as the bank or the carrier names it."
    )

    def setup(self) -> None:
        """What is still owed, unless said otherwise."""
        if self.obj is not None:
            claim: Any = self.obj
            self.fields["amount"].label = f"Received ({claim.currency})"
            self.fields["amount"].initial = quantize(claim.open, claim.currency)


class UndoClaimForm(ActForm):
    """Which entry was a mistake."""

    entry = forms.ChoiceField(label="What is taken back")
    reason = forms.CharField(max_length=200)

    def setup(self) -> None:
        """Receipts that stand; of a claim that is written off, only that."""
        if self.obj is not None:
            claim: Any = self.obj
            kind = ClaimEntryKind.WRITTEN_OFF if claim.written_off else ClaimEntryKind.RECEIVED
            rows = claim.entries.filter(kind=kind, undone_by=None).order_by("pk")
            self.fields["entry"].choices = [  # type: ignore[attr-defined]
                (str(row.pk), f"{words.money(row.amount, claim.currency)} {_said(row)}")
                for row in rows
            ]


def _said(row: Any) -> str:
    return row.reference or f"{row.get_kind_display().lower()}: {row.note}"
