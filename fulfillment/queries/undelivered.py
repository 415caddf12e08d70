"""Units that have left and will not arrive: of parcels that came back, or are claimed as lost."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import F, QuerySet, Sum

from fulfillment.enums import ClaimKind, ShipmentStatus
from fulfillment.models import ClaimLine, ParcelLine
from fulfillment.queries.claims import ARRIVED, STANDING


def undelivered_units(order: int | None = None) -> dict[int, int]:
    """Such units by order line id, of one order or of all."""
    back = ParcelLine.objects.filter(parcel__shipment__status=ShipmentStatus.RETURNED_TO_SENDER)
    lost = ClaimLine.objects.filter(claim__kind=ClaimKind.LOST, claim__status__in=STANDING).exclude(
        claim__shipment__status__in=ARRIVED
    )
    if order is not None:
        back = back.filter(parcel__shipment__order=order)
        lost = lost.filter(claim__order=order)
    found: dict[int, int] = defaultdict(int)
    for line, units in (*_sums(back, "line__order_line"), *_sums(lost, "order_line")):
        found[line] += units
    return dict(found)


def wrong_undelivered() -> Iterator[str]:
    """Order lines whose undelivered units are others than shipments and claims say."""
    said = undelivered_units()
    lines = ParcelLine.objects.filter(line__order_line__undelivered__gt=0)
    known = lines | ParcelLine.objects.filter(line__order_line__in=list(said))
    order_line = "line__order_line"
    rows = known.order_by().values_list(
        order_line,
        f"{order_line}__order__number",
        f"{order_line}__position",
        f"{order_line}__undelivered",
    )
    for pk, number, position, units in rows.distinct():
        if units != said.get(pk, 0):
            yield f"{number} line {position}: {units} undelivered, shipments say {said.get(pk, 0)}"


def _sums(rows: QuerySet, line: str) -> QuerySet:
    return rows.order_by().annotate(at=F(line)).values_list("at").annotate(units=Sum("quantity"))
