"""The API of promises: what can be promised, and what was."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import queries as stock
from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import Invalid, decode, respond, schema_of, utc
from orders import operations
from orders.api.orders import channel_of, orders_of
from orders.api.prices import buyer_of
from orders.queries.promising import promise
from orders.queries.sealing import area_of
from orders.serializers import PromiseOut, QuoteOut, QuotesOut
from orders.serializers.promise import PriorityIn, PriorityOut, PromiseIn

MOST_SKUS = 200
MOST_UNITS = 1_000_000_000


class PromiseView(APIView):
    """When something could be there."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="promise_retrieve",
        parameters=[
            OpenApiParameter("sku", str, many=True, required=True, description="1 to 200 SKUs."),
            OpenApiParameter(
                "quantity", int, many=True, description="Units of each SKU, in the same order; 1."
            ),
            OpenApiParameter("country", str, description="Where to, ISO 3166-1 alpha-2."),
            OpenApiParameter("postcode", str),
            OpenApiParameter(
                "customer",
                str,
                description="Number of the customer, whose group may have units kept.",
            ),
            OpenApiParameter(
                "channel", str, description="Channel code; only for keys of all channels."
            ),
        ],
        responses={200: schema_of(QuotesOut)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Ship and arrival dates for a basket, and what they are made of. Nothing is reserved."""
        asked = request.query_params
        address = {
            "country": asked.get("country", "").upper(),
            "postcode": asked.get("postcode", ""),
        }
        place = stock.Destination(address["country"][:2], area_of(address))
        quotes = promise(channel_of(request), _lines(request), place, group=_group(request))
        return respond(
            QuotesOut(
                ships_by=utc(stock.last_of(quote.ships_by for quote in quotes)),
                arrives_on=stock.last_of(quote.arrives_on for quote in quotes),
                promises=[QuoteOut.of(quote) for quote in quotes],
            )
        )


class PromisesView(IdempotencyMixin, APIView):
    """The promise ledger of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_promises_list",
        responses={200: {"type": "array", "items": schema_of(PromiseOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Every promise with its reason, oldest first; none while the channel's rule stands."""
        order = get_object_or_404(orders_of(request), number=number)
        return respond([PromiseOut.of(row) for row in order.promises.order_by("sequence")])

    @extend_schema(
        operation_id="orders_promises_create",
        request={"application/json": schema_of(PromiseIn)},
        responses={201: schema_of(PromiseOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Give the order another ship-by date; 409 `not_promised` for a past date or an ended order."""
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, PromiseIn)
        row = operations.change_promise(
            order,
            by=actor(request),
            promised_at=sent.promised_at,
            reason=sent.reason,
            note=sent.note,
        )
        return respond(PromiseOut.of(row), 201)


class PriorityView(IdempotencyMixin, APIView):
    """Where an order stands among those who wait."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_priority_update",
        request={"application/json": schema_of(PriorityIn)},
        responses={200: schema_of(PriorityOut)},
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        """Move the order forward or back in the lines that it waits in. A repeat changes nothing."""
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, PriorityIn)
        operations.set_priorities({order.pk: sent.priority}, by=actor(request), reason=sent.reason)
        return respond(PriorityOut(order.number, sent.priority, utc(order.promised_at)))


def _group(request: Request) -> str:
    customer = buyer_of(request, request.query_params.get("customer", ""))
    return customer.group if customer else ""


def _lines(request: Request) -> list[tuple[str, int]]:
    skus = request.query_params.getlist("sku")
    if not 1 <= len(skus) <= MOST_SKUS or any("\0" in sku for sku in skus):
        raise Invalid(f"Ask for 1 to {MOST_SKUS} SKUs.", "/sku")
    said = request.query_params.getlist("quantity") or ["1"] * len(skus)
    if len(said) != len(skus):
        raise Invalid("Give one quantity for each SKU, or none.", "/quantity")
    quantities = [int(text) if text.isdecimal() and len(text) <= 10 else 0 for text in said]  # noqa: PLR2004
    if not all(1 <= quantity <= MOST_UNITS for quantity in quantities):
        raise Invalid("A quantity is a whole number above zero.", "/quantity")
    return list(zip(skus, quantities, strict=True))


urlpatterns = [
    path("promise/", PromiseView.as_view(), name="promise"),
    path("orders/<str:number>/promises/", PromisesView.as_view(), name="promises"),
    path("orders/<str:number>/priority/", PriorityView.as_view(), name="priority"),
]
