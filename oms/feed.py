"""The kernel's own part of the API: the feed of events, and webhook endpoints."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from oms import webhooks
from oms.api import HasScope, IdempotencyMixin, scoped, visible_channels
from oms.models import DeliveryState, Event, WebhookDelivery, WebhookEndpoint, WebhookState

MOST_EVENTS = 1_000


class SentSerializer(serializers.Serializer):
    """Base of what callers send: a field that nobody reads is an error of theirs."""

    def to_internal_value(self, data: Any) -> Any:
        """Read the fields; refuse what is none."""
        if isinstance(data, dict) and (unknown := sorted(set(data) - set(self.fields))):
            raise serializers.ValidationError(
                {name: [f"There is no field `{name}` here."] for name in unknown}
            )
        return super().to_internal_value(data)


class SubjectSerializer(serializers.Serializer):
    """What an event is about: the number, code or SKU by which the rest of the API knows it."""

    type = serializers.CharField()
    id = serializers.CharField()
    external_id = serializers.CharField(
        required=False, allow_blank=True, help_text="The channel's own number of an order."
    )
    sku = serializers.CharField(required=False, help_text="Of a stock level.")
    location = serializers.CharField(required=False, help_text="Of a stock level.")


class EventSerializer(serializers.Serializer):
    """An event as told outside."""

    id = serializers.UUIDField()
    type = serializers.CharField()
    timestamp = serializers.DateTimeField()
    position = serializers.IntegerField()
    subject = SubjectSerializer()
    sequence = serializers.IntegerField(help_text="1, 2, 3 ... per subject, without gaps.")
    channel = serializers.CharField(allow_blank=True)
    actor = serializers.CharField()
    correlation_id = serializers.UUIDField()
    data = serializers.DictField(help_text="The event's facts; the guide lists them by event.")


class FeedSerializer(serializers.Serializer):
    """A page of the feed."""

    results = EventSerializer(many=True)
    next_after = serializers.IntegerField(help_text="Pass it as `after` to go on.")
    has_more = serializers.BooleanField()


class FeedQuery(serializers.Serializer):
    """Where to go on, and how far."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_EVENTS, default=100)
    type = serializers.RegexField(r"^[a-z_]+(\.[a-z_]+)?$", required=False, max_length=60)


class EndpointIn(SentSerializer):
    """A subscription."""

    url = serializers.URLField(max_length=500)
    events = serializers.ListField(
        child=serializers.RegexField(r"^[a-z_]+\.([a-z_]+|\*)$|^\*$", max_length=60),
        default=list,
        max_length=100,
        help_text="Patterns such as `order.*` or `shipment.shipped`; empty: all events.",
    )
    description = serializers.CharField(max_length=200, default="", allow_blank=True)


class EndpointOut(serializers.Serializer):
    """An endpoint; its secret is told once, when it is created."""

    id = serializers.UUIDField(source="public_id")
    url = serializers.URLField()
    events = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField()
    channel = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=WebhookState.choices)
    failures = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class CreatedEndpointOut(EndpointOut):
    """An endpoint just created, with the secret that signs its messages."""

    secret = serializers.CharField()


class WebhookDeliveryOut(serializers.Serializer):
    """One event for one endpoint, with the last answer to it."""

    event = serializers.UUIDField(source="event.public_id")
    type = serializers.CharField(source="event.name")
    position = serializers.IntegerField(source="event.position")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    attempts = serializers.IntegerField()
    next_attempt_at = serializers.DateTimeField()
    response_status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField(allow_blank=True)
    done_at = serializers.DateTimeField(allow_null=True)


class ReplayIn(SentSerializer):
    """Which part of the past to send again."""

    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1)
    until = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None
    )


class ReplayOut(serializers.Serializer):
    """How many events were put in line again."""

    replayed = serializers.IntegerField()


class EventsView(APIView):
    """Everything that happened, in the order in which it was committed."""

    scope = "events"
    permission_classes: ClassVar = [HasScope]
    queryset = Event.objects.all()

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter("after", int, description="Position of the last event you have."),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_EVENTS, "default": 100},
                description="How many events.",
            ),
            OpenApiParameter(
                "type", str, description="`order.placed`, or `order` for all of them."
            ),
        ],
        responses=FeedSerializer,
    )
    def get(self, request: Request) -> Response:
        """Events after a position. Keep `next_after`, ask again: nothing is missed or repeated."""
        query = FeedQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        rows = scoped(Event.objects.filter(position__gt=asked["after"]), request, "channel")
        if name := asked.get("type"):
            rows = (
                rows.filter(name=name) if "." in name else rows.filter(name__startswith=f"{name}.")
            )
        found = list(rows.order_by("position")[: asked["limit"] + 1])
        shown = found[: asked["limit"]]
        return Response(
            {
                "results": webhooks.describe(shown),
                "next_after": shown[-1].position if shown else asked["after"],
                "has_more": len(found) > len(shown),
            }
        )


