"""The purchase order as the supplier gets it."""

from decimal import Decimal

from django.utils import timezone
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from inventory.models import PurchaseOrder, PurchaseOrderLine
from oms import words
from oms.money import ZERO
from oms.paper import STRONG, TITLE, barcode, build, table, text

WIDTHS = [10, 34, 62, 20, 24, 26]  # mm


def purchase_order(order: PurchaseOrder) -> bytes:
    """Supplier, place of delivery, lines with the supplier's own SKUs, and the total."""
    lines = list(order.lines.select_related("product").order_by("position"))
    title = f"Purchase order {order.number}"
    story = [text(title, TITLE), *_parties(order), barcode(order.number), Spacer(1, 6 * mm)]
    story += [_lines(order, lines), Spacer(1, 4 * mm), *_end(order, lines)]
    return build(story, title)


def _parties(order: PurchaseOrder) -> list[Flowable]:
    place = order.location
    town = f"{place.postcode} {place.city} {place.country}".strip()
    deliver = ", ".join(part for part in (place.name, place.line1, town) if part)
    when = f"{order.expected_on:%d %b %Y}" if order.expected_on else "as soon as possible"
    sent = f"{timezone.localdate(order.sent_at):%d %b %Y}" if order.sent_at else "draft, not valid"
    rows = [
        ("Supplier", f"{order.supplier.name}\n{order.supplier.address}".strip()),
        ("Date", sent),
        ("Deliver to", deliver),
        ("Deliver by", when),
        ("Payment", words.count(order.supplier.payment_terms_days, "day")),
        ("Your number", order.reference),
    ]
    said = [[text(name, STRONG), text(value)] for name, value in rows if value]
    return [Spacer(1, 4 * mm), table(said, [30, 146]), Spacer(1, 6 * mm)]


def _lines(order: PurchaseOrder, lines: list[PurchaseOrderLine]) -> Flowable:
    names = ("", "Your SKU", "Product", "Quantity", "Price", "Amount")
    rows = [[text(name, STRONG) for name in names]]
    for line in lines:
        product = f"{line.product.sku} {line.product.name}"
        if line.expected_on and line.expected_on != order.expected_on:
            product += f"\nby {line.expected_on:%d %b %Y}"
        rows.append(
            [text(line.position), text(line.supplier_sku or "–"), text(product),
             text(line.quantity), text(words.money(line.unit_price, order.currency)),
             text(words.money(line.amount, order.currency))]
        )  # fmt: skip
    return table(rows, WIDTHS)


def _end(order: PurchaseOrder, lines: list[PurchaseOrderLine]) -> list[Flowable]:
    total: Decimal = sum((line.amount for line in lines), ZERO)
    said: list[Flowable] = [text(f"Total {words.money(total, order.currency)}", STRONG)]
    return [*said, Spacer(1, 4 * mm), text(order.note)] if order.note else said
