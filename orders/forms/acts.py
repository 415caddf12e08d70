"""Forms behind the buttons of orders, payments and refunds."""

import pycountry
from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils import timezone
from unfold.widgets import UnfoldAdminSplitDateTimeVerticalWidget

from oms.admin import ActForm, LineField, ReasonForm
from orders.enums import GIVEN_REASONS, RECORDED, HoldKind, PaymentMethod
from orders.models import Hold, Order, OrderLine, Payment
from orders.operations.tagging import LONGEST as LONGEST_TAG
from orders.queries.hold_types import offered_hold_types
from orders.queries.intake import waiting_for_shipping, waiting_for_sku

COUNTED = 100  # orders that wait for the same
PRICES_TOLD = 10
COUNTRIES = sorted(((c.alpha_2, c.name) for c in pycountry.countries), key=lambda pair: pair[1])
OWNERS = ["", "Operations", "Warehouse", "Finance", "Support"]


class AmountField(forms.DecimalField):
    """Money above nothing, to four decimals as stored."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**{"min_value": 0, "max_digits": 18, "decimal_places": 4} | kwargs)  # type: ignore[arg-type]


class HoldForm(ActForm):
    """Why an order must wait, who looks after it, and until when."""

    kind = forms.ChoiceField(label="Type", choices=offered_hold_types, initial=HoldKind.OTHER)
    reason = forms.CharField(
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence for whoever looks next. No names or addresses: it is not erased.",
    )
    owner = forms.ChoiceField(
        label="Looked after by", choices=[(o, o or "Nobody yet") for o in OWNERS], required=False
    )
    due_at = forms.SplitDateTimeField(
        label="Look again by", required=False, widget=UnfoldAdminSplitDateTimeVerticalWidget
    )

    def clean_due_at(self) -> object:
        """A due time lies ahead."""
        due_at = self.cleaned_data["due_at"]
        if due_at and due_at <= timezone.now():
            raise forms.ValidationError("This time has passed.", code="past")
        return due_at


class TagForm(ActForm):
    """Words by which people and rules find orders again."""

    tags = forms.CharField(
        max_length=400, help_text="One or several, with commas between them, such as vip, gift."
    )

    def clean_tags(self) -> list[str]:
        """The words, each once; long ones are refused here and not row by row."""
        words = [word.strip() for word in self.cleaned_data["tags"].split(",")]
        found = list(dict.fromkeys(word for word in words if word))
        if not found or any(len(word) > LONGEST_TAG for word in found):
            message = f"A tag has 1 to {LONGEST_TAG} characters."
            raise forms.ValidationError(message, code="length")
        return found


class CancelForm(ActForm):
    """Why an order is cancelled."""

    reason = forms.ChoiceField(choices=[(reason.value, reason.label) for reason in GIVEN_REASONS])
    note = forms.CharField(
        max_length=300, required=False, help_text="Kept with the cancellation. No personal data."
    )


class CancelLinesForm(CancelForm):
    """How many units of each line are cancelled; only what no location works on."""

    def setup(self) -> None:
        """One number per line that has something to cancel."""
        rows = self.obj.lines.select_related("product") if isinstance(self.obj, Order) else None
        lines = rows.order_by("position") if rows is not None else ()
        self._free = {line: free for line in lines if (free := line.due - line.released)}
        for line, free in self._free.items():
            self.fields[f"line_{line.pk}"] = forms.IntegerField(
                label=f"{line.sku} {line.name}", min_value=0, max_value=free, required=False
            )

    @property
    def line_fields(self) -> list[LineField]:
        """A row per line, with how many of its units are reserved."""
        return [
            LineField(
                line.sku,
                line.name,
                line.product.barcode if line.product else "",
                free,
                f"{line.allocated - line.released} reserved",
                [self[f"line_{line.pk}"]],
            )
            for line, free in self._free.items()
        ]

    def clean(self) -> dict[str, object]:
        """At least one unit of at least one line; `quantities` by line id."""
        data = super().clean() or {}
        data["quantities"] = {
            int(name.removeprefix("line_")): value
            for name, value in data.items()
            if name.startswith("line_") and value
        }
        if not data["quantities"] and not self.errors:
            raise forms.ValidationError("Say how many units of which line.", code="nothing")
        return data


class AcceptPricesForm(ReasonForm):
    """Why another price than the list's is right, and whether it is in later orders, too."""

    field_order = ("remember", "reason")
    remember = forms.BooleanField(
        label="Remember for this channel",
        required=False,
        initial=True,
        help_text="Later orders that state these prices do not wait; those that wait go on at once.",
    )

    def setup(self) -> None:
        """Say which prices these are."""
        rows = self.obj.details.get("lines", ()) if isinstance(self.obj, Hold) else ()
        told = [f"{row['sku']} at {row['stated']}, listed at {row['listed']}" for row in rows]
        more = f" and {len(told) - PRICES_TOLD} more" if len(told) > PRICES_TOLD else ""
        said = f"{'; '.join(told[:PRICES_TOLD])}{more}. " if told else ""
        self.fields["remember"].help_text = said + str(self.fields["remember"].help_text)


