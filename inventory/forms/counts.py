"""Forms behind the buttons of counts."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils import timezone

from inventory.forms.lines import COUNT, LinesField
from inventory.forms.supply import places
from oms.admin import ActForm


class CountPlaceForm(ActForm):
    """At which location."""

    location = places()


class PlanDueForm(CountPlaceForm):
    """Everything whose turn comes until a day."""

    until = forms.DateField(
        label="Due until", initial=timezone.localdate, help_text="Later days bring turns forward."
    )


class PlanCountForm(CountPlaceForm):
    """These products."""

    lines = LinesField(COUNT)
    note = forms.CharField(required=False, max_length=300)


class AssignForm(ActForm):
    """Who counts."""

    user = forms.ChoiceField(label="Counted by", required=False)

    def setup(self) -> None:
        """People who may sign in to the back office."""
        people = get_user_model().objects.filter(is_staff=True, is_active=True)
        named = [(str(user.pk), user.get_full_name() or user.username) for user in people]
        self.fields["user"].choices = [("", "Whoever comes first"), *named]  # type: ignore[attr-defined]

    def clean_user(self) -> Any:
        """The person, or nobody in particular."""
        key = self.cleaned_data["user"]
        return get_user_model().objects.get(pk=int(key)) if key else None


class EntryForm(forms.Form):
    """What was found for one line."""

    line = forms.IntegerField()
    quantity = forms.IntegerField(min_value=0, max_value=1_000_000_000)


class DecisionForm(forms.Form):
    """What becomes of chosen lines."""

    decision = forms.ChoiceField(choices=[(name, name) for name in ("approve", "keep", "again")])
    reason = forms.CharField(required=False, max_length=200)
    lines = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, lines: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lines"].choices = [(pk, pk) for pk in lines]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Lines are chosen; keeping the book needs a reason."""
        data = super().clean() or {}
        if not data.get("lines"):
            raise forms.ValidationError("Choose the lines first.")
        if data.get("decision") == "keep" and not data.get("reason", "").strip():
            raise forms.ValidationError("Say why the book figure stays.")
        return data
