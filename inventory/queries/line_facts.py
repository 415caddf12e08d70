"""What is said of a product while somebody puts it on a transfer, a purchase order or a count."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max

from inventory.enums import PurchaseOrderStatus
from inventory.models import (
    Location,
    Product,
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    Supplier,
)
from inventory.models import SupplierProduct as Offer
from oms.money import plain


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A product as a row shows it.

    `free` are the units that a location could give away now; none where no location is named.
    `cost` is a proposal for the price of a unit in the supplier's currency, and `cost_from` says
    in words where it comes from.
    """

    product: Product
    free: int | None = None
    cost: Decimal | None = None
    cost_from: str = ""
    offer: Offer | None = None  # of the supplier

    @property
    def least(self) -> int:
        """The fewest units that can be asked for."""
        return self.offer.rounded_up(1) if self.offer else 1


def line_facts(
    product_ids: Iterable[int], *, at: Location | None = None, supplier: Supplier | None = None
) -> dict[int, LineFacts]:
    """By product id what a row says of it; at most five statements, for any number.

    A supplier's last price comes before its offer, the offer before the product's cost.
    """
    ids = list(product_ids)
    free = _free(ids, at) if at else {}
    offers = _offers(ids, supplier) if supplier else {}
    paid = _last_paid(ids, supplier) if supplier else {}
    found = {}
    for pk, product in Product.objects.in_bulk(ids).items():
        offer = offers.get(pk)
        cost, cost_from = _cost(paid.get(pk), offer, product, at, supplier)
        free_here = free.get(pk, 0) if at else None
        found[pk] = LineFacts(product, free_here, cost, cost_from, offer)
    return found


def _free(ids: list[int], at: Location) -> dict[int, int]:
    rows = StockLevel.objects.filter(product__in=ids, location=at)
    return {row.product_id: max(row.on_hand - row.reserved - row.safety_stock, 0) for row in rows}


def _offers(ids: list[int], supplier: Supplier) -> dict[int, Offer]:
    return {row.product_id: row for row in supplier.offers.filter(product__in=ids)}


def _last_paid(ids: list[int], supplier: Supplier) -> dict[int, PurchaseOrderLine]:
    """The line of the last order that the supplier was given, by product id."""
    given = PurchaseOrder.objects.filter(supplier=supplier, currency=supplier.currency).exclude(
        status__in=[PurchaseOrderStatus.DRAFT, PurchaseOrderStatus.CANCELLED]
    )
    rows = PurchaseOrderLine.objects.filter(
        product__in=ids, purchase_order__in=given, unit_price__gt=0
    )
    last = rows.values("product").annotate(last=Max("pk")).values_list("last", flat=True)
    lines = PurchaseOrderLine.objects.filter(pk__in=list(last)).select_related("purchase_order")
    return {line.product_id: line for line in lines}


def _cost(
    paid: PurchaseOrderLine | None,
    offer: Offer | None,
    product: Product,
    at: Location | None,
    supplier: Supplier | None,
) -> tuple[Decimal | None, str]:
    if paid:
        said = f"last paid, {paid.purchase_order.number}"
        if offer and offer.price != paid.unit_price:
            said += f"; offered at {plain(offer.price, paid.purchase_order.currency)}"
        return paid.unit_price, said
    if offer:
        return offer.price, "as offered"
    if supplier and at and product.unit_cost and at.cost_currency == supplier.currency:
        return product.unit_cost, "the product's cost"
    return None, ""
