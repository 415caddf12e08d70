"""Acme, who sells to us, and what we order from it."""

from decimal import Decimal

from inventory import operations as inventory
from inventory.models import Location, Product, PurchaseOrder, Supplier

BY = "user:1"


def supplier(code: str = "ACME", **fields) -> Supplier:
    """A British supplier who states a lead time of 14 days, unless said otherwise."""
    defaults = {"name": "Acme Ltd", "country": "GB", "currency": "GBP"}
    found = Supplier.objects.filter(code=code).first()
    return found or Supplier.objects.create(code=code, **{**defaults, **fields})


def draft(*lines, supplier=None, location=None, currency="", rate=None) -> PurchaseOrder:
    """A draft of lines (SKU, quantity, price) for London."""
    terms = inventory.Terms(currency=currency, exchange_rate=rate and Decimal(rate))
    return inventory.draft_purchase_order(
        supplier or globals()["supplier"](),
        location or place(),
        [
            inventory.Wanted(goods(sku).pk, quantity, Decimal(price))
            for sku, quantity, price in lines
        ],
        by=BY,
        terms=terms,
    )


def sent(*lines, **more) -> PurchaseOrder:
    """The same, sent."""
    return inventory.send_purchase_order(draft(*lines, **more), by=BY)


def receive(order, *, reference="", over="refuse", **came):
    """Receive SKU=(good, damaged) of a purchase order."""
    return inventory.receive_purchase_order(order, delivery(reference, over, **came), by=BY)


def delivery(reference="", over="refuse", **came) -> inventory.Delivery:
    """What came: SKU=(good, damaged)."""
    rows = tuple(
        inventory.Delivered(goods(sku).pk, good, damaged) for sku, (good, damaged) in came.items()
    )
    return inventory.Delivery(rows, reference, over=over)


def goods(sku: str) -> Product:
    """The product, made where it is missing."""
    return Product.objects.get_or_create(sku=sku, defaults={"name": sku.title(), "weight_g": 300})[
        0
    ]


def place(code: str = "LON", **fields) -> Location:
    """A British warehouse, made where it is missing."""
    defaults = {"name": code, "country": "GB", "latitude": 51.5, "longitude": -0.1}
    return Location.objects.get_or_create(code=code, defaults={**defaults, **fields})[0]
