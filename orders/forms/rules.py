"""A rule as a form: when, which orders, and what then."""

from typing import Any

from django import forms
from django.http import QueryDict

from oms.admin import ActForm
from oms.condition_rows import condition_rows, match_of, rows_of
from oms.conditions import check
from orders.enums import GIVEN_REASONS, RuleAction, RuleMoment
from orders.models import RuleVersion
from orders.operations import Wording
from orders.queries.hold_types import offered_hold_types
from orders.queries.rules.actions import mistakes_in
from orders.queries.rules.vocabulary import EVENTS, EVERY, vocabulary

NOTHING = [("", "–")]


def _hold_types() -> list[tuple[str, str]]:
    """None, and those that rules may give and lift."""
    return [*NOTHING, *offered_hold_types()]


class RuleForm(forms.Form):
    """One rule; conditions come beside it as rows named field, op and value.

    An action whose first field is empty is not taken.
    """

    name = forms.CharField(max_length=100, label="Name")
    moment = forms.ChoiceField(choices=RuleMoment.choices, label="When")
    events = forms.MultipleChoiceField(
        choices=[(name, words) for name, words in EVENTS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="When something happens: what",
    )
    every_minutes = forms.IntegerField(
        required=False, min_value=1, label="Again and again: every how many minutes"
    )
    hold_kind = forms.ChoiceField(choices=_hold_types, required=False, label="Put on hold")
    hold_reason = forms.CharField(max_length=300, required=False, label="Hold: reason")
    hold_owner = forms.CharField(max_length=80, required=False, label="Hold: looked after by")
    hold_due_hours = forms.IntegerField(required=False, min_value=1, label="Hold: due within hours")
    lift_kind = forms.ChoiceField(choices=_hold_types, required=False, label="Lift holds")
    untag_tag = forms.CharField(max_length=40, required=False, label="Remove a tag")
    tag_tag = forms.CharField(max_length=40, required=False, label="Add a tag")
    priority_value = forms.IntegerField(required=False, label="Set the priority")
    cancel_reason = forms.ChoiceField(
        choices=[*NOTHING, *((reason.value, reason.label) for reason in GIVEN_REASONS)],
        required=False,
        label="Cancel, because of",
    )
    tell_message = forms.CharField(max_length=300, required=False, label="Tell by webhook")
    note = forms.CharField(max_length=300, required=False, label="Note for this version")

    def __init__(self, data: QueryDict | None = None, *, version: RuleVersion | None) -> None:
        super().__init__(data, initial=_initial(version) if version else {"moment": "placing"})
        conditions = version.conditions if version else {"all": []}
        self.rows = condition_rows(data, EVERY) if data is not None else rows_of(conditions)
        self.match = data.get("match", "all") if data is not None else match_of(conditions)

    def clean(self) -> dict[str, Any]:
        """Conditions and actions as they are stored."""
        data = super().clean() or self.cleaned_data
        moment = data.get("moment", RuleMoment.PLACING)
        data["conditions"] = {self.match: [row["leaf"] for row in self.rows]}
        data["actions"] = [act for kind in RuleAction.values if (act := _action(kind, data))]
        for mistake in [
            *check(data["conditions"], vocabulary(moment)),
            *mistakes_in(data["actions"], moment),
        ]:
            self.add_error(None, mistake)
        return data

    def wording(self) -> Wording:
        """What `operations.draft_rule` takes."""
        data = self.cleaned_data
        moment = data["moment"]
        return Wording(
            moment=moment,
            actions=data["actions"],
            conditions=data["conditions"],
            events=data["events"] if moment == RuleMoment.EVENT else [],
            every_minutes=data["every_minutes"] if moment == RuleMoment.SCHEDULE else None,
            note=data["note"],
        )


class TemplateForm(ActForm):
    """What a rule begins with."""

    template = forms.ChoiceField(label="Begin with")


class TryForm(ActForm):
    """How far back."""

    days = forms.IntegerField(
        min_value=1, max_value=3650, initial=30, help_text="Days of past orders."
    )


# The first field decides whether the action is taken.
PARTS: dict[str, tuple[str, ...]] = {
    RuleAction.HOLD: ("kind", "reason", "owner", "due_hours"),
    RuleAction.LIFT: ("kind",),
    RuleAction.UNTAG: ("tag",),
    RuleAction.TAG: ("tag",),
    RuleAction.PRIORITY: ("value",),
    RuleAction.CANCEL: ("reason",),
    RuleAction.TELL: ("message",),
}


def _action(kind: str, data: dict[str, Any]) -> dict[str, Any] | None:
    parts = {part: data.get(f"{kind}_{part}") for part in PARTS[kind]}
    if next(iter(parts.values())) in (None, ""):
        return None
    return {"do": kind, **{part: value for part, value in parts.items() if value not in (None, "")}}


def _initial(version: RuleVersion) -> dict[str, Any]:
    acts = {
        f"{action['do']}_{part}": action.get(part)
        for action in version.actions
        for part in PARTS[action["do"]]
    }
    return {
        "name": version.rule.name,
        "moment": version.moment,
        "events": version.events,
        "every_minutes": version.every_minutes,
        "note": version.note,
        **acts,
    }