class UnknownLineField(forms.ModelChoiceField):
    """Lines by what the channel sent, with how many other orders wait for the same."""

    def label_from_instance(self, line: OrderLine) -> str:
        """The SKU, and what remembering it would set free."""
        waiting = waiting_for_sku(line.order.channel_id, line.sku).exclude(order=line.order_id)
        others = len(waiting[:COUNTED])
        if not others:
            return str(line)
        said = f"{others}{'+' if others == COUNTED else ''} other orders wait"
        return f"{line} – {'1 other order waits' if others == 1 else said} for it"


class SolveSkuForm(ActForm):
    """Which product an unknown SKU stands for."""

    def setup(self) -> None:
        """The unknown SKUs of the order, and a search for the product."""
        lines = OrderLine.objects.filter(order=self.obj, product=None).order_by("position")
        link = OrderLine._meta.get_field("product")  # noqa: SLF001 (documented)
        self.fields["line"] = UnknownLineField(
            lines, label="Unknown SKU", initial=lines.first(), empty_label=None
        )
        self.fields["product"] = forms.ModelChoiceField(
            link.related_model._default_manager.all(),  # noqa: SLF001
            label="Product",
            widget=AutocompleteSelect(link, site, attrs={"data-theme": "admin-autocomplete"}),
        )
        self.fields["remember"] = forms.BooleanField(
            label="Remember for this channel",
            required=False,
            initial=True,
            help_text="Later orders with this SKU are understood; those that wait go on at once.",
        )


class NameShippingForm(ActForm):
    """Which of our methods the channel's words for shipping mean."""

    method = forms.CharField(
        label="Our method",
        max_length=40,
        help_text="As routing rules ask for it, such as express. Later orders in these words are "
        "understood; those that wait go on at once.",
    )

    def setup(self) -> None:
        """Say the words, and offer what other words were named."""
        rows = Hold.objects.filter(order=self.obj, type__code=HoldKind.UNKNOWN_SHIPPING)
        if (hold := rows.filter(lifted_at=None).first()) is not None:
            waiting = waiting_for_shipping(hold.order.channel_id, hold.details["words"])
            others = len(waiting.exclude(pk=hold.pk)[:COUNTED])
            more = f"{others}{'+' if others == COUNTED else ''} other" if others else "No other"
            said = f"{hold.reason}. {more} order{'' if others == 1 else 's'} waiting for it. "
            field = self.fields["method"]
            field.help_text = said + str(field.help_text)


class AddressForm(ReasonForm):
    """A shipping address, whole."""

    field_order = (
        "name",
        "line1",
        "line2",
        "postcode",
        "city",
        "region",
        "country",
        "remember",
        "reason",
    )
    name = forms.CharField(max_length=200)
    line1 = forms.CharField(label="Street and number", max_length=200)
    line2 = forms.CharField(label="More of the address", max_length=200, required=False)
    postcode = forms.CharField(max_length=20, required=False)
    city = forms.CharField(max_length=100)
    region = forms.CharField(label="Region or state", max_length=100, required=False)
    country = forms.ChoiceField(choices=COUNTRIES)
    remember = forms.BooleanField(
        label="Remember the country for this channel",
        required=False,
        help_text="Where the channel wrote the country in its own words: later orders are "
        "understood, and those that wait for it go on. Not if a person's name stands there.",
    )


class PaymentForm(ActForm):
    """Money that came in."""

    method = forms.ChoiceField(
        choices=[(method.value, method.label) for method in RECORDED],
        initial=PaymentMethod.BANK_TRANSFER,
    )
    amount = AmountField()
    reference = forms.CharField(
        max_length=120,
        required=False,
        help_text="The bank's or gateway's. The same reference is not recorded twice.",
    )


class CaptureForm(ActForm):
    """How much of an authorised or promised payment is taken."""

    amount = AmountField()
    reference = forms.CharField(max_length=120, required=False)


class GrantRefundForm(ReasonForm):
    """Money that goes back."""

    field_order = ("amount", "reason")
    amount = AmountField()


class PayRefundForm(ActForm):
    """Through which payment granted money went back."""

    def setup(self) -> None:
        """The payments of the order that money came in by."""
        order = getattr(self.obj, "order_id", None)
        self.fields["payment"] = forms.ModelChoiceField(
            Payment.objects.filter(
                order=order, transactions__kind__in=["capture", "moved_in"]
            ).distinct(),
            empty_label=None,
        )
        self.fields["amount"] = AmountField(
            initial=self.initial.get("amount"), help_text="At most what was granted and not paid."
        )
        self.fields["reference"] = forms.CharField(max_length=120, required=False)
