"""What happened and who was told: events, consumers that failed, webhooks."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from oms import dispatch, webhooks, words
from oms.admin.acts import Act
from oms.admin.bases import ReadOnlyAdmin
from oms.admin.forms import ActForm, ConfirmForm, ReasonForm
from oms.admin.keys import show_once
from oms.dispatch import wired
from oms.models import (
    Delivery,
    DeliveryState,
    Event,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookState,
)

TONES = {
    DeliveryState.DEAD: "bad",
    WebhookState.PAUSED: "warn",
    WebhookState.BROKEN: "bad",
}


def is_dead(delivery: Delivery | WebhookDelivery) -> bool:
    """Whether it was given up."""
    return delivery.state == DeliveryState.DEAD


def is_paused(endpoint: WebhookEndpoint) -> bool:
    """Whether nothing is being sent."""
    return endpoint.state != WebhookState.ACTIVE


def is_open(endpoint: WebhookEndpoint) -> bool:
    """Whether something would be sent."""
    return endpoint.state != WebhookState.PAUSED


class EndpointForm(ActForm):
    """A subscription."""

    url = forms.URLField(max_length=500, assume_scheme="https", label="Address")
    channel = forms.SlugField(
        required=False, max_length=40, help_text="Code of a channel; empty: every channel."
    )
    events = forms.CharField(
        required=False, help_text="Patterns such as order.* shipment.shipped; empty: all events."
    )
    description = forms.CharField(required=False, max_length=200)

    def clean_events(self) -> list[str]:
        """Patterns, separated by spaces or commas."""
        return self.cleaned_data["events"].replace(",", " ").split()


class ReplayForm(ActForm):
    """Which part of the past."""

    after = forms.IntegerField(min_value=0, label="After position")
    until = forms.IntegerField(min_value=0, required=False, label="Up to position")

    def clean(self) -> dict[str, Any]:
        """From earlier to later."""
        data = super().clean() or {}
        if data.get("until") is not None and data["until"] <= data.get("after", 0):
            raise ValidationError("The second position must lie behind the first.")
        return data


def subscribe(request: HttpRequest, _endpoint: None, data: dict[str, Any]) -> str:
    """Create an endpoint and show its secret once."""
    _, secret = webhooks.subscribe(**data)
    return show_once(request, secret, "The endpoint was created.")


def pause(_request: HttpRequest, endpoint: WebhookEndpoint, _data: dict[str, Any]) -> str:
    """Stop sending."""
    webhooks.pause(endpoint)
    return "Events wait in line from now on."


def resume(_request: HttpRequest, endpoint: WebhookEndpoint, _data: dict[str, Any]) -> str:
    """Send again."""
    webhooks.resume(endpoint)
    return "What waited in line is being sent."


def replay(_request: HttpRequest, endpoint: WebhookEndpoint, data: dict[str, Any]) -> str:
    """Send the past again."""
    count = webhooks.replay(endpoint, after=data["after"], until=data["until"])
    return f"{words.count(count, 'event')} being sent again."


def retry_webhook(_request: HttpRequest, row: WebhookDelivery, _data: dict[str, Any]) -> str:
    """Try again."""
    webhooks.retry(row)
    return "It is being sent again."


def retry(_request: HttpRequest, row: Delivery, _data: dict[str, Any]) -> str:
    """Run again."""
    dispatch.retry(row)
    return "It runs again in a moment."


def dismiss(request: HttpRequest, row: Delivery, data: dict[str, Any]) -> str:
    """Let what follows go on without it."""
    dispatch.dismiss(row, by=f"user:{request.user.pk}", reason=data["reason"])
    return "What follows on this subject goes on."


class KindFilter(admin.SimpleListFilter):
    """Events about one kind of thing; the kinds are known, so no table is searched for them."""

    title = "about"
    parameter_name = "about"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """The first words of event names."""
        kinds = ("order", "fulfillment_order", "shipment", "return", "invoice", "stock")
        return [(kind, kind.replace("_", " ")) for kind in kinds]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
        """Those whose name begins with it."""
        return rows.filter(name__startswith=f"{self.value()}.") if self.value() else rows


class ConsumerFilter(admin.SimpleListFilter):
    """Deliveries of one consumer, as they are wired."""

    title = "consumer"
    parameter_name = "consumer"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        """Each of them."""
        return [(path, path) for path in sorted({consumer for _, consumer in wired.pairs()})]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Its own."""
        return rows.filter(consumer=self.value()) if self.value() else rows


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """The timeline of the whole house."""

    list_empty = (
        "Every fact about orders, stock and people becomes an event. Place an order to see "
        "the first."
    )

    list_display = ("position", "name", "subject", "actor", "when", "channel")
    list_filter = (KindFilter,)
    search_fields = ("subject_label__exact",)
    search_help_text = "Number of an order, a shipment, a return ..."
    fields = (
        "position", "name", "subject", "sequence", "actor", "at", "channel", "facts",
        "correlation_id", "public_id",
    )  # fmt: skip

    @display(description="Subject")
    def subject(self, event: Event) -> str:
        """Kind and number."""
        kind = event.subject_type.rpartition(".")[2]
        return f"{kind} {event.subject_label or event.subject_id}"

    @display(description="When", ordering="pk")
    def when(self, event: Event) -> str:
        """As short as it is clear."""
        return words.moment(event.at)


