"""Which units of a shipment were made good: credited by a claim, or by the return that brings them.

A claim that was withdrawn counts as well: what its buyer got stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import F, QuerySet, Sum

from fulfillment.enums import ReturnStatus
from fulfillment.models import ClaimLine, ParcelLine, ReturnLine, Shipment

NEVER_CAME = (ReturnStatus.DECLINED, ReturnStatus.WITHDRAWN, ReturnStatus.EXPIRED)


def credited_by_claims(shipment: Shipment) -> dict[int, int]:
    """Units of the shipment that claims refunded or replaced, by order line id."""
    rows = ClaimLine.objects.filter(claim__shipment=shipment, claim__credit__isnull=False)
    return dict(rows.order_by().values_list("order_line").annotate(units=Sum("quantity")))


def not_made_good(shipment: Shipment) -> dict[int, int]:
    """Units of the shipment that neither a claim nor its own return makes good, by order line id."""
    rows = ParcelLine.objects.filter(parcel__shipment=shipment).order_by()
    left = dict(rows.values_list("line__order_line").annotate(units=Sum("quantity")))
    for line, units in credited_by_claims(shipment).items():
        left[line] -= units
    coming = _coming().filter(return_order__origin_return__shipment=shipment)
    for line, units in coming.values_list("order_line").annotate(units=_waited()):
        left[line] -= units
    return left


def wrong_making_good() -> Iterator[str]:
    """Shipments of which more units are made good by claims, and by their return, than they held.

    Whoever scans a return may add units of other shipments to it; without a claim it says nothing.
    """
    found: dict[tuple[int, int], int] = defaultdict(int)
    claims = ClaimLine.objects.filter(claim__credit__isnull=False).order_by()
    by_claims = claims.values_list("claim__shipment", "order_line").annotate(sum=Sum("quantity"))
    coming = _coming().filter(return_order__origin_return__isnull=False)
    by_return = coming.values_list("return_order__origin_return__shipment", "order_line")
    for shipment, line, units in by_claims:
        found[shipment, line] += units
    for shipment, line, units in by_return.annotate(sum=_waited()):
        if (shipment, line) in found:
            found[shipment, line] += units
    rows = ParcelLine.objects.filter(parcel__shipment__in={key[0] for key in found}).order_by()
    sums = rows.values_list("parcel__shipment", "line__order_line").annotate(sum=Sum("quantity"))
    held = {(shipment, line): units for shipment, line, units in sums}
    numbers = dict(
        Shipment.objects.filter(pk__in={key[0] for key in found}).values_list("pk", "number")
    )
    for key, units in sorted(found.items()):
        if units > held.get(key, 0):
            yield f"{numbers[key[0]]}: {units} units made good, {held.get(key, 0)} were in it"


def _coming() -> QuerySet[ReturnLine]:
    return ReturnLine.objects.exclude(return_order__status__in=NEVER_CAME).order_by()


def _waited() -> Sum:
    return Sum(F("quantity") - F("given_up") - F("sent_back"))
