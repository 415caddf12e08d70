"""A segment as a form; its condition is edited by the page, as data in a hidden field."""

from typing import Any

from django import forms
from django.http import QueryDict

from customers.models import SegmentVersion
from customers.operations.segments import LONGEST_NAME
from customers.queries.population import VOCABULARY
from oms.admin.forms import dress
from oms.condition_form import ALWAYS, ConditionsField
from oms.conditions import check


class SegmentForm(forms.Form):
    """What it is called, and whom it is for."""

    name = forms.CharField(
        max_length=LONGEST_NAME, help_text="Such as Regulars, or Not seen for half a year."
    )
    conditions = ConditionsField(VOCABULARY)
    note = forms.CharField(max_length=300, required=False, label="Note for this version")
    newest = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None = None, *, version: SegmentVersion | None) -> None:
        super().__init__(data, initial=_initial(version) if version else {})
        for field in self.fields.values():
            dress(field)

    def clean(self) -> dict[str, Any]:
        """Every mistake of the condition."""
        data = super().clean() or self.cleaned_data
        for mistake in check(data.get("conditions", ALWAYS), VOCABULARY):
            self.add_error(None, mistake)
        return data


def _initial(version: SegmentVersion) -> dict[str, Any]:
    return {
        "name": version.segment.name,
        "conditions": version.conditions,
        "newest": version.number,
    }
