"""Forms behind the buttons of the back office: few fields, dressed like the rest of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold import widgets

# Most special first: the first match decides.
DRESS: tuple[tuple[type[forms.Widget], type[forms.Widget]], ...] = (
    (forms.CheckboxSelectMultiple, widgets.UnfoldAdminCheckboxSelectMultipleWidget),
    (forms.RadioSelect, widgets.UnfoldAdminRadioSelectWidget),
    (forms.SelectMultiple, widgets.UnfoldAdminSelectMultipleWidget),
    (forms.Select, widgets.UnfoldAdminSelectWidget),
    (forms.CheckboxInput, widgets.UnfoldBooleanWidget),
    (forms.Textarea, widgets.UnfoldAdminTextareaWidget),
    (forms.EmailInput, widgets.UnfoldAdminEmailInputWidget),
    (forms.URLInput, widgets.UnfoldAdminURLInputWidget),
    (forms.ClearableFileInput, widgets.UnfoldAdminFileFieldWidget),
    (forms.DateTimeInput, widgets.UnfoldAdminTextInputWidget),
    (forms.DateInput, widgets.UnfoldAdminSingleDateWidget),
    (forms.TimeInput, widgets.UnfoldAdminSingleTimeWidget),
    (forms.NumberInput, widgets.UnfoldAdminDecimalFieldWidget),
    (forms.TextInput, widgets.UnfoldAdminTextInputWidget),
)


@dataclass(frozen=True, slots=True)
class LineField:
    """What is asked of one line of a document, in a row of a table that is searched and scanned into."""

    sku: str
    name: str
    barcode: str
    most: int  # units
    help: str  # what the row says below its name
    fields: Sequence[forms.BoundField]  # one a column


class ActForm(forms.Form):
    """Input of one act. `self.obj` is the row it is about, or none for a list or a selection."""

    def __init__(self, *args: Any, obj: models.Model | None = None, **kwargs: Any) -> None:
        self.obj = obj
        super().__init__(*args, **kwargs)
        self.setup()
        for field in self.fields.values():
            dress(field)

    def setup(self) -> None:
        """Add or narrow fields by looking at `self.obj`; subclasses say how."""

    @property
    def line_fields(self) -> list[LineField]:
        """Fields that are drawn as one table; subclasses with a field per line say which."""
        return []

    @property
    def line_columns(self) -> Sequence[str]:
        """What stands over the fields of `line_fields`."""
        return ("Units",)

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """The rest, one below the other."""
        apart = {field.name for row in self.line_fields for field in row.fields}
        return [self[name] for name in self.fields if name not in apart]


class Proposing(widgets.UnfoldAdminTextInputWidget):
    """A text that may be chosen from proposals, each with a note, or typed."""

    proposals: Sequence[tuple[str, str]] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The input with its list."""
        field = super().render(
            name, value, {**(attrs or {}), "list": f"{name}-proposals"}, renderer
        )
        rows = format_html_join("", '<option value="{}">{}</option>', self.proposals)
        return format_html('{}<datalist id="{}-proposals">{}</datalist>', field, name, rows)


class ConfirmForm(ActForm):
    """No question but the button."""


class ReasonForm(ActForm):
    """Asks why; the answer stands in the history of what was changed."""

    reason = forms.CharField(
        label="Reason",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept in the history, beside your name. No names or addresses: it is not erased.",
    )


def dress(field: forms.Field) -> None:
    """Swap a plain widget for its counterpart in the theme, keeping choices and attributes."""
    plain = field.widget
    if plain.is_hidden or isinstance(plain, (AutocompleteMixin, Proposing)):
        return
    if type(plain).__module__.startswith("unfold"):
        return
    for kind, dressed in DRESS:
        if isinstance(plain, kind):
            field.widget = _swap(field, plain, dressed)
            return


def _swap(field: forms.Field, plain: forms.Widget, dressed: type[forms.Widget]) -> forms.Widget:
    attrs = {name: value for name, value in plain.attrs.items() if name not in {"class", "cols"}}
    if isinstance(plain, forms.DateTimeInput):
        attrs["type"] = plain.input_type  # which Django keeps apart from the attributes
    choices = getattr(field, "choices", None)
    widget = dressed(attrs=attrs) if choices is None else dressed(attrs=attrs, choices=choices)  # type: ignore[call-arg]
    widget.is_required = plain.is_required
    return widget
