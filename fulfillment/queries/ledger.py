"""What must hold in fulfilment, for `check_ledgers`."""

from collections.abc import Iterator

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from fulfillment.models import (
    ClaimEntry,
    ClaimLine,
    FulfillmentOrderLine,
    OriginReturn,
    ParcelLine,
    ParcelLot,
    PickedLot,
    ReturnLine,
)
from fulfillment.queries.claims import wrong_money, wrong_units
from fulfillment.queries.making_good import wrong_making_good
from fulfillment.queries.undelivered import wrong_undelivered
from oms.ledgers import Invariant


def invariants() -> list[Invariant]:
    """The fulfilment invariants."""
    count = FulfillmentOrderLine.objects.count
    return [
        Invariant(
            "fulfillment.shipped",
            "What locations shipped of an order line equals the line's shipped units.",
            count=count,
            violations=_wrong_shipped,
        ),
        Invariant(
            "fulfillment.released",
            "Locations are asked for no more units than the order line has released.",
            count=count,
            violations=_wrong_released,
        ),
        Invariant(
            "fulfillment.parcels",
            "Packed units of a line equal what its parcels hold.",
            count=count,
            violations=_wrong_parcels,
        ),
        Invariant(
            "fulfillment.lots",
            "Picked and shipped units of a tracked line are those of its lots.",
            count=PickedLot.objects.count,
            violations=_wrong_lots,
        ),
        Invariant(
            "fulfillment.parcel_lots",
            "The lots in a line of a parcel make up its units, and none has more than was picked.",
            count=ParcelLot.objects.count,
            violations=_wrong_parcel_lots,
        ),
        Invariant(
            "fulfillment.returned",
            "Returned units with an outcome equal the order line's returned units.",
            count=ReturnLine.objects.count,
            violations=_wrong_returned,
        ),
        Invariant(
            "fulfillment.credited",
            "Units that returns credited equal the order line's credited units.",
            count=ReturnLine.objects.count,
            violations=_wrong_credited,
        ),
        *_carriers_doings(),
    ]


def _carriers_doings() -> list[Invariant]:
    """Of claims, and of parcels that came back."""
    return [
        Invariant(
            "fulfillment.claim_money",
            "Claimed = received + written off + dropped + open, as a claim's entries and state say.",
            count=ClaimEntry.objects.count,
            violations=wrong_money,
        ),
        Invariant(
            "fulfillment.undelivered",
            "Units that will not arrive are those of parcels that came back or are claimed as lost.",
            count=OriginReturn.objects.count,
            violations=wrong_undelivered,
        ),
        Invariant(
            "fulfillment.claim_units",
            "No more units are claimed of a shipment than it held.",
            count=ClaimLine.objects.count,
            violations=wrong_units,
        ),
        Invariant(
            "fulfillment.made_good",
            "No more units of a shipment are made good by claims and by its return than it held.",
            count=ClaimLine.objects.count,
            violations=wrong_making_good,
        ),
    ]


def _per_line(amount: Combinable) -> QuerySet:
    """Order lines that a location was asked for, with the sum of `amount`."""
    rows = FulfillmentOrderLine.objects.values("order_line").annotate(found=Sum(amount))
    return rows.order_by().values_list(
        "order_line__order__number",
        "order_line__position",
        "order_line__shipped",
        "order_line__released",
        "found",
    )


def _wrong_shipped() -> Iterator[str]:
    for number, position, shipped, _, found in _per_line(F("shipped")).exclude(
        found=F("order_line__shipped")
    ):
        yield f"{number} line {position}: {shipped} shipped, locations say {found}"


def _wrong_released() -> Iterator[str]:
    rows = _per_line(F("quantity") - F("dropped"))
    for number, position, _, released, found in rows.filter(found__gt=F("order_line__released")):
        yield f"{number} line {position}: {released} released, locations have {found}"


def _wrong_parcels() -> Iterator[str]:
    packed = (
        ParcelLine.objects.filter(line=OuterRef("pk"))
        .order_by()
        .values("line")
        .annotate(found=Sum("quantity"))
    )
    lines = FulfillmentOrderLine.objects.annotate(
        found=Coalesce(Subquery(packed.values("found")), 0)
    )
    for line in lines.exclude(found=F("packed")).select_related("fulfillment_order", "order_line"):
        yield f"{line.fulfillment_order} {line.order_line}: {line.packed}, parcels {line.found}"


def _wrong_returned() -> Iterator[str]:
    rows = (
        ReturnLine.objects.values("order_line")
        .annotate(found=Sum(F("restocked") + F("quarantined") + F("scrapped")))
        .order_by()
    )
    for row in rows.exclude(found=F("order_line__returned")).values_list(
        "order_line__order__number", "order_line__position", "order_line__returned", "found"
    ):
        yield f"{row[0]} line {row[1]}: {row[2]} returned, outcomes {row[3]}"


def _wrong_credited() -> Iterator[str]:
    rows = ReturnLine.objects.values("order_line").annotate(found=Sum("credited")).order_by()
    for row in rows.exclude(found=F("order_line__credited")).values_list(
        "order_line__order__number", "order_line__position", "order_line__credited", "found"
    ):
        yield f"{row[0]} line {row[1]}: {row[2]} credited, returns {row[3]}"


def _wrong_lots() -> Iterator[str]:
    rows = PickedLot.objects.filter(line=OuterRef("pk")).order_by().values("line")
    picked = rows.annotate(total=Sum("quantity")).values("total")
    gone = rows.annotate(total=Sum("shipped")).values("total")
    named = FulfillmentOrderLine.objects.filter(picked_lots__isnull=False).distinct()
    wrong = named.annotate(by_lot=Subquery(picked), gone=Subquery(gone))
    wrong = wrong.exclude(by_lot=F("picked"), gone=F("shipped"))
    for line in wrong.select_related("fulfillment_order", "order_line"):
        has = f"picked {line.picked}, lots {line.by_lot}; shipped {line.shipped}, lots {line.gone}"
        yield f"{line.fulfillment_order} {line.order_line.sku}: {has}"


def _wrong_parcel_lots() -> Iterator[str]:
    totals = ParcelLot.objects.filter(parcel_line=OuterRef("pk")).order_by().values("parcel_line")
    units = totals.annotate(total=Sum("quantity")).values("total")
    kept = ParcelLine.objects.filter(lots__isnull=False).distinct().annotate(by_lot=Subquery(units))
    for row in kept.exclude(by_lot=F("quantity")).select_related("parcel__fulfillment_order"):
        has = f"{row.quantity} units, lots {row.by_lot}"
        yield f"{row.parcel.fulfillment_order} {row.parcel}: {has}"
    packed = ParcelLot.objects.filter(parcel_line__line=OuterRef("line"), lot=OuterRef("lot"))
    sums = packed.order_by().values("lot").annotate(total=Sum("quantity")).values("total")
    wrong = PickedLot.objects.annotate(packed=Coalesce(Subquery(sums), 0))
    for pick in wrong.filter(packed__gt=F("quantity")).select_related("lot", "line__order_line"):
        yield f"{pick.line.order_line.sku} lot {pick.lot}: {pick.quantity} picked, parcels {pick.packed}"
