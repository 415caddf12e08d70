"""Units that have left and will not arrive: of parcels that came back, or are claimed as lost.

What a claim made good stays given up when the claim is withdrawn, until its parcel arrives.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.expressions import Combinable

from fulfillment.enums import ClaimKind, ShipmentStatus
from fulfillment.models import ClaimLine, ParcelLine, ReturnLine
from fulfillment.queries.claims import ARRIVED, STANDING

BACK = ShipmentStatus.RETURNED_TO_SENDER
Rows = list[tuple[int, int, int]]  # shipment, order line, units


def undelivered_units(order: int | None = None) -> dict[int, int]:
    """Such units by order line id, of one order or of all."""
    given_up = Q(claim__status__in=STANDING) | Q(claim__credit__isnull=False)
    lost = _sums(_claims(order).filter(given_up, _LOST), "claim__shipment", "order_line")
    parcels = ParcelLine.objects.filter(parcel__shipment__status=BACK)
    if order is not None:
        parcels = parcels.filter(parcel__shipment__order=order)
    return _by_line([*_held(parcels), *_within_parcels(lost)])


def made_good_units(order: int | None = None) -> dict[int, int]:
    """Of such units, those that are credited: by a claim, or by the return that brings them."""
    claims = _claims(order).filter(_LOST | Q(claim__shipment__status=BACK))
    credited = claims.filter(claim__credit__isnull=False)
    lines = ReturnLine.objects.filter(return_order__origin_return__shipment__status=BACK)
    if order is not None:
        lines = lines.filter(return_order__order=order)
    received = _sums(
        lines, "return_order__origin_return__shipment", "order_line", F("credited") - F("charged")
    )
    return _by_line(_within_parcels([*_sums(credited, "claim__shipment", "order_line"), *received]))


def wrong_undelivered() -> Iterator[str]:
    """Order lines whose undelivered units, or made good ones, are others than shipments say."""
    said, good = undelivered_units(), made_good_units()
    lines = ParcelLine.objects.filter(line__order_line__undelivered__gt=0)
    known = lines | ParcelLine.objects.filter(line__order_line__in=list(said))
    names = ("pk", "order__number", "position", "undelivered", "made_good")
    rows = known.order_by().values_list(*(f"line__order_line__{name}" for name in names))
    for pk, number, position, units, credited in rows.distinct():
        if units != said.get(pk, 0):
            yield f"{number} line {position}: {units} undelivered, shipments say {said.get(pk, 0)}"
        if credited != good.get(pk, 0):
            yield f"{number} line {position}: {credited} made good, claims say {good.get(pk, 0)}"


_LOST = Q(claim__kind=ClaimKind.LOST) & ~Q(claim__shipment__status__in=ARRIVED)


def _claims(order: int | None) -> QuerySet[ClaimLine]:
    rows = ClaimLine.objects.all()
    return rows if order is None else rows.filter(claim__order=order)


def _held(parcels: QuerySet[ParcelLine]) -> Rows:
    return _sums(parcels, "parcel__shipment", "line__order_line")


def _within_parcels(rows: Rows) -> Rows:
    """No more than was in it: of two claims one is withdrawn, and others put units into a return."""
    if not rows:
        return rows
    said: dict[tuple[int, int], int] = defaultdict(int)
    for shipment, line, units in rows:
        said[shipment, line] += units
    parcels = ParcelLine.objects.filter(parcel__shipment__in={shipment for shipment, _ in said})
    held = {(shipment, line): units for shipment, line, units in _held(parcels)}
    return [(*key, min(units, held.get(key, 0))) for key, units in said.items()]


def _sums(rows: QuerySet, shipment: str, line: str, units: Combinable | None = None) -> Rows:
    found = rows.order_by().annotate(shipped_by=F(shipment), of_line=F(line))
    total = Sum(units or F("quantity"))
    return list(found.values_list("shipped_by", "of_line").annotate(units=total))


def _by_line(rows: Iterable[tuple[int, int, int]]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for _, line, units in rows:
        found[line] += units
    return {line: units for line, units in found.items() if units}
