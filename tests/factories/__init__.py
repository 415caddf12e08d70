"""One believable small world: a shop, two warehouses, Ada who buys, Ben who works.

Everything goes through the operations, so that each row has its ledger behind it.
"""

from datetime import UTC, datetime
from decimal import Decimal

from django.contrib.auth.models import Group
from django.utils import timezone

from customers.operations import Party
from inventory import operations as inventory
from inventory.models import Location, Product
from oms.models import User
from orders import operations as orders
from orders.models import Channel, Order

BY = "user:1"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ADA = Party(name="Ada Byron", email="ada@example.com", phone="+44 20 7946 0001")
CORA = Party(name="Cora Stranger", email="cora@example.com")
LONDON = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "line2": "",
    "city": "London",
    "region": "",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


def shop(code: str = "shop", **policy) -> Channel:
    """A British shop whose orders need no payment before release, unless said otherwise."""
    defaults = {"name": "Shop", "currency": "GBP", "needs_payment": False, "undo_minutes": 0}
    return Channel.objects.create(code=code, **{**defaults, **policy})


def warehouse(code: str = "LON", **fields) -> Location:
    """A warehouse in London, unless said otherwise."""
    defaults = {"name": code, "country": "GB", "latitude": 51.5, "longitude": -0.1}
    return Location.objects.create(code=code, **{**defaults, **fields})


def product(sku: str = "MUG", **fields) -> Product:
    """A mug, unless said otherwise."""
    return Product.objects.create(sku=sku, **{"name": sku.title(), "weight_g": 300, **fields})


def stocked(sku: str, location: Location, quantity: int, **fields) -> Product:
    """A product with this many units received at the location."""
    found = Product.objects.filter(sku=sku).first() or product(sku, **fields)
    inventory.receive(found, location, quantity, by=BY, reference="opening")
    return found


def wish(*lines: tuple[str, int] | tuple[str, int, str], external_id: str = "", **fields):
    """An order as Ada would send it: (sku, quantity[, price])."""
    placed = tuple(
        orders.PlacedLine(sku=sku, quantity=quantity, unit_price=Decimal(price[0] if price else 10))
        for sku, quantity, *price in lines
    )
    at = min(NOW, timezone.now())  # a test may have travelled to before that
    defaults = {"currency": "GBP", "customer": ADA, "shipping_address": LONDON, "placed_at": at}
    return orders.PlacedOrder(external_id=external_id, lines=placed, **{**defaults, **fields})


def place(channel: Channel, *lines, **fields) -> Order:
    """Place one order and return it."""
    return orders.place_one(channel, wish(*lines, **fields), by=BY).order


def colleague(name: str, *roles: str, **fields) -> str:
    """Somebody who works here with these roles; how rules and events name them."""
    defaults = {"email": f"{name}@shop.example", "is_staff": True}
    made = User.objects.create_user(name, **{**defaults, **fields})
    made.groups.set(Group.objects.filter(name__in=roles))
    return f"user:{made.pk}"
