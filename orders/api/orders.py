"""The orders API: place one or many, look, hold."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.errors import DomainError
from oms.filters import COUNTRY, Code, FilterSet, Moment
from oms.wire import Invalid, decode, decode_filled, respond, schema_of
from orders import operations
from orders.models import Channel, Hold, Order
from orders.queries import active_channel, detail, selling_channels
from orders.serializers import (
    BulkIn,
    BulkOut,
    BulkResultOut,
    ChannelSerializer,
    ErrorOut,
    HoldIn,
    HoldOut,
    LiftIn,
    OrderIn,
    OrderOut,
    OrderSummaryOut,
    placed_order,
)

CHANNEL = OpenApiParameter(
    "channel", str, description="Channel code; only for keys of all channels."
)


def orders_of(request: Request) -> QuerySet[Order]:
    """The orders that this key may see."""
    rows = Order.objects.select_related("channel", "customer", "subject", "pickup_location")
    codes = visible_channels(request)
    return rows if codes is None else rows.filter(channel__code__in=codes)


def shown(request: Request, number: str) -> OrderOut:
    """One order as this key may see it; 404 otherwise."""
    return OrderOut.of(detail(get_object_or_404(orders_of(request), number=number)))


def channel_of(request: Request) -> Channel:
    """The channel that this key sends for; a key for all channels names one by `?channel=`."""
    codes = visible_channels(request)
    code = request.query_params.get("channel", "")
    if not code and codes is not None and len(codes) == 1:
        code = next(iter(codes))
    if codes is not None and code not in codes:
        msg = "This key does not belong to that channel."
        raise PermissionDenied(msg)
    channel = active_channel(code)
    if channel is None and codes is not None:
        raise Invalid(f"The channel {code} is not active.", "/channel")
    if channel is None:
        names = ", ".join(row.code for row in selling_channels())
        raise Invalid(
            f"Name an active channel by ?channel=CODE: {names or 'there is none'}.", "/channel"
        )
    return channel


class OrderFilter(FilterSet):
    """Filters of the order list."""

    placed_from = Moment("placed_at", "gte")
    placed_to = Moment("placed_at", "lt")
    channel = Code("channel__code", only=visible_channels)
    customer = filters.CharFilter("customer__number")
    country = filters.CharFilter("ship_country", validators=[COUNTRY])

    class Meta:
        model = Order
        fields = ("status", "stage", "payment_status", "fulfillment_status", "external_id")


class OrdersView(IdempotencyMixin, ListAPIView):
    """Orders of the key's channel."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    filterset_class = OrderFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    queryset = Order.objects.none()

    @extend_schema(
        operation_id="orders_list",
        responses={200: schema_of(OrderSummaryOut)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        page = self.paginate_queryset(self.filter_queryset(orders_of(request).order_by("-pk")))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [OrderSummaryOut.of(order) for order in page]})

    @extend_schema(
        operation_id="orders_create",
        parameters=[CHANNEL],
        request={"application/json": schema_of(OrderIn)},
        responses={200: schema_of(OrderOut), 201: schema_of(OrderOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Place an order: 201, or 200 with the same order when it was sent before.

        409 `external_id_reused` when it was sent before with different content.
        """
        channel = channel_of(request)
        placed = placed_order(decode_filled(request.body, OrderIn))
        result = operations.place_one(channel, placed, by=actor(request))
        return respond(OrderOut.of(result.detail), 201 if result.created else 200)


class BulkView(IdempotencyMixin, APIView):
    """Many orders in one call."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_bulk_create",
        parameters=[CHANNEL],
        request={"application/json": schema_of(BulkIn)},
        responses={200: schema_of(BulkOut), 409: schema_of(BulkOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Place up to 1,000 orders; one result per order, in the order in which they were sent.

        With `abort` (the default) one refused order leaves all unplaced (409); with `continue`
        each order stands for itself.
        """
        channel = channel_of(request)
        sent = decode(request.body, BulkIn)
        results = [_read(raw) for raw in sent.orders]
        good = [item for item in results if not isinstance(item, BulkResultOut)]
        if sent.on_error == "abort" and len(good) < len(results):
            return respond(_bulk(_abandon(results)), 409)
        try:
            act = operations.place_all if sent.on_error == "abort" else operations.place
            placed = act(channel, [placed_order(item) for item in good], by=actor(request))
        except operations.BatchRefused as refusal:
            outcomes = [
                _refused(item, row) for item, row in zip(good, refusal.results, strict=True)
            ]
            return respond(_bulk(_abandon(outcomes)), 409)
        return respond(_bulk(_merge(results, good, placed)))


class OrderView(APIView):
    """One order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(operation_id="orders_retrieve", responses={200: schema_of(OrderOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The order with its lines, holds, balance and allowed actions."""
        return respond(shown(request, number))


class HoldsView(IdempotencyMixin, GenericAPIView):
    """Holds of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = Hold.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="orders_holds_list",
        responses={200: {"type": "array", "items": schema_of(HoldOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Every hold, open or lifted, oldest first."""
        order = get_object_or_404(orders_of(request), number=number)
        return respond(
            [HoldOut.of(hold) for hold in order.holds.select_related("type").order_by("pk")]
        )

    @extend_schema(
        operation_id="orders_holds_create",
        request={"application/json": schema_of(HoldIn)},
        responses={200: schema_of(HoldOut), 201: schema_of(HoldOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Stop the order until the hold is lifted. A repeat answers 200 with the open hold.

        Another reason for a hold of this kind and handle is refused with 409 `held_otherwise`.
        """
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, HoldIn)
        before = set(order.holds.filter(lifted_at=None).values_list("pk", flat=True))
        hold = operations.ask_hold(
            order,
            by=actor(request),
            kind=sent.kind,
            reason=sent.reason,
            handle=sent.handle,
            owner=sent.owner,
            due_at=sent.due_at,
        )
        return respond(HoldOut.of(hold), 200 if hold.pk in before else 201)


class HoldView(IdempotencyMixin, APIView):
    """One hold."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_holds_destroy",
        request={"application/json": schema_of(LiftIn)},
        responses={200: schema_of(OrderOut)},
    )
    def delete(self, request: Request, number: str, hold_id: int) -> HttpResponse:
        """Lift the hold, with a reason in the body; the order goes on at once."""
        order = get_object_or_404(orders_of(request), number=number)
        hold = get_object_or_404(Hold.objects.select_related("order"), order=order, pk=hold_id)
        sent = decode(request.body or b"{}", LiftIn)
        operations.lift_hold(hold, by=actor(request), reason=sent.reason)
        return respond(shown(request, number))


def _read(raw: msgspec.Raw) -> OrderIn | BulkResultOut:
    try:
        return decode_filled(raw, OrderIn)
    except Invalid as error:
        return BulkResultOut(
            _external_id(raw),
            "refused",
            error=ErrorOut("invalid", error.sentence, error.pointer),
        )


def _external_id(raw: msgspec.Raw) -> str:
    try:
        return str(msgspec.json.decode(raw).get("external_id", ""))
    except (msgspec.DecodeError, AttributeError):
        return ""


def _refused(sent: OrderIn, row: operations.Placed) -> OrderIn | BulkResultOut:
    if row.error is None:
        return sent
    return BulkResultOut(sent.external_id, "refused", error=_error(row.error))


def _error(error: DomainError) -> ErrorOut:
    return ErrorOut(error.code, error.detail, getattr(error, "pointer", ""))


def _abandon(items: Sequence[OrderIn | BulkResultOut]) -> list[BulkResultOut]:
    return [
        item if isinstance(item, BulkResultOut) else BulkResultOut(item.external_id, "not_placed")
        for item in items
    ]


def _merge(
    items: Sequence[OrderIn | BulkResultOut],
    good: Sequence[OrderIn],
    placed: Sequence[operations.Placed],
) -> list[BulkResultOut]:
    """Put results back into the order in which the orders were sent."""
    answers = {id(sent): row for sent, row in zip(good, placed, strict=True)}
    merged = []
    for item in items:
        if isinstance(item, BulkResultOut):
            merged.append(item)
            continue
        row = answers[id(item)]
        if row.error:
            merged.append(_refused(item, row))
        else:
            status = "created" if row.created else "existing"
            merged.append(BulkResultOut(item.external_id, status, OrderOut.of(row.detail)))
    return merged


def _bulk(results: list[BulkResultOut]) -> BulkOut:
    count = [result.status for result in results].count
    return BulkOut(count("created"), count("existing"), count("refused"), results)


class ChannelsView(ListAPIView):
    """Channels with their policies."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    serializer_class = ChannelSerializer
    queryset = Channel.objects.none()

    def get_queryset(self) -> QuerySet[Channel]:
        """The channels that this key may see."""
        codes = visible_channels(self.request)
        rows = Channel.objects.order_by("-pk")
        return rows if codes is None else rows.filter(code__in=codes)
