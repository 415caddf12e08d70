"""Who got units of a lot: every order, parcel and customer in one list."""

from collections import defaultdict
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from django.db.models import F
from django.utils.module_loading import import_string

from inventory.enums import MovementKind
from inventory.models import Lot, StockMovement

MOST = 20_000  # rows of a recall
PICKED, PACKED, SENT = "picked", "packed", "sent"


@dataclass(frozen=True, slots=True)
class Traced:
    """Units of a lot that are with a customer or on their way there, and how many came back.

    `state` is picked (in a trolley), packed (in a parcel that is still here) or sent. A parcel is
    not known where units left before lots were kept by parcel.
    """

    order: Any
    state: str
    units: int
    returned: int = 0
    shipment: str = ""
    shipment_id: int | None = None
    at: Any = None
    parcel: int | None = None
    tracking_number: str = ""
    work: str = ""
    work_id: int | None = None
    location: str = ""

    @property
    def out(self) -> int:
        """Units that the customer still has."""
        return self.units - self.returned if self.state == SENT else 0


def recall(lot: Lot) -> list[Traced]:
    """Where every unit of a lot went: what has not left first, then the newest shipment.

    One row per order line and parcel. Returned units that no parcel is known for count against the
    line's latest shipment first.
    """
    path = import_module("oms.wiring").ANSWERS.get("inventory.parcels_of_lot")
    parcels: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for one in import_string(path)(lot.pk) if path else ():
        parcels[one.order_line, one.shipment].append(one)
    sent = [row for line, whole in _sent(lot) for row in _by_parcel(line, whole, parcels)]
    return [*_here(lot, parcels), *sent]


def _sent(lot: Lot) -> list[tuple[int, Traced]]:
    """What movements say: units by order line and shipment, newest first."""
    kinds = (MovementKind.ISSUED, MovementKind.RETURNED)
    rows = StockMovement.objects.filter(lot=lot, kind__in=kinds, order_line__isnull=False)
    rows = rows.select_related("order_line__order__customer", "order_line__order__channel")
    back: dict[int, int] = defaultdict(int)
    out = []
    for row in rows.order_by("-pk")[:MOST]:
        line = row.order_line_id or 0
        if row.kind == MovementKind.RETURNED:
            back[line] += row.quantity
            continue
        returned = min(back[line], -row.quantity)
        back[line] -= returned
        order = row.order_line.order
        whole = Traced(order, SENT, -row.quantity, returned, shipment=row.reference, at=row.at)
        out.append((line, whole))
    return out


def _by_parcel(line: int, whole: Traced, parcels: dict[tuple[int, str], list[Any]]) -> list[Traced]:
    left, back, found = whole.units, whole.returned, []
    for one in parcels.get((line, whole.shipment), ()):
        units = min(one.units, left)
        left -= units
        back -= min(one.returned, units)
        if units:
            place = replace(whole, units=units, returned=min(one.returned, units))
            found.append(_told(place, one))
    if left:
        found.append(replace(whole, units=left, returned=0))
    for index, row in enumerate(found):
        more = max(min(back, row.units - row.returned), 0)
        back -= more
        found[index] = replace(row, returned=row.returned + more)
    return found


def _here(lot: Lot, parcels: dict[tuple[int, str], list[Any]]) -> list[Traced]:
    """Units that were picked and have not left, by the relation's name alone."""
    rows = lot.picks.filter(quantity__gt=F("shipped"))  # type: ignore[attr-defined]
    along = ("line__fulfillment_order__location", "line__order_line__order__customer",
             "line__order_line__order__channel")  # fmt: skip
    found = []
    for row in rows.select_related(*along).order_by("pk")[:MOST]:
        line, work = row.line.order_line, row.line.fulfillment_order
        here = Traced(
            line.order,
            PICKED,
            row.quantity - row.shipped,
            work=work.number,
            work_id=work.pk,
            location=work.location.code,
        )
        loose = here.units
        for one in parcels.get((line.pk, ""), ()):
            if one.work_id == work.pk:
                loose -= one.units
                found.append(_told(replace(here, state=PACKED, units=one.units), one))
        if loose > 0:
            found.append(replace(here, units=loose))
    return found


def _told(row: Traced, one: Any) -> Traced:
    return replace(
        row,
        parcel=one.parcel,
        tracking_number=one.tracking_number,
        shipment_id=one.shipment_id,
        work=one.work,
        work_id=one.work_id,
    )