class EndpointsView(IdempotencyMixin, ListAPIView):
    """Webhook endpoints of the caller's channel."""

    scope = "webhooks"
    permission_classes: ClassVar = [HasScope]
    serializer_class = EndpointOut
    queryset = WebhookEndpoint.objects.order_by("-pk")

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        """Those the caller may see."""
        return scoped(WebhookEndpoint.objects.order_by("-pk"), self.request, "channel")

    @extend_schema(
        operation_id="webhook_endpoints_create",
        request=EndpointIn,
        responses={201: CreatedEndpointOut},
    )
    def post(self, request: Request) -> Response:
        """Subscribe an address. The answer holds the signing secret; it is shown only now."""
        sent = EndpointIn(data=request.data)
        sent.is_valid(raise_exception=True)
        channels = visible_channels(request)
        endpoint, secret = webhooks.subscribe(
            channel=channels[0] if channels else "", **sent.validated_data
        )
        body = {**EndpointOut(endpoint).data, "secret": secret}
        return Response(body, status.HTTP_201_CREATED)


class OneEndpoint(IdempotencyMixin, GenericAPIView):
    """Base of the views about one endpoint."""

    scope = "webhooks"
    permission_classes: ClassVar = [HasScope]
    serializer_class = EndpointOut
    queryset = WebhookEndpoint.objects.all()

    def endpoint(self) -> WebhookEndpoint:
        """The endpoint in the address, if the caller may see it."""
        rows = scoped(WebhookEndpoint.objects.all(), self.request, "channel")
        return get_object_or_404(rows, public_id=self.kwargs["public_id"])


class EndpointView(OneEndpoint):
    """One endpoint."""

    @extend_schema(operation_id="webhook_endpoints_retrieve", responses=EndpointOut)
    def get(self, _request: Request, **_: Any) -> Response:
        """Its address, patterns and state."""
        return Response(EndpointOut(self.endpoint()).data)

    @extend_schema(operation_id="webhook_endpoints_destroy", responses={204: None})
    def delete(self, _request: Request, **_: Any) -> Response:
        """Unsubscribe it; what waits for it is dropped."""
        webhooks.unsubscribe(self.endpoint())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PauseView(OneEndpoint):
    """Sending to one endpoint, stopped and started."""

    @extend_schema(operation_id="webhook_endpoints_pause", request=None, responses=EndpointOut)
    def post(self, _request: Request, **_: Any) -> Response:
        """Stop sending; events wait in line."""
        return Response(EndpointOut(webhooks.pause(self.endpoint())).data)

    @extend_schema(operation_id="webhook_endpoints_resume", responses=EndpointOut)
    def delete(self, _request: Request, **_: Any) -> Response:
        """Send again, beginning with what waited."""
        return Response(EndpointOut(webhooks.resume(self.endpoint())).data)


class DeliveriesView(IdempotencyMixin, ListAPIView):
    """What was sent to one endpoint, and how it answered."""

    scope = "webhooks"
    permission_classes: ClassVar = [HasScope]
    serializer_class = WebhookDeliveryOut
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """Newest first."""
        rows = WebhookDelivery.objects.filter(endpoint__public_id=self.kwargs["public_id"])
        return scoped(rows, self.request, "endpoint__channel").select_related("event")


class ReplayView(OneEndpoint):
    """The past, sent again."""

    @extend_schema(
        operation_id="webhook_endpoints_replay", request=ReplayIn, responses={202: ReplayOut}
    )
    def post(self, request: Request, **_: Any) -> Response:
        """Send matching events after a position once more, with the same message ids."""
        sent = ReplayIn(data=request.data)
        sent.is_valid(raise_exception=True)
        count = webhooks.replay(self.endpoint(), **sent.validated_data)
        return Response({"replayed": count}, status.HTTP_202_ACCEPTED)


urlpatterns = [
    path("events/", EventsView.as_view(), name="events"),
    path("webhook-endpoints/", EndpointsView.as_view(), name="webhook-endpoints"),
    path("webhook-endpoints/<uuid:public_id>/", EndpointView.as_view(), name="webhook-endpoint"),
    path("webhook-endpoints/<uuid:public_id>/pause/", PauseView.as_view(), name="webhook-pause"),
    path(
        "webhook-endpoints/<uuid:public_id>/deliveries/",
        DeliveriesView.as_view(),
        name="webhook-deliveries",
    ),
    path("webhook-endpoints/<uuid:public_id>/replay/", ReplayView.as_view(), name="webhook-replay"),
]
