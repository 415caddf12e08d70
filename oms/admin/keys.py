"""API keys in the back office: made, replaced and closed; the key itself is shown once."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from oms import keys, words
from oms.admin.acts import Act
from oms.admin.bases import ReadOnlyAdmin
from oms.admin.forms import ActForm, ConfirmForm
from oms.models import ApiKey


class NewKeyForm(ActForm):
    """Whose key, for which channel, to do what."""

    name = forms.CharField(max_length=80, help_text="Who will use it, such as Web shop.")
    channel = forms.ChoiceField(required=False)
    scopes = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: everything.",
        choices=[
            (f"{scope}:{right}", f"{right} {scope}")
            for scope in keys.SCOPES
            for right in ("read", "write")
        ],
    )
    days = forms.IntegerField(
        required=False, min_value=1, max_value=3_650, label="Days until it expires"
    )

    def setup(self) -> None:
        """The channels of this house."""
        codes = apps.get_model("orders.Channel").objects.order_by("code")
        names = [(code, f"{name} ({code})") for code, name in codes.values_list("code", "name")]
        self.fields["channel"].choices = [("", "Every channel"), *names]  # type: ignore[attr-defined]


class OverlapForm(ActForm):
    """How long both keys work."""

    hours = forms.IntegerField(
        initial=24, min_value=0, max_value=24 * 90, label="Hours in which both keys work"
    )


def create(request: HttpRequest, _key: None, data: dict[str, Any]) -> str:
    """Make a key and show it once."""
    key, text = keys.create(
        data["name"], channel=data["channel"], scopes=data["scopes"], days=data["days"]
    )
    return show_once(request, text, f"Key {key.prefix} was made.")


def rotate(request: HttpRequest, key: ApiKey, data: dict[str, Any]) -> str:
    """Make a successor and show it once."""
    new, text = keys.rotate(key.prefix, overlap_hours=data["hours"])
    return show_once(request, text, f"Key {new.prefix} follows {key.prefix}.")


def revoke(_request: HttpRequest, key: ApiKey, _data: dict[str, Any]) -> str:
    """Close a key."""
    keys.revoke(key.prefix)
    return f"Key {key.prefix} is closed."


def show_once(request: HttpRequest, text: str, sentence: str) -> str:
    """Put a secret on the next page, and nowhere else."""
    told = format_html("Copy it now, it is not shown again: <code class='oms-mono'>{}</code>", text)
    messages.warning(request, told)
    return sentence


def in_use(key: ApiKey) -> bool:
    """Whether the key still opens anything."""
    return keys.is_usable(key)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Who may call the API."""

    list_empty = "A key lets one system in, for one channel and with the scopes it needs."

    acts = (
        Act(
            "create", "New key", "oms.add_apikey", create, NewKeyForm, icon="add", on_list=True,
            variant=ActionVariant.PRIMARY,
        ),
        Act(
            "rotate", "Replace", "oms.change_apikey", rotate, OverlapForm, in_use,
            help="Makes a successor with the same rights.", icon="autorenew",
        ),
        Act(
            "revoke", "Revoke", "oms.change_apikey", revoke, ConfirmForm, in_use,
            help="Whoever uses this key is refused from now on.", icon="block",
            variant=ActionVariant.DANGER, bulk=True,
        ),
    )  # fmt: skip
    list_display = ("name", "prefix", "channel", "may", "state_chip", "last_used_on", "expires_at")
    search_fields = ("name", "prefix", "channel")
    fields = (
        "name", "prefix", "channel", "scopes", "created_at", "last_used_on", "expires_at",
        "revoked_at",
    )  # fmt: skip

    @display(description="May")
    def may(self, key: ApiKey) -> str:
        """Its scopes."""
        return "everything" if keys.EVERYTHING in key.scopes else ", ".join(key.scopes)

    @display(description="State")
    def state_chip(self, key: ApiKey) -> SafeString:
        """Grey for in use."""
        if key.revoked_at:
            return words.chip("closed", "bad")
        return words.chip("in use") if in_use(key) else words.chip("expired", "warn")
