"""What a reader of reports may ask for."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from oms.admin import ActForm
from reporting.enums import ExportFormat
from reporting.queries import LENGTHS, LOT_SORTS, METHODS, SORTS, WITHIN

DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A period and what is to be seen of it."""

    days: int
    currency: str
    channel: str
    sort: str


class PeriodForm(forms.Form):
    """Choices in the address of a report; what is not understood falls back to the usual."""

    days = forms.TypedChoiceField(
        choices=[(days, days) for days in LENGTHS], coerce=int, required=False
    )
    currency = forms.CharField(max_length=3, required=False)
    channel = forms.CharField(max_length=40, required=False)
    sort = forms.ChoiceField(choices=[(sort, sort) for sort in SORTS], required=False)

    def asked(self) -> Asked:
        """What was asked for, complete."""
        self.is_valid()
        found = self.cleaned_data
        return Asked(
            days=found.get("days") or DEFAULT_DAYS,
            currency=found.get("currency", ""),
            channel=found.get("channel", ""),
            sort=found.get("sort") or SORTS[0],
        )


class LotsForm(forms.Form):
    """Which lots are shown, and by whose demand they are judged."""

    days = forms.TypedChoiceField(
        choices=[(days, days) for days in LENGTHS], coerce=int, required=False
    )
    within = forms.TypedChoiceField(
        choices=[(days, days) for days in WITHIN], coerce=int, required=False
    )
    sort = forms.ChoiceField(choices=[(sort, sort) for sort in LOT_SORTS], required=False)

    def asked(self) -> tuple[int, int | None, str]:
        """Days of demand, days until expiry or none, and the order of rows."""
        self.is_valid()
        found = self.cleaned_data
        return (
            found.get("days") or DEFAULT_DAYS,
            found.get("within") or None,
            found.get("sort") or LOT_SORTS[0],
        )


class FileForm(ActForm):
    """Which form of file."""

    form = forms.ChoiceField(
        label="File",
        choices=ExportFormat.choices,
        initial=ExportFormat.XLSX,
        widget=forms.RadioSelect,
    )


class ExportForm(FileForm):
    """Which rows of a list, in which form of file."""

    content = forms.ChoiceField(label="Rows", widget=forms.RadioSelect)
    field_order = ("content", "form")

    def __init__(self, *args: object, contents: list[tuple[str, str]], **kwargs: object) -> None:
        self.contents = contents
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def setup(self) -> None:
        """Offer what this list can be exported as."""
        content = self.fields["content"]
        content.choices = self.contents  # type: ignore[attr-defined]
        content.initial = self.contents[0][0]


class LedgerForm(FileForm):
    """Which days, both included, in which form of file."""

    first = forms.DateField(label="From")
    last = forms.DateField(label="To")
    field_order = ("first", "last", "form")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("first", "last"):  # the browser's own calendar, in the reader's own format
            widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
            self.fields[name].widget = widget

    def clean(self) -> dict[str, Any]:
        """The period ends after it begins."""
        found = super().clean() or {}
        if found.get("first") and found.get("last") and found["first"] > found["last"]:
            self.add_error("last", "The last day comes before the first.")
        return found


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": "oms-input"}, format="%Y-%m-%d")


class ValuationForm(forms.Form):
    """Which day, by which method; the usual where that is not understood."""

    on = forms.DateField(label="End of", required=False, widget=DayInput)
    method = forms.ChoiceField(
        label="by",
        required=False,
        choices=[("fifo", "First in, first out"), ("average", "Moving average")],
        widget=forms.Select(attrs={"class": "oms-input"}),
    )

    def asked(self, today: date) -> tuple[date, str]:
        """The day and the method."""
        if self.is_bound and self.is_valid():
            return self.cleaned_data["on"] or today, self.cleaned_data["method"] or METHODS[0]
        return today, METHODS[0]


class ValuationFileForm(forms.Form):
    """Which day, in which form of file."""

    on = forms.DateField(required=False)
    form = forms.ChoiceField(choices=ExportFormat.choices, required=False)

    def day(self, today: date) -> date:
        """The day; today where none is understood."""
        self.is_valid()
        return self.cleaned_data.get("on") or today

    def kind(self) -> str:
        """The form of file; Excel where none is understood."""
        self.is_valid()
        return self.cleaned_data.get("form") or ExportFormat.XLSX.value
