"""The paper of a return: a label to cut off, and a slip that goes into the parcel."""

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, HRFlowable, Spacer

from fulfillment.models import Return
from oms.paper import PLAIN, STRONG, TITLE, barcode, build, table, text

BIG = ParagraphStyle("big", parent=STRONG, fontSize=16, leading=21)


def return_slip(document: Return) -> bytes:
    """Where to send it with the return's number as barcode; below, what belongs in the parcel.

    Names no buyer: whoever finds the parcel learns nothing but our address.
    """
    return build([*_label(document), *_slip(document)], f"Return {document.number}")


def _label(document: Return) -> list[Flowable]:
    place = document.location
    town = f"{place.postcode} {place.city}".strip()
    to = [line for line in (place.name, place.line1, town, place.country) if line]
    return [
        text("Return to", PLAIN),
        *(text(line, BIG) for line in to),
        Spacer(1, 6 * mm),
        barcode(document.number, 20 * mm, 0.5 * mm),
        text(document.number, BIG),
        Spacer(1, 4 * mm),
        HRFlowable(width="100%", color="black", dash=(3, 3)),
        text("Cut here, and stick the upper part on the parcel.", PLAIN),
        Spacer(1, 8 * mm),
    ]


def _slip(document: Return) -> list[Flowable]:
    rows = [[text(name, STRONG) for name in ("SKU", "Product", "Reason", "Units")]]
    lines = document.lines.select_related("order_line", "reason").order_by("order_line__position")
    for line in lines:
        wanted = line.order_line
        rows.append(
            [
                text(wanted.sku),
                text(wanted.name or wanted.sku),
                text(line.reason.name),
                text(line.missing, STRONG),
            ]
        )
    return [
        text(f"Return {document.number} of order {document.order.number}", TITLE),
        text("Put this part into the parcel."),
        Spacer(1, 4 * mm),
        table(rows, [36, 80, 40, 20]),
    ]
