"""The time machine: what stock was, and why."""

from datetime import datetime
from typing import ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import queries
from inventory.models import Location, Reservation, StockLevel, StockMovement
from inventory.serializers import PastMovementOut, PastReservationOut, StockThenOut
from oms.api import HasScope, visible_channels
from oms.asked import refuse_unlisted
from oms.wire import Invalid, respond, schema_of

DOCUMENTS = 50  # rows of each kind, unless asked for another number
MOST_DOCUMENTS = 500
MOST_LOCATIONS = 50


class StockThenView(APIView):
    """Stock of a SKU at a moment of the past."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="stock_at_a_moment",
        parameters=[
            OpenApiParameter("sku", str, required=True, description="One SKU."),
            OpenApiParameter(
                "at",
                datetime,
                description="With a time zone, such as 2026-03-01T12:00Z; now if none.",
            ),
            OpenApiParameter(
                "location", str, many=True, description="Location codes; all if none."
            ),
            OpenApiParameter(
                "documents", int, description="How many movements and reservations; 50 if none."
            ),
        ],
        responses={200: {"type": "array", "items": schema_of(StockThenOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer figures per location, and the documents that made them."""
        at, most = _moment(request.query_params.get("at")), _most(request)
        levels = {level.pk: level for level in _levels(request)}
        found = queries.stock_at(levels, at)
        answer = [_then(level, found[pk], most) for pk, level in levels.items()]
        _hide_strangers(request, answer)
        return respond(answer)


def _moment(text: str | None) -> datetime:
    if not text:
        return timezone.now()
    try:
        at = parse_datetime(text.replace(" ", "+"))  # a plus sign that was not encoded
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        msg = "A moment is written with its time zone, such as 2026-03-01T12:00:00Z."
        raise Invalid(msg, "/at")
    if at > timezone.now():
        msg = "The moment has not come yet."
        raise Invalid(msg, "/at")
    return at


def _most(request: Request) -> int:
    text = request.query_params.get("documents", str(DOCUMENTS))
    if not text.isdecimal() or int(text) > MOST_DOCUMENTS:
        msg = f"Ask for 0 to {MOST_DOCUMENTS} documents."
        raise Invalid(msg, "/documents")
    return int(text)


def _levels(request: Request) -> list[StockLevel]:
    sku = request.query_params.get("sku", "")
    if not sku or "\0" in sku:
        msg = "Say which SKU."
        raise Invalid(msg, "/sku")
    rows = StockLevel.objects.filter(product__sku=sku).select_related("product", "location")
    if codes := request.query_params.getlist("location"):
        for code in codes:
            refuse_unlisted("location", code, Location.objects.values_list("code", flat=True))
        rows = rows.filter(location__code__in=codes)
    levels = list(rows.order_by("location__code")[:MOST_LOCATIONS])
    if not levels:
        raise NotFound(f"There is and was no stock of {sku} there.")
    return levels


def _then(level: StockLevel, moment: queries.Moment, most: int) -> StockThenOut:
    movements = queries.movements_until(level.pk, moment.at, most + 1)
    held = queries.reservations_at(level.pk, moment, most)
    units = sum(row.quantity for row in held)
    return StockThenOut(
        level.product.sku,
        level.location.code,
        moment.at,
        moment.on_hand,
        moment.quarantined,
        moment.damaged,
        moment.reserved,
        moment.safety_stock,
        moment.available,
        moment.corrected,
        movements=[_movement(row) for row in movements[:most]],
        reservations=[_reservation(row) for row in held],
        learnt_since=[_movement(row) for row in queries.learnt_since(level.pk, moment.at)[:most]],
        more=len(movements) > most or units < moment.reserved,
    )


def _hide_strangers(request: Request, answer: list[StockThenOut]) -> None:
    """A channel's key sees figures, and the numbers of its own orders alone."""
    channels = visible_channels(request)
    if channels is None:
        return
    rows: list[PastMovementOut | PastReservationOut] = []
    for then in answer:
        rows += [*then.movements, *then.reservations, *then.learnt_since]
    own = queries.orders_of_channels({row.order for row in rows if row.order}, channels)
    for row in rows:
        if row.order not in own:
            row.order = ""


def _movement(row: StockMovement) -> PastMovementOut:
    return PastMovementOut(
        row.at,
        row.kind,
        row.condition,
        row.quantity,
        row.balance,
        row.reference,
        row.order_line.order.number if row.order_line else "",
        row.reason_code.code if row.reason_code else "",
        row.reason,
        row.effective_at,
    )


def _reservation(row: Reservation) -> PastReservationOut:
    return PastReservationOut(
        row.order_line.order.number if row.order_line else "",
        row.soft.token if row.soft else "",
        row.quantity,
        row.created_at,
        row.ended_at,
        row.state,
    )
