"""Parcel labels, 4 by 6 inches: the size of thermal printers."""

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.platypus import Flowable, HRFlowable, PageBreak, Spacer

from fulfillment.adapters.paper.address import address
from fulfillment.models import FulfillmentOrder
from oms.paper import PLAIN, STRONG, barcode, build, text

SIZE = (4 * inch, 6 * inch)
BIG = ParagraphStyle("big", parent=STRONG, fontSize=14, leading=18)


def labels(document: FulfillmentOrder, *, by: str) -> bytes:
    """One label per parcel: from, to, weight, n of m, and the barcode to scan."""
    parcels = list(document.parcels.select_related("shipment__carrier").order_by("position"))
    to = address(document, by=by)
    story: list[Flowable] = []
    for parcel in parcels:
        shipment = parcel.shipment
        code = (shipment and shipment.tracking_number) or f"{document.number}-{parcel.position}"
        carrier = shipment.carrier.name if shipment else "Carrier not chosen"
        story += [*_from(document), *(text(line, BIG) for line in to or ["[erased]"])]
        story += [Spacer(1, 6 * mm), HRFlowable(width="100%", color="black")]
        weight = f"{parcel.weight_g / 1000:.2f} kg"
        count = f"parcel {parcel.position} of {len(parcels)}"
        story += [text(f"{carrier}, {weight}, {count}"), Spacer(1, 5 * mm)]
        story += [barcode(code, 20 * mm, 0.33 * mm), PageBreak()]
    return build(story[:-1], f"Label {document.number}", SIZE)


def _from(document: FulfillmentOrder) -> list[Flowable]:
    place = document.location
    town = f"{place.postcode} {place.city} {place.country}".strip()
    lines = (f"From {place.name}", place.line1, town)
    story: list[Flowable] = [text(line, PLAIN) for line in lines if line]
    return [*story, HRFlowable(width="100%", color="black"), Spacer(1, 6 * mm)]