class StateChip:
    """A column with the state; grey for normal."""

    @display(description="State", ordering="state")
    def state_chip(self, row: Any) -> SafeString:
        """Colour only for what needs a person."""
        return words.chip(row.get_state_display(), TONES.get(row.state, ""))


@admin.register(Delivery)
class DeliveryAdmin(StateChip, ReadOnlyAdmin):
    """Events at their consumers; what was given up waits here for a person."""

    list_empty = "What each event set off. With the worker running this list is long and quiet."

    acts = (
        Act("retry", "Try again", "oms.change_delivery", retry, ConfirmForm, is_dead,
            icon="replay", bulk=True),
        Act("dismiss", "Dismiss", "oms.change_delivery", dismiss, ReasonForm, is_dead,
            help="The consumer never sees this event; what follows on its subject goes on.",
            icon="skip_next", variant=ActionVariant.DANGER, bulk=True),
    )  # fmt: skip
    list_display = ("event", "consumer", "state_chip", "attempts", "error", "next_attempt_at")
    list_filter = ("state", ConsumerFilter)
    list_select_related = ("event",)
    fields = (
        "event", "consumer", "subject_key", "state", "attempts", "error", "next_attempt_at",
        "done_at",
    )  # fmt: skip


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(StateChip, ReadOnlyAdmin):
    """Who is told of events."""

    list_empty = (
        "An endpoint is an address of another system that is told of events, signed and "
        "retried for 24 hours."
    )

    acts = (
        Act("create", "New endpoint", "oms.add_webhookendpoint", subscribe, EndpointForm,
            icon="add", on_list=True, variant=ActionVariant.PRIMARY),
        Act("pause", "Pause", "oms.change_webhookendpoint", pause, ConfirmForm, is_open,
            icon="pause"),
        Act("resume", "Resume", "oms.change_webhookendpoint", resume, ConfirmForm, is_paused,
            icon="play_arrow", variant=ActionVariant.PRIMARY),
        Act("replay", "Send again", "oms.change_webhookendpoint", replay, ReplayForm,
            help="Matching events are sent once more, with the ids they had.", icon="history"),
    )  # fmt: skip
    list_display = ("url", "channel", "patterns", "state_chip", "waiting", "dead")
    list_filter = ("state",)
    search_fields = ("url", "description")
    fields = (
        "url", "channel", "patterns", "description", "state", "failures", "retry_at", "created_at",
        "public_id",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        """With what waits."""
        waiting = Count("deliveries", filter=Q(deliveries__state=DeliveryState.PENDING))
        dead = Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD))
        return super().get_queryset(request).annotate(waiting=waiting, dead=dead)

    @display(description="Events")
    def patterns(self, endpoint: WebhookEndpoint) -> str:
        """Which of them."""
        return ", ".join(endpoint.events) or "all"

    @display(description="Waiting", ordering="waiting")
    def waiting(self, endpoint: Any) -> SafeString:
        """Not sent yet."""
        return _linked(endpoint, endpoint.waiting, DeliveryState.PENDING)

    @display(description="Given up", ordering="dead")
    def dead(self, endpoint: Any) -> SafeString:
        """Sent in vain."""
        return _linked(endpoint, endpoint.dead, DeliveryState.DEAD)


def _linked(endpoint: WebhookEndpoint, count: int, state: DeliveryState) -> SafeString:
    """A count that leads to the rows it counts."""
    query = urlencode({"endpoint__id__exact": endpoint.pk, "state__exact": state})
    path = reverse("admin:oms_webhookdelivery_changelist")
    return format_html('<a class="oms-link" href="{}?{}">{}</a>', path, query, f"{count:,}")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(StateChip, ReadOnlyAdmin):
    """What was sent, and how it was answered."""

    list_empty = "Each message sent to an endpoint, with its answer."

    acts = (
        Act("retry", "Try again", "oms.change_webhookdelivery", retry_webhook, ConfirmForm,
            is_dead, icon="replay", bulk=True),
    )  # fmt: skip
    list_display = (
        "event", "endpoint", "state_chip", "attempts", "response_status", "error",
        "next_attempt_at",
    )  # fmt: skip
    list_filter = ("state", "endpoint")
    list_select_related = ("event", "endpoint")
    fields = (
        "event", "endpoint", "state", "attempts", "response_status", "error", "next_attempt_at",
        "done_at",
    )  # fmt: skip
