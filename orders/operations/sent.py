"""Orders as channels send them, and the three refusals that no hold could replace."""

import json
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from customers.operations import Party
from oms import sealed
from oms.countries import country_code
from oms.errors import DomainError, InvalidInput
from oms.money import ZERO

VERSION = "v2"  # no digest begins so
LENGTH = 64


class InvalidOrder(InvalidInput):
    """What was sent cannot be an order at all."""

    code = "invalid_order"
    message = "{reason}"


class ExternalIdReused(DomainError):
    """The channel sent this id before, with other content."""

    code = "external_id_reused"
    message = "Order {external_id} is already here as {number}, with different content."


TWICE = "Order {external_id} stands in this call more than once, with different content."


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


@dataclass(frozen=True)
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
    purchase_order_number: str = field(default="", repr=False)  # the buyer's own
    replaces: str = field(default="", repr=False)  # number of the order whose goods it sends anew

    @cached_property
    def fingerprint(self) -> str:
        """Keyed digest of the content, by which a repeat is told from a reused id.

        It judges by what was meant: amounts by their worth, times by the moment, countries by their
        code; what was left out is what it would be by default. It begins with its version.
        """
        meant = {**_meant(self), "pickup_location": self.pickup_location}
        if self.purchase_order_number:
            meant["purchase_order_number"] = self.purchase_order_number
        told = json.dumps(meant, sort_keys=True, separators=(",", ":"))
        return (VERSION + sealed.digest(told))[:LENGTH]

    def is_repeated_by(self, fingerprint: str) -> bool:
        """Whether a stored fingerprint is of this content; older ones judged by spelling."""
        if fingerprint.startswith(VERSION):
            return fingerprint == self.fingerprint
        collected = f" collected at {self.pickup_location}" if self.pickup_location else ""
        numbered = bool(self.purchase_order_number)  # those older ones had none
        return not numbered and fingerprint == sealed.digest(repr(self) + collected)


def _meant(thing: Any) -> Any:
    """What was meant by a value, as plain values that are equal for equal meanings."""
    if isinstance(thing, Decimal):
        return format(thing.normalize(), "f") if thing else "0"
    if isinstance(thing, datetime):
        return thing.astimezone(UTC).isoformat()
    if isinstance(thing, tuple):
        return [_meant(one) for one in thing]
    if isinstance(thing, dict):
        return {
            name: country_code(told) if name == "country" else told
            for name, told in thing.items()
            if told
        }
    if is_dataclass(thing):
        return {
            one.name: _meant(getattr(thing, one.name))
            for one in fields(thing)
            if one.repr and not _is_default(one, getattr(thing, one.name))
        }
    return thing


def _is_default(one: Field[Any], value: Any) -> bool:
    return not value if one.default_factory is dict else value == one.default
