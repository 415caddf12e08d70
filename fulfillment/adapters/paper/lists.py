"""Pick lists and packing slips."""

from collections.abc import Sequence

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Spacer

from fulfillment.adapters.paper.address import address
from fulfillment.models import FulfillmentOrder
from oms.paper import STRONG, TITLE, barcode, build, table, text


def pick_list(documents: Sequence[FulfillmentOrder]) -> bytes:
    """What to take from which shelf; one page or more per fulfilment order, no personal data."""
    story: list[Flowable] = []
    for document in documents:
        story += [*_head(document, "Pick list"), _to_pick(document), PageBreak()]
    return build(story[:-1], "Pick list")


def packing_slip(document: FulfillmentOrder, *, by: str) -> bytes:
    """What is in the parcels, for the buyer."""
    head = _head(document, "Packing slip")
    lines = [text(line) for line in address(document, by=by)]
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
    for line in _lines(document):
        wanted = line.order_line
        rows.append(
            [barcode(wanted.product.sku, 7 * mm, 0.25 * mm), text(wanted.name),
             text(line.to_pick, STRONG), text("[  ]")]
        )  # fmt: skip
    return table(rows, [62, 78, 18, 18])


def _packed(document: FulfillmentOrder) -> Flowable:
    rows = [[text(name, STRONG) for name in ("SKU", "Product", "Ordered", "In this delivery")]]
    for line in _lines(document):
        wanted = line.order_line
        in_it = line.packed or line.due
        rows.append([text(wanted.sku), text(wanted.name), text(wanted.due), text(in_it, STRONG)])
    return table(rows, [36, 84, 22, 34])


def _lines(document: FulfillmentOrder) -> list:
    rows = document.lines.select_related("order_line__product")
    return list(rows.order_by("order_line__position"))
