"""The API of stock set aside for carts and quotes."""

from typing import TYPE_CHECKING, ClassVar

from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations as inventory
from inventory import queries as stock
from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import Invalid, decode, respond, schema_of
from orders import operations
from orders.api.orders import channel_of
from orders.queries.sealing import area_of
from orders.serializers import SoftChangeIn, SoftIn, SoftOut

if TYPE_CHECKING:
    from inventory.models import SoftReservation

CHANNEL = OpenApiParameter(
    "channel", str, description="Channel code; only for keys of all channels."
)


class SoftReservationsView(IdempotencyMixin, APIView):
    """Units kept for baskets that are no orders yet."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="reservations_create",
        parameters=[CHANNEL],
        request={"application/json": schema_of(SoftIn)},
        responses={200: schema_of(SoftOut), 201: schema_of(SoftOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Set units aside: 201, or 200 with the open one when the token was sent before.

        Name the token as `reservation` when the order is placed. 409 `not_available` when not all
        units are available: nothing is kept then.
        """
        channel = channel_of(request)
        sent = decode(request.body, SoftIn)
        soft, created = operations.set_aside(channel, _wish(sent), by=actor(request))
        return respond(_shown(soft), 201 if created else 200)


class SoftReservationView(IdempotencyMixin, APIView):
    """One of them, by its token."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="reservations_retrieve",
        parameters=[CHANNEL],
        responses={200: schema_of(SoftOut)},
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        """What is kept, until when, and what became of it."""
        return respond(_shown(_found(request, token)))

    @extend_schema(
        operation_id="reservations_partial_update",
        parameters=[CHANNEL],
        request={"application/json": schema_of(SoftChangeIn)},
        responses={200: schema_of(SoftOut)},
    )
    def patch(self, request: Request, token: str) -> HttpResponse:
        """Start its time anew, and replace its lines where some are sent.

        409 `soft_reservation_ended` when it was bought, given back or expired.
        """
        sent = decode(request.body or b"{}", SoftChangeIn)
        soft = operations.renew(
            channel_of(request),
            _found(request, token),
            by=actor(request),
            minutes=sent.minutes,
            lines=None if sent.lines is None else [(row.sku, row.quantity) for row in sent.lines],
        )
        return respond(_shown(soft))

    @extend_schema(
        operation_id="reservations_destroy",
        parameters=[CHANNEL],
        responses={200: schema_of(SoftOut)},
    )
    def delete(self, request: Request, token: str) -> HttpResponse:
        """Give the units back at once. A repeat changes nothing."""
        soft = inventory.put_back(_found(request, token), by=actor(request))
        return respond(_shown(soft))


def _found(request: Request, token: str) -> "SoftReservation":
    soft = stock.soft_reservation(channel_of(request).code, token)
    if soft is None:
        raise Http404
    return soft


def _shown(soft: "SoftReservation") -> SoftOut:
    return SoftOut.of(stock.soft_content(soft))


def _wish(sent: SoftIn) -> operations.SoftWish:
    places = stock.location_ids([sent.location]) if sent.location else {}
    if sent.location and not places:
        raise Invalid(f"There is no active location {sent.location}.", "/location")
    area = area_of({"country": sent.country, "postcode": sent.postcode})
    return operations.SoftWish(
        lines=[(row.sku, row.quantity) for row in sent.lines],
        token=sent.token or "",
        purpose=sent.purpose,
        minutes=sent.minutes,
        destination=stock.Destination(sent.country, area),
        location_id=places.get(sent.location),
    )
