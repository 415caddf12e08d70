"""Replacements: an order of the same buyer to the same place, paid with what another one credits."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from customers import queries as customers
from customers.operations import Party
from oms import events
from oms.errors import DomainError
from oms.money import ZERO
from orders.enums import OrderLinkKind
from orders.models import Order, OrderLink
from orders.operations import moving, pipeline, placing
from orders.operations.corrections import AddressIncomplete
from orders.operations.sent import PlacedLine, PlacedOrder
from orders.queries.sealing import CONTEXT
from orders.queries.totals import share
from orders.queries.validation import missing_parts


class BuyerUnknown(DomainError):
    """The buyer was erased, or the order never had an address."""

    code = "buyer_unknown"
    message = "Nobody is known as the buyer of {number}; place the replacement as a new order."


@transaction.atomic
def place_replacement(
    order: Order,
    *,
    by: str,
    lines: Sequence[PlacedLine],
    reference: str,
    shipping_address: dict[str, str] | None = None,
) -> Order:
    """Place an order for what replaces goods of this one, and link the two.

    It is placed like every order: stock is reserved, taxes are worked out, rules look at it; only
    for a duplicate it is not taken. It has no payment of its own; see `move_spare`. `reference` is the number of the return. It goes to the
    order's address, unless another is given (one without a name is the same person's). Raises
    BuyerUnknown, AddressIncomplete, and what placing refuses, such as OutOfStock.
    """
    order = pipeline.lock_order(order)
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    contact, address = opened.get("contact", {}), opened.get("shipping_address", {})
    if shipping_address is not None:
        name = shipping_address.get("name") or address.get("name") or contact.get("name", "")
        address = {**shipping_address, "name": name}
        if missing := missing_parts(address):
            raise AddressIncomplete(missing=", ".join(missing))
    if not contact or not address:
        raise BuyerUnknown(number=order.number)

    known = {
        name: contact.get(name, "") for name in ("name", "email", "phone", "company", "tax_id")
    }
    placed = PlacedOrder(
        external_id="",
        currency=order.currency,
        customer=Party(**known),
        shipping_address=address,
        billing_address=opened.get("billing_address") or {},
        lines=tuple(lines),
        tags=("exchange",),
        replaces=order.number,
    )
    made = placing.place_one(order.channel, placed, by=by).order
    assert made is not None  # noqa: S101 (a refusal is raised)
    OrderLink.objects.create(
        kind=OrderLinkKind.EXCHANGE, source=order, target=made, change=reference
    )
    events.record("order.exchanged", order, by=by, reference=reference, replacement=made.number)
    return made


@transaction.atomic
def move_spare(source: Order, target: Order, *, by: str, reference: str) -> Decimal:
    """Move what one order has beyond its need to another, as far as that needs it; how much.

    Received money first, then what is promised on account or for the door. `reference` names the
    cause in both payments; a repeat finds nothing to spare. What has become possible is done.
    """
    here, there = _both(source, target, by=by)
    need = max(there.money.balance, ZERO)
    moved = moving.move_received(reference, here, there, min(_spare(here), need))
    money = here.money
    kept = max(money.due - (money.received - moved) - money.authorized, ZERO)
    promised = min(max(money.deferred - kept, ZERO), max(need - moved - there.money.deferred, ZERO))
    moving.move_promised(reference, here, there, promised)
    return _settled(here, there, moved)


@transaction.atomic
def return_spare(source: Order, target: Order, *, by: str, reference: str) -> Decimal:
    """Move everything that one order received beyond its need back to where it came from."""
    here, there = _both(source, target, by=by)
    moved = moving.move_received(reference, here, there, _spare(here))
    return _settled(here, there, moved)


@transaction.atomic
def return_promised(source: Order, target: Order, *, by: str, reference: str) -> None:
    """Promise on account or for the door for the target again, before units of source are called off.

    Calling off a whole order voids what is promised for it. As much goes back as the target needs
    beyond what source will give back of received money; what source has shipped stays covered.
    """
    here, there = _both(source, target, by=by)
    currency, money = here.order.currency, here.money
    gone = sum(
        (share(line.total, line.shipped, line.quantity, currency) for line in here.lines), ZERO
    )
    covered = money.received - (money.granted - money.refunded) + money.authorized
    kept = max(gone - covered, ZERO)
    coming = max(money.received - (money.granted - money.refunded) - gone, ZERO)
    need = max(there.money.balance - coming - there.money.deferred, ZERO)
    promised = min(max(money.deferred - kept, ZERO), need)
    if promised > 0:
        moving.move_promised(reference, here, there, promised)
        pipeline.settle(here)
        pipeline.settle(there)


def _both(source: Order, target: Order, *, by: str) -> tuple[pipeline.Work, pipeline.Work]:
    moving.lock_all(source, [target.number])
    return pipeline.lock(source, by=by), pipeline.lock(target, by=by)


def _spare(work: pipeline.Work) -> Decimal:
    """Received beyond what is due and what is granted to be paid back."""
    money = work.money
    return max(money.received - (money.granted - money.refunded) - money.due, ZERO)


def _settled(here: pipeline.Work, there: pipeline.Work, moved: Decimal) -> Decimal:
    pipeline.settle(here)
    pipeline.settle(there)
    pipeline.advance(there.order, by=there.by)
    return moved
