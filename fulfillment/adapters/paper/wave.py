"""The consolidated pick list: one walk past the shelves for several fulfilment orders."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from django.db.models import F
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Spacer

from fulfillment.models import FulfillmentOrder, FulfillmentOrderLine
from oms import words
from oms.paper import STRONG, TITLE, barcode, build, table, text


def wave_pick_list(documents: Sequence[FulfillmentOrder]) -> bytes:
    """Units by SKU over all of them and for which each is; a page or more for each location.

    Says which are on hold or have nothing left to pick, and leaves these out. Names no buyer.
    """
    lines = to_pick(documents)
    story: list[Flowable] = []
    for place, rows in groupby(lines, key=lambda line: line.fulfillment_order.location.name):
        story += [*_page(place, list(rows)), PageBreak()]
    taken = {line.fulfillment_order_id for line in lines}
    if missing := sorted(each.number for each in documents if each.pk not in taken):
        story[-1:] = [
            Spacer(1, 6 * mm),
            text(f"On hold or picked, left out: {', '.join(missing)}."),
        ]
        story.append(PageBreak())
    return build(story[:-1], "Consolidated pick list")


def to_pick(documents: Sequence[FulfillmentOrder]) -> list[FulfillmentOrderLine]:
    """Lines with units still on the shelf and without a hold, by location, SKU and number."""
    rows = FulfillmentOrderLine.objects.filter(
        fulfillment_order__in=[each.pk for each in documents],
        quantity__gt=F("dropped") + F("picked"),
    ).exclude(
        fulfillment_order__order__holds__isnull=False,
        fulfillment_order__order__holds__lifted_at=None,
    )
    rows = rows.select_related("order_line__product", "fulfillment_order__location")
    return list(
        rows.order_by(
            "fulfillment_order__location__name",
            "fulfillment_order__location_id",
            "order_line__product__sku",
            "fulfillment_order__number",
            "pk",
        )
    )


def _page(place: str, lines: list[FulfillmentOrderLine]) -> list[Flowable]:
    numbers = {line.fulfillment_order.number for line in lines}
    units = sum(line.to_pick for line in lines)
    said = f"{words.count(len(numbers), 'fulfilment order')}, {words.count(units, 'unit')}"
    rows = [[text(name, STRONG) for name in ("SKU", "Product", "Pick", "For", "Done")]]
    for sku, same in groupby(lines, key=lambda line: line.order_line.product.sku):
        mine = list(same)
        rows.append(
            [
                barcode(sku, 7 * mm, 0.25 * mm),
                text(mine[0].order_line.name or mine[0].order_line.product.name),
                text(sum(line.to_pick for line in mine), STRONG),
                [text(f"{number} × {wanted}") for number, wanted in _by_order(mine)],
                text("[  ]"),
            ]
        )
    return [
        text("Consolidated pick list", TITLE),
        text(f"{place}: {said}"),
        Spacer(1, 6 * mm),
        table(rows, [62, 52, 14, 36, 12]),
    ]


def _by_order(lines: Iterable[FulfillmentOrderLine]) -> list[tuple[str, int]]:
    units: dict[str, int] = defaultdict(int)
    for line in lines:
        units[line.fulfillment_order.number] += line.to_pick
    return list(units.items())
