"""Purchase orders: written, sent, and ended; what comes of them is in `receiving`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.enums import PurchaseOrderStatus, SupplyKind
from inventory.models import Location, Product, PurchaseOrder, PurchaseOrderLine, Supplier
from inventory.models import SupplierProduct as Offer
from inventory.operations import papers
from inventory.operations.expected import Expected, expect
from inventory.queries.leadtimes import lead_times
from oms import numbers
from oms.errors import DomainError
from oms.history import stamp
from oms.money import ZERO


class NotADraft(DomainError):
    """What the supplier has is not rewritten."""

    code = "not_a_draft"
    message = "{number} is {status}; only drafts are rewritten."


class EmptyPurchaseOrder(DomainError):
    """A purchase order without lines buys nothing."""

    code = "empty_purchase_order"
    message = "{number} has no lines."


class QuantityNotOffered(DomainError):
    """The supplier sells whole packs, and no less than a minimum."""

    code = "quantity_not_offered"
    message = (
        "{sku}: packs of {pack}, at least {minimum}; {quantity} is not possible, {possible} is."
    )


class UnknownLine(DomainError):
    """The document has no line at this position."""

    code = "unknown_line"
    message = "{number} has no line {position}."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units to buy; without a price the supplier's offer decides, else the product's cost."""

    product_id: int
    quantity: int
    unit_price: Decimal | None = None
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a purchase order says beside its lines; the supplier's currency where none is given."""

    currency: str = ""
    exchange_rate: Decimal | None = None
    expected_on: date | None = None
    note: str = ""


@transaction.atomic
def draft_purchase_order(
    supplier: Supplier,
    location: Location,
    wanted: Sequence[Wanted],
    *,
    by: str,
    terms: Terms | None = None,
) -> PurchaseOrder:
    """Write a purchase order that the supplier does not know of yet.

    Raises RateMissing when supplier and location reckon in different currencies and no rate is
    given, QuantityNotOffered when a quantity is no whole number of packs or below the minimum.
    """
    terms = terms or Terms()
    currency = terms.currency or supplier.currency
    papers.refuse_rate(currency, location, is_stated=terms.exchange_rate is not None)
    lines = _lines(supplier, wanted)

    order = PurchaseOrder(
        number=numbers.take("purchase_order")[0],
        supplier=supplier,
        location=location,
        currency=currency,
        exchange_rate=terms.exchange_rate or Decimal(1),
        expected_on=terms.expected_on,
        note=terms.note,
        created_at=timezone.now(),
    )
    stamp(order, by=by)
    order.save()
    _write(order, lines)

    papers.record(order, "drafted", by=by, supplier=supplier.code, lines=len(lines))
    return order


@transaction.atomic
def rewrite_purchase_order(
    order: PurchaseOrder, wanted: Sequence[Wanted], *, by: str
) -> PurchaseOrder:
    """Replace the lines of a draft. Raises NotADraft or QuantityNotOffered."""
    order = papers.lock(order)
    if order.status != PurchaseOrderStatus.DRAFT:
        raise NotADraft(number=order.number, status=order.get_status_display().lower())
    lines = _lines(order.supplier, wanted)

    order.lines.all().delete()
    _write(order, lines)

    papers.record(order, "rewritten", by=by, lines=len(lines))
    return order


@transaction.atomic
def send_purchase_order(order: PurchaseOrder, *, by: str) -> PurchaseOrder:
    """Take the order as given to the supplier: from now on its units are expected.

    Without a day it is expected after the longest mean lead time of its lines. Raises
    EmptyPurchaseOrder or NotAllowedNow.
    """
    order = papers.lock(order)
    lines = list(order.lines.all())
    if not lines:
        raise EmptyPurchaseOrder(number=order.number)

    if order.expected_on is None:
        order.expected_on = _likely_day(order, lines)
        stamp(order, by=by, reason="expected by its lead times")
        order.save(update_fields=["expected_on"])
    papers.advance(order, PurchaseOrderStatus.SENT, by=by)
    expect_rest(order, lines)

    papers.record(order, "sent", by=by, **_about(order), expected_on=str(order.expected_on))
    return order


