"""A rule as a form: when, which orders, and what then."""

import json
from typing import Any

from django import forms
from django.http import QueryDict

from oms.admin import ActForm
from oms.condition_form import ALWAYS, ConditionsField
from oms.conditions import check
from orders.enums import RuleMoment, RuleState, RuleSubject
from orders.models import Rule, RuleVersion
from orders.operations import Wording
from orders.queries.rules.actions import mistakes_in
from orders.queries.rules.vocabulary import ANY, EVENTS, vocabulary

TAKEN = "There is a rule of this name. Write its next version on its page, or choose another name."


class ActionsField(forms.CharField):
    """A hidden field whose clean value is a list of actions; whether they are sound, the form says."""

    widget = forms.HiddenInput

    def prepare_value(self, value: Any) -> Any:
        """Stored actions as the page edits them; what was sent is shown again as it was."""
        return json.dumps(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The actions that were sent."""
        try:
            return json.loads(value or "[]")
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("The actions cannot be read.") from error


class RuleForm(forms.Form):
    """One rule; conditions and actions are edited by the page, as data in hidden fields."""

    name = forms.CharField(max_length=100, label="Name")
    subject = forms.ChoiceField(
        choices=RuleSubject.choices, required=False, initial=RuleSubject.ORDER, label="Looks at"
    )
    moment = forms.ChoiceField(choices=RuleMoment.choices, label="When")
    events = forms.MultipleChoiceField(
        choices=[(name, words) for name, words in EVENTS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="What happens",
    )
    every_minutes = forms.IntegerField(required=False, min_value=1, label="Every how many minutes")
    conditions = ConditionsField(ANY)
    actions = ActionsField(required=False)
    note = forms.CharField(max_length=300, required=False, label="Note for this version")

    def __init__(self, data: QueryDict | None = None, *, version: RuleVersion | None) -> None:
        super().__init__(data, initial=_initial(version) if version else {"moment": "placing"})
        self.version = version

    def clean_name(self) -> str:
        """A new rule must not become the next version of another one by its name."""
        name: str = self.cleaned_data["name"]
        if self.version is None and Rule.objects.filter(name=name).exists():
            raise forms.ValidationError(TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        """Every mistake of the conditions and actions for the moment chosen."""
        data = super().clean() or self.cleaned_data
        moment = data.get("moment", RuleMoment.PLACING)
        subject = data["subject"] = data.get("subject") or RuleSubject.ORDER
        if subject != RuleSubject.ORDER and moment != RuleMoment.SCHEDULE:
            self.add_error("moment", f"{RuleSubject(subject).label} are looked at again and again.")
        for mistake in [
            *check(data.get("conditions", ALWAYS), vocabulary(moment, subject)),
            *(mistakes_in(data["actions"], moment, subject) if "actions" in data else ()),
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
            subject=data["subject"],
        )


class TemplateForm(ActForm):
    """What a rule begins with."""

    template = forms.ChoiceField(label="Begin with")


class VersionForm(ActForm):
    """Which version, of those that the person sees; `newest` is the newest of them."""

    version = forms.TypedChoiceField(label="Version", coerce=int)
    newest = forms.IntegerField(widget=forms.HiddenInput)

    def setup(self) -> None:
        """The versions of the rule, newest first."""
        rows = list(self.obj.versions.order_by("-number")) if isinstance(self.obj, Rule) else []
        offered = [row for row in rows if self.offers(row)]
        self.fields["version"].choices = [
            (row.number, f"v{row.number} – {row.get_state_display()}") for row in offered
        ]
        if rows:
            self.fields["newest"].initial = rows[0].number

    def offers(self, _version: RuleVersion) -> bool:
        """Whether this one may be chosen."""
        return True


class ActivateForm(VersionForm):
    """Which version acts from now on."""

    def offers(self, version: RuleVersion) -> bool:
        """What was tried, or in force before; what is in force is in force already."""
        tried = version.activated_at or version.trials.exclude(result={}).exists()
        return bool(tried) and version.state != RuleState.ACTIVE


class TryForm(VersionForm):
    """Which version, and how far back."""

    days = forms.IntegerField(
        min_value=1,
        max_value=36_500,
        initial=30,
        help_text="Days of past orders; 36500 is all there are.",
    )


def _initial(version: RuleVersion) -> dict[str, Any]:
    return {
        "name": version.rule.name,
        "subject": version.subject,
        "moment": version.moment,
        "events": version.events,
        "every_minutes": version.every_minutes,
        "conditions": version.conditions,
        "actions": version.actions,
        "note": version.note,
    }
