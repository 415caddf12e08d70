"""Forms of notification templates, customers' wishes and consents."""

from typing import Any

from babel import Locale, UnknownLocaleError
from django import forms

from customers import queries
from customers.enums import ConsentPurpose
from customers.models import NotificationTemplate
from oms.admin import ActForm
from oms.admin.forms import dress
from oms.errors import DomainError


class TemplateForm(forms.ModelForm):
    """A template, refused when a name in it will not be there."""

    event = forms.ChoiceField(help_text="What the customer is told of.")
    message = forms.SlugField(
        required=False,
        max_length=40,
        help_text="Where an event has several messages, as rules have: the name of this one.",
    )

    class Meta:
        model = NotificationTemplate
        fields = ("event", "language", "purpose", "is_active", "subject", "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "event" in self.fields:  # not on a page that only shows
            kinds = queries.notice_kinds()
            named = [(event, queries.message_name(event)) for event in kinds]
            self.fields["event"].choices = sorted(named, key=lambda choice: choice[1])
            dress(self.fields["event"])
            dress(self.fields["message"])
            event, _, message = self.instance.event.partition(":")
            self.initial |= {"event": event, "message": message}

    def clean_language(self) -> str:
        """A language that amounts and dates can be written in."""
        language = self.cleaned_data["language"].lower()
        try:
            Locale(language)
        except (UnknownLocaleError, ValueError) as unknown:
            msg = "Two letters of a language, such as en or de."
            raise forms.ValidationError(msg) from unknown
        return language

    def clean(self) -> dict[str, Any] | None:
        """Both texts filled in with the sample of the event."""
        data = super().clean() or {}
        self._name_message(data)
        if {"event", "language", "subject", "body"} <= data.keys():
            try:
                wording = {name: data[name] for name in ("event", "language", "subject", "body")}
                queries.preview(NotificationTemplate(**wording))
            except DomainError as refusal:
                raise forms.ValidationError(refusal.detail) from refusal
        return data

    def _name_message(self, data: dict[str, Any]) -> None:
        """An event with several messages is stored with the name of one."""
        event, message = data.get("event", ""), data.get("message", "")
        if event and queries.kind_of(event).many != bool(message):
            self.add_error("message", "Events with several messages, and no others, need its name.")
        elif message:
            data["event"] = f"{event}:{message}"


class TestForm(ActForm):
    """Where a test goes."""

    to = forms.EmailField(label="Send to")


class ContactPreferenceForm(ActForm):
    """A customer's wishes about messages."""

    language = forms.ChoiceField(required=False, help_text="Those that there are templates in.")
    muted = forms.MultipleChoiceField(
        label="Stopped messages", required=False, widget=forms.CheckboxSelectMultiple
    )

    def setup(self) -> None:
        """The languages that we write, and what may be stopped: what no contract demands."""
        wished = self.initial.get("language", "")
        offered = dict.fromkeys([*queries.languages_written(), *([wished] if wished else [])])
        named = [(code, queries.language_name(code)) for code in offered]
        self.fields["language"].choices = [("", "Language of their country"), *named]
        events = queries.stoppable()
        self.fields["muted"].choices = [(event, queries.message_name(event)) for event in events]


class ConsentForm(ActForm):
    """Consent as it was given."""

    purpose = forms.ChoiceField(choices=ConsentPurpose.choices)
    source = forms.CharField(
        label="Where", max_length=80, help_text="Such as phone call, trade fair, paper form 12."
    )
    wording = forms.CharField(label="What they were told", widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.CharField(
        label="Version of these words",
        max_length=40,
        required=False,
        help_text="Such as newsletter 3. Empty: a digest of the words stands for them.",
    )
    said_at = forms.DateTimeField(
        label="When they said it", required=False, help_text="Empty: now. Such as 2026-11-26 14:30."
    )


class WithdrawForm(ActForm):
    """Consent taken back."""

    purpose = forms.ChoiceField(choices=ConsentPurpose.choices)
    source = forms.CharField(
        label="Where", max_length=80, help_text="Such as phone call, mail, link in a message."
    )
    said_at = forms.DateTimeField(
        label="When they said it", required=False, help_text="Empty: now. Such as 2026-11-26 14:30."
    )
