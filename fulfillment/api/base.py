"""What the views of the fulfilment API share: which rows a key sees, pages, lines by position."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django_filters import rest_framework as filters
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView
from rest_framework.request import Request

from fulfillment.models import (
    Claim,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Return,
    ReturnLine,
    Shipment,
)
from fulfillment.serializers import LineUnits, ParcelLotIn, PickIn
from oms.api import HasScope, visible_channels
from oms.wire import Invalid, respond
from orders.queries import order_by_number

WORK_TREE = ("order__channel", "location")
SHIPMENT_TREE = (
    "order__channel",
    "fulfillment_order",
    "carrier",
    "origin_return__order__subject",
    "origin_return__return_order__exchange__replacement",
)


def of_channels(rows: QuerySet, request: Request) -> QuerySet:
    """Only what belongs to channels that this key may see."""
    codes = visible_channels(request)
    return rows if codes is None else rows.filter(order__channel__code__in=codes)


def work_of(request: Request) -> QuerySet[FulfillmentOrder]:
    """The fulfilment orders that this key may see."""
    rows = FulfillmentOrder.objects.select_related(*WORK_TREE)
    return of_channels(rows.prefetch_related("lines__order_line__product", "order__holds"), request)


def shipments_of(request: Request) -> QuerySet[Shipment]:
    """The shipments that this key may see."""
    rows = Shipment.objects.select_related(*SHIPMENT_TREE)
    rows = rows.prefetch_related(
        "parcels__lines__line__order_line", "parcels__lines__lots__lot", "tracking_events"
    )
    return of_channels(rows, request)


def returns_of(request: Request) -> QuerySet[Return]:
    """The returns that this key may see."""
    rows = Return.objects.select_related(*WORK_TREE, "exchange__replacement", "origin_return")
    return of_channels(rows.prefetch_related("lines__order_line__product"), request)


def claims_of(request: Request) -> QuerySet[Claim]:
    """The claims that this key may see."""
    rows = Claim.objects.select_related(
        "order__channel",
        "order__subject",
        "shipment",
        "parcel",
        "carrier",
        "credit__exchange__replacement",
    )
    return of_channels(rows.prefetch_related("lines__order_line__product"), request)


class PagedView(ListAPIView):
    """A list, newest first, 50 a page."""

    permission_classes: ClassVar = [HasScope]
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    rows: ClassVar[Callable[[Request], QuerySet]]
    shape: ClassVar[Any]

    def page_of(self, request: Request) -> HttpResponse:
        """One page of the rows that this key may see."""
        rows = type(self).rows(request).order_by("-pk")
        page = self.paginate_queryset(self.filter_queryset(rows))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [self.shape.of(row) for row in page]})


def visible_order(request: Request, number: str) -> Any:
    """The order with this number, if this key may see it."""
    order, codes = order_by_number(number), visible_channels(request)
    if order is None or (codes is not None and order.channel.code not in codes):
        raise NotFound(f"There is no order {number}.")
    return order


def line_quantities(
    document: FulfillmentOrder, sent: Iterable[LineUnits | PickIn]
) -> dict[int, int]:
    """Quantities by fulfilment line id, from positions in the order."""
    lines = {line.order_line.position: line for line in document.lines.all()}
    return _by_key(lines, sent)


def line_lots(
    document: FulfillmentOrder, sent: Iterable[PickIn]
) -> dict[int, list[tuple[str, int]]]:
    """Lots with their units by fulfilment line id, where lots were named."""
    lines = {line.order_line.position: line for line in document.lines.all()}
    named: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for index, row in enumerate(sent):
        if row.lot:
            pk = at_position(lines, row.line, f"/lines/{index}/line").pk
            named[pk].append((row.lot, row.quantity))
    return dict(named)


def parcel_lots(
    document: FulfillmentOrder, sent: Iterable[ParcelLotIn]
) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """Lots with their units by parcel and fulfilment line id."""
    lines = {line.order_line.position: line for line in document.lines.all()}
    named: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    for index, row in enumerate(sent):
        pk = at_position(lines, row.line, f"/lots/{index}/line").pk
        named[row.parcel, pk].append((row.lot, row.quantity))
    return dict(named)


def _by_key(lines: dict[int, Any], sent: Iterable[LineUnits | PickIn]) -> dict[int, int]:
    quantities: dict[int, int] = defaultdict(int)
    for index, row in enumerate(sent):
        quantities[at_position(lines, row.line, f"/lines/{index}/line").pk] += row.quantity
    return dict(quantities)


def at_position(
    lines: dict[int, Any], position: int, pointer: str
) -> FulfillmentOrderLine | ReturnLine | Model:
    """The line at this position. Raises Invalid."""
    if position not in lines:
        msg = f"There is no line {position} here."
        raise Invalid(msg, pointer)
    return lines[position]


def is_known(rows: Any, reference: str) -> Callable[[], bool]:
    """Whether something of this reference is there already, asked when it is wanted to know."""
    return lambda: bool(reference) and rows.filter(reference=reference).exists()
