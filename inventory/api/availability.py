"""What can be promised: asked by SKU and location, or followed per channel as it changes."""

from datetime import datetime
from typing import ClassVar

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import queries
from inventory.models import Location
from inventory.serializers import (
    AvailabilityFeed,
    AvailabilityIn,
    AvailabilityOut,
    ChannelAvailabilityOut,
)
from oms.api import HasScope, visible_channels
from oms.asked import refuse_unlisted
from oms.wire import Invalid, decode, respond, schema_of

MOST_SKUS = 1_000
PAGE = 1_000


class AvailabilityView(APIView):
    """What can be promised, by SKU and location, or what changed per channel."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="availability_list",
        parameters=[
            OpenApiParameter("sku", str, many=True, description="One or more SKUs."),
            OpenApiParameter(
                "location", str, many=True, description="Location codes; all if none."
            ),
            OpenApiParameter(
                "changed_since",
                datetime,
                description="In place of SKUs: what channels may sell, where it changed after this.",
            ),
            OpenApiParameter("channel", str, description="Code; the key's own if it has one."),
        ],
        responses={
            200: {
                "oneOf": [
                    {"type": "array", "items": schema_of(AvailabilityOut)},
                    schema_of(AvailabilityFeed),
                ]
            }
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer stock by SKU (unknown ones are left out), or the feed of changes per channel."""
        channel = _channel(request, request.query_params.get("channel", ""))
        places = request.query_params.getlist("location")
        for code in places:
            refuse_unlisted("location", code, Location.objects.values_list("code", flat=True))
        if "changed_since" in request.query_params:
            return respond(_feed(request.query_params["changed_since"], channel))
        skus = request.query_params.getlist("sku")
        if not skus or len(skus) > MOST_SKUS:
            msg = f"Ask for 1 to {MOST_SKUS} SKUs."
            raise Invalid(msg, "/sku")
        return respond(_stock(skus, places, channel))


class ReadsByPost(HasScope):
    """A question too long for an address: posting it needs the right to read only."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Judge the call as the GET that it stands for."""
        method, request._request.method = request.method, "GET"  # noqa: SLF001 (given back below)
        try:
            return super().has_permission(request, view)
        finally:
            request._request.method = method  # noqa: SLF001


class AvailabilityQueryView(APIView):
    """The same question for up to 1,000 SKUs at any number of locations, in one call."""

    scope = "stock"
    permission_classes: ClassVar = [ReadsByPost]

    @extend_schema(
        operation_id="availability_query",
        request={"application/json": schema_of(AvailabilityIn)},
        responses={200: {"type": "array", "items": schema_of(AvailabilityOut)}},
    )
    def post(self, request: Request) -> HttpResponse:
        """Answer stock by SKU and location; unknown SKUs and locations are left out."""
        asked = decode(request.body, AvailabilityIn)
        channel = _channel(request, asked.channel)
        return respond(_stock(asked.skus, asked.locations, channel))


def _channel(request: Request, asked: str) -> str:
    """The channel whose figures are meant; a channel's key sees no other's."""
    own = visible_channels(request)
    if own is None:
        if asked:
            refuse_unlisted("channel", asked, (row.code for row in queries.selling_channels()))
        return asked
    if asked and asked not in own:
        raise Invalid("This key belongs to another channel.", "/channel")
    return own[0]


def _stock(skus: list[str], places: list[str], channel: str) -> list[AvailabilityOut]:
    rows = queries.availability(
        [sku for sku in skus if "\0" not in sku],
        [code for code in places if "\0" not in code],
        channel=channel if "\0" not in channel else "",
    )
    return [
        AvailabilityOut(row.sku, row.location, row.on_hand, row.reserved, row.available, row.fenced)
        for row in rows
    ]


def _feed(text: str, channel: str) -> AvailabilityFeed:
    moment = _moment(text)
    rows = list(queries.changed_since(moment, [channel] if channel else None)[: PAGE + 1])
    shown = [ChannelAvailabilityOut(*row) for row in rows[:PAGE]]
    return AvailabilityFeed(
        shown, shown[-1].changed_at if shown else moment, has_more=len(rows) > PAGE
    )


def _moment(text: str) -> datetime:
    """A time with its zone; a plus sign that an address turned into a space is understood."""
    try:
        moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        moment = None
    if moment is None:
        raise Invalid("Say the moment as 2026-11-26T09:30:00Z.", "/changed_since")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
