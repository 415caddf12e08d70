"""Pick lists and packing slips."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Spacer

from fulfillment import queries
from fulfillment.adapters.paper.address import address_and_wishes
from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from oms.paper import STRONG, TITLE, barcode, build, table, text, width_of

if TYPE_CHECKING:
    from inventory.models import Lot


def pick_list(documents: Sequence[FulfillmentOrder]) -> bytes:
    """What to take from which shelf; one page or more per fulfilment order, no personal data."""
    story: list[Flowable] = []
    for document in documents:
        story += [*_head(document, "Pick list"), _to_pick(document), PageBreak()]
    return build(story[:-1], "Pick list")


def packing_slip(document: FulfillmentOrder, *, by: str) -> bytes:
    """What is in the parcels, for the buyer."""
    head = _head(document, "Packing slip")
    place, wishes = address_and_wishes(document, by=by)
    lines = [text(line) for line in place]
    order = document.order
    own = "" if order.external_id == order.number else f", your number {order.external_id}"
    head[1] = text(
        f"{order.channel.name}: order {order.number}{own}, from {document.location.name}"
    )
    if wishes:
        lines += [Spacer(1, 3 * mm), *(text(wish, STRONG) for wish in wishes)]
    return build([*head, *lines, Spacer(1, 6 * mm), _packed(document)], "Packing slip")


def _head(document: FulfillmentOrder, title: str) -> list[Flowable]:
    place = document.location
    return [
        text(f"{title} {document.number}", TITLE),
        text(f"Order {document.order.number}, {place.name}"),
        Spacer(1, 4 * mm),
        barcode(document.number),
        Spacer(1, 6 * mm),
    ]


def _to_pick(document: FulfillmentOrder) -> Flowable:
    rows = [[text(name, STRONG) for name in ("SKU", "Product", "Pick", "Done")]]
    lines = lines_of(document)
    lots = queries.lots_to_pick(document, lines)
    for line in lines:
        wanted = line.order_line
        what = [text(wanted.name), *(text(_lot(*one)) for one in lots.get(line.pk, ()))]
        rows.append(
            [barcode(wanted.product.sku, 7 * mm, 0.25 * mm), what,
             text(line.to_pick, STRONG), text("[  ]")]
        )  # fmt: skip
    return table(rows, [62, 78, 18, 18])


def _packed(document: FulfillmentOrder) -> Flowable:
    rows = [[text(name, STRONG) for name in ("SKU", "Product", "Ordered", "In this delivery")]]
    lines = lines_of(document)
    for line in lines:
        wanted = line.order_line
        in_it = line.packed or line.due
        what = [text(wanted.name), *(text(said) for said in lots_in_parcels(line))]
        rows.append([text(wanted.sku), what, text(wanted.due), text(in_it, STRONG)])
    widest = min(max(36, *(width_of(row.order_line.sku) + 3 for row in lines)), 90)
    return table(rows, [widest, 126 - widest, 22, 28])


def lots_in_parcels(line: FulfillmentOrderLine) -> list[str]:
    """Lots or serial numbers with their parcel; while nothing is packed, what was picked."""
    packed = sorted(line.parcel_lines.all(), key=lambda row: row.parcel.position)
    said = [
        f"{_lot(one.lot, one.quantity)}, parcel {row.parcel.position}"
        for row in packed
        for one in row.lots.all()
    ]
    return said or [_lot(row.lot, row.quantity) for row in line.picked_lots.all()]


def _lot(lot: "Lot", units: int) -> str:
    until = f", until {lot.expires_on.day} {lot.expires_on:%b %Y}" if lot.expires_on else ""
    return f"{lot.code} × {units}{until}"


def lines_of(document: FulfillmentOrder) -> list:
    """The lines with their products, lots and parcels, by position."""
    rows = document.lines.select_related("order_line__product")
    lots = ("picked_lots__lot", "parcel_lines__parcel", "parcel_lines__lots__lot")
    return list(rows.prefetch_related(*lots).order_by("order_line__position"))
