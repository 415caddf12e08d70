"""A type of hold as a form."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.validators import validate_slug
from django.http import QueryDict

from oms.condition_form import ALWAYS, ConditionsField
from oms.conditions import check
from orders.enums import LiftedBy, ReleaseTest
from orders.models import HoldType
from orders.operations import Terms
from orders.queries.rules.vocabulary import AFTERWARDS

NOBODY = [("", "–")]


def _roles() -> list[tuple[str, str]]:
    return [*NOBODY, *((name, name) for name in Group.objects.values_list("name", flat=True))]


class HoldTypeForm(forms.Form):
    """What a type says; its code only when it is new."""

    name = forms.CharField(max_length=60)
    code = forms.CharField(
        max_length=20,
        validators=[validate_slug],
        help_text="What rules and the API name it by; it stays.",
    )
    unblock = forms.CharField(
        label="What would unblock this",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One sentence for whoever looks after the order.",
    )
    owner = forms.ChoiceField(label="Looked after by", choices=_roles, required=False)
    due_hours = forms.IntegerField(
        label="Due after, in hours",
        required=False,
        min_value=1,
        max_value=8_760,
        help_text="Empty: when whoever places it says.",
    )
    escalate_hours = forms.IntegerField(
        label="Escalates, in hours past due",
        required=False,
        min_value=0,
        max_value=8_760,
        help_text="Empty: it does not.",
    )
    escalate_to = forms.ChoiceField(
        label="Escalates to",
        choices=_roles,
        required=False,
        help_text="It becomes theirs, and they get a mail.",
    )
    stops_allocation = forms.BooleanField(
        label="Keeps the order from getting stock",
        required=False,
        help_text="Off: it gets stock while it waits, so that nobody else does.",
    )
    stops_capture = forms.BooleanField(
        label="Keeps authorised money from being taken", required=False
    )
    lifted_by = forms.ChoiceField(label="Who lifts it", choices=LiftedBy)
    needs_person = forms.BooleanField(
        label="Stands among the exceptions",
        required=False,
        help_text="Off: nobody has to look, it only waits for its time.",
    )
    is_active = forms.BooleanField(
        label="Offered", required=False, help_text="Off: no new ones; those that are open stay."
    )
    test = forms.ChoiceField(
        label="Lifts itself when",
        choices=[("", "Never: somebody lifts it"), *ReleaseTest.choices],
        required=False,
        help_text="Asked after everything that happens to the order, and again every minute.",
    )
    conditions = ConditionsField(AFTERWARDS)

    def __init__(self, data: QueryDict | None = None, *, kind: HoldType | None = None) -> None:
        names = Terms.__dataclass_fields__
        blank = {"stops_allocation": True, "needs_person": True, "is_active": True}
        initial = {name: getattr(kind, name) for name in names} if kind else blank
        conditions = (kind.conditions if kind else None) or ALWAYS
        super().__init__(data, initial={**initial, "conditions": conditions})
        if kind:
            del self.fields["code"]
            if kind.is_protected:
                self.shut()

    def shut(self) -> None:
        """Only show."""
        for field in self.fields.values():
            field.disabled = True

    def clean(self) -> dict[str, Any]:
        """Conditions as they are stored."""
        data = super().clean() or self.cleaned_data
        asked = data.get("test") == ReleaseTest.CONDITION
        data["conditions"] = data.get("conditions", ALWAYS) if asked else {}
        for mistake in check(data["conditions"], AFTERWARDS) if asked else ():
            self.add_error(None, mistake)
        return data

    def terms(self) -> Terms:
        """What `operations.add_hold_type` and `change_hold_type` take."""
        return Terms(**{name: self.cleaned_data[name] for name in Terms.__dataclass_fields__})
