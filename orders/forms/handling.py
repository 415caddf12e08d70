"""Input of the acts by which people look after an order."""

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSplitDateTimeVerticalWidget

from oms.admin import ActForm, Proposing
from orders.queries.rules.actions import carrier_services, carriers, roles


class AssignForm(ActForm):
    """Who looks after it."""

    owner = forms.ChoiceField(required=False)

    def setup(self) -> None:
        """Roles, and nobody."""
        self.fields["owner"].choices = [("", "Nobody"), *roles()]


class CarrierForm(ActForm):
    """Who is to carry it."""

    carrier = forms.ChoiceField(required=False)
    service = forms.CharField(
        label="Shipping method",
        required=False,
        max_length=60,
        widget=Proposing,
        help_text="The carrier's service, such as Tracked 48.",
    )

    def setup(self) -> None:
        """Carriers that parcels can be handed to now."""
        self.fields["carrier"].choices = [("", "Whoever ships decides"), *carriers()]
        self.fields["service"].widget.proposals = carrier_services()

    def clean(self) -> dict[str, object]:
        """A service is one of a carrier's."""
        data = super().clean() or {}
        if data.get("service") and not data.get("carrier"):
            self.add_error("carrier", "Whose service is it?")
        return data


class GiveTaskForm(ActForm):
    """What, by whom, until when."""

    title = forms.CharField(
        label="What is to be done",
        max_length=200,
        help_text="Begin with a verb. No names or addresses: it is not erased.",
    )
    owner = forms.ChoiceField(label="By whom")
    due_at = forms.SplitDateTimeField(
        label="Until", required=False, widget=UnfoldAdminSplitDateTimeVerticalWidget
    )

    def setup(self) -> None:
        """Roles do tasks."""
        self.fields["owner"].choices = roles()

    def clean_due_at(self) -> object:
        """A due time lies ahead."""
        due_at = self.cleaned_data["due_at"]
        if due_at and due_at <= timezone.now():
            raise forms.ValidationError("This time has passed.", code="past")
        return due_at


class FinishForm(ActForm):
    """What came of it."""

    note = forms.CharField(
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands on the order. No names or addresses: it is not erased.",
    )