@transaction.atomic
def confirm_purchase_order(
    order: PurchaseOrder,
    *,
    by: str,
    reference: str = "",
    expected_on: date | None = None,
    days: Mapping[int, date] | None = None,
) -> PurchaseOrder:
    """Note what the supplier says: its own number, another day, other days by line position.

    Raises NotAllowedNow unless the order is open, UnknownLine for a position that is not there.
    """
    order = papers.lock(order)
    if not order.is_open:
        status = order.get_status_display().lower()
        raise papers.NotAllowedNow(number=order.number, status=status, to="confirmed")
    lines = {line.position: line for line in order.lines.all()}
    for position in days or {}:
        if position not in lines:
            raise UnknownLine(number=order.number, position=position)

    order.reference = reference or order.reference
    order.expected_on = expected_on or order.expected_on
    stamp(order, by=by, reason="confirmed by the supplier")
    order.save(update_fields=["reference", "expected_on"])
    for position, day in (days or {}).items():
        lines[position].expected_on = day
        lines[position].save(update_fields=["expected_on"])
    expect_rest(order, lines.values())

    papers.record(order, "confirmed", by=by, reference=order.reference, **_about(order))
    return order


@transaction.atomic
def close_purchase_order(order: PurchaseOrder, *, by: str, reason: str) -> PurchaseOrder:
    """Expect no more of it: what is missing will not come. Raises NotAllowedNow."""
    order = papers.lock(order)
    lines = list(order.lines.all())

    papers.advance(order, PurchaseOrderStatus.CLOSED, by=by, reason=reason)
    expect(SupplyKind.PURCHASE_ORDER, order.number, ())

    missing = {line.position: line.missing for line in lines if line.missing}
    papers.record(order, "closed", by=by, **_about(order), missing=missing, reason=reason)
    return order


@transaction.atomic
def cancel_purchase_order(order: PurchaseOrder, *, by: str, reason: str) -> PurchaseOrder:
    """Withdraw it before anything came. Raises NotAllowedNow."""
    order = papers.lock(order)

    papers.advance(order, PurchaseOrderStatus.CANCELLED, by=by, reason=reason)
    expect(SupplyKind.PURCHASE_ORDER, order.number, ())

    papers.record(order, "cancelled", by=by, **_about(order), reason=reason)
    return order


def expect_rest(order: PurchaseOrder, lines: Iterable[PurchaseOrderLine]) -> None:
    """State what an open order still brings; called under its lock after every change."""
    today = timezone.localdate()
    expect(
        SupplyKind.PURCHASE_ORDER,
        order.number,
        [
            Expected(
                line.product_id,
                order.location_id,
                line.missing,
                line.expected_on or order.expected_on or today,
            )
            for line in lines
        ],
    )


def _about(order: PurchaseOrder) -> dict[str, object]:
    return {"supplier": order.supplier.code, "location": order.location.code}


def _lines(supplier: Supplier, wanted: Sequence[Wanted]) -> list[PurchaseOrderLine]:
    ids = {row.product_id for row in wanted}
    products = Product.objects.in_bulk(ids)
    offers = {row.product_id: row for row in supplier.offers.filter(product__in=ids)}
    made = []
    for position, row in enumerate(wanted, start=1):
        product, offer = products[row.product_id], offers.get(row.product_id)
        if offer and not offer.fits(row.quantity):
            raise _not_offered(product, offer, row.quantity)
        made.append(
            PurchaseOrderLine(
                position=position,
                product=product,
                supplier_sku=offer.supplier_sku if offer else "",
                quantity=row.quantity,
                unit_price=_price(row, offer, product),
                expected_on=row.expected_on,
            )
        )
    return made


def _price(row: Wanted, offer: Offer | None, product: Product) -> Decimal:
    if row.unit_price is not None:
        return row.unit_price
    return offer.price if offer else product.unit_cost or ZERO


def _not_offered(product: Product, offer: Offer, quantity: int) -> QuantityNotOffered:
    return QuantityNotOffered(
        sku=product.sku,
        pack=offer.pack_size,
        minimum=offer.minimum,
        quantity=quantity,
        possible=offer.rounded_up(quantity),
    )


def _write(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> None:
    for line in lines:
        line.purchase_order = order
    PurchaseOrderLine.objects.bulk_create(lines)


def _likely_day(order: PurchaseOrder, lines: Sequence[PurchaseOrderLine]) -> date:
    learnt = lead_times((order.supplier_id, line.product_id) for line in lines)
    days = max(learnt[order.supplier_id, line.product_id].mean for line in lines)
    return timezone.localdate() + timedelta(days=round(days))
