"""Orders as channels send them, and the three refusals that no hold could replace."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from customers.operations import Party
from oms import sealed
from oms.errors import DomainError
from oms.money import ZERO


class InvalidOrder(DomainError):
    """What was sent cannot be an order at all."""

    code = "invalid_order"
    message = "{reason}"


class ExternalIdReused(DomainError):
    """The channel sent this id before, with other content."""

    code = "external_id_reused"
    message = "Order {external_id} is already here as {number}, with different content."


class OutOfStock(DomainError):
    """The channel allows no backorder, and not everything is available."""

    code = "out_of_stock"
    message = "Not available in the ordered quantity: {skus}"


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line as the channel sent it; `discount` and `tax_amount` are of the whole line."""

    sku: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = ZERO
    tax_amount: Decimal | None = None
    external_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class PlacedCharge:
    """A charge as the channel sent it, priced like the lines; discounts are negative."""

    kind: str
    amount: Decimal
    tax_amount: Decimal | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class PlacedPayment:
    """A payment as the channel knows it; `state` is pending, authorized or captured."""

    method: str
    amount: Decimal
    state: str = "captured"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the channel sent it. An empty `external_id` takes our number instead."""

    external_id: str
    currency: str
    customer: Party
    shipping_address: dict[str, str]
    lines: tuple[PlacedLine, ...]
    billing_address: dict[str, str] = field(default_factory=dict)
    charges: tuple[PlacedCharge, ...] = ()
    payments: tuple[PlacedPayment, ...] = ()
    placed_at: datetime | None = None
    total: Decimal | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()
    reservation: str = field(default="", repr=False)  # token of a soft reservation; not content
    pickup_location: str = field(default="", repr=False)  # code of where the buyer collects it

    @property
    def fingerprint(self) -> str:
        """Keyed digest of the content, by which a repeat is told from a reused id."""
        collected = f" collected at {self.pickup_location}" if self.pickup_location else ""
        return sealed.digest(repr(self) + collected)
