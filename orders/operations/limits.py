"""Limits on backorders and pre-orders, held while something is sold against them.

What is sold now is counted under the lock of the limit's row, so no crowd passes it together. The
rows are locked before stock levels, and only where a limited product is short or on pre-order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from inventory import operations as inventory
from inventory import queries as stock
from inventory.enums import LimitKind
from oms.errors import DomainError
from orders.enums import ChangeStep, HoldKind, OverLimit
from orders.models import Channel, Hold, Order, OrderChangeStep, OrderLine
from orders.queries.limits import backordered_beside
from orders.queries.waiting import told_waiting

if TYPE_CHECKING:
    from orders.operations.drafts import Draft

Wanted = Counter[tuple[int, str]]  # (product id, kind) -> units


class LimitReached(DomainError):
    """More would be sold before it is there than the product or its listing in the channel allows."""

    code = "limit_reached"
    message = "{sku}: {wanted} more on {kind} would pass the limit of {limit}; {left} may be sold."


class NoBackorders(LimitReached):
    """More would be sold than there is, in a channel that refuses when short."""

    message = "{sku}: {wanted} not in stock, and the channel takes no backorders."


class Room:
    """What may still be sold of limited products before it is there, drawn down by a batch."""

    def __init__(self, limits: Iterable[stock.Limit]) -> None:
        self._limits = list(limits)
        self._taken: Counter[stock.Limit] = Counter()

    def take(self, channel_id: int, wanted: Wanted) -> tuple[stock.Limit, int] | None:
        """Draw these units; or the limit that forbids it with what is left of it, and draw none."""
        drawn = [
            (limit, units)
            for (product, kind), units in wanted.items()
            for limit in self._limits
            if (limit.product_id, limit.kind) == (product, kind)
            and limit.channel_id in {None, channel_id}
        ]
        for limit, units in drawn:
            left = limit.left - self._taken[limit]
            if units > left:
                return limit, max(left, 0)
        self._taken.update(dict(drawn))
        return None


def limited(lines: Iterable[OrderLine]) -> Iterator[int]:
    """Products of these lines that have limits."""
    return (line.product.pk for line in lines if line.product and line.product.is_limited)


def wanted_ahead(draft: "Draft") -> Wanted:
    """Units of limited products that this order would get before they are there.

    What may get no stock while it is held has none yet: only its pre-orders are known.
    """
    wanted: Wanted = Counter()
    for line in draft.lines:
        if line.product is None or not line.product.is_limited:
            continue
        if line.product.is_preorder:
            wanted[line.product.pk, LimitKind.PREORDER] += line.quantity
        elif line.backordered and draft.may_allocate:
            wanted[line.product.pk, LimitKind.BACKORDER] += line.backordered
    return wanted


def keep_within(channel: Channel, draft: "Draft", room: Room | None, *, by: str) -> bool:
    """Whether an order being placed keeps within the limits; else it is refused, or held.

    By the channel's policy. Raises StockTaken where limits matter and are not locked yet.
    """
    wanted = wanted_ahead(draft)
    if not wanted:
        return True
    if room is None:
        raise inventory.StockTaken
    found = room.take(channel.pk, wanted)
    if found is None:
        return True
    limit, left = found
    units = wanted[limit.product_id, limit.kind]
    sku = next(line.sku for line in draft.lines if line.product_id == limit.product_id)
    refusal = _reached(sku, units, limit, left)
    if channel.over_limit == OverLimit.REFUSE:
        draft.error = refusal
    else:
        draft.holds.append(_hold(draft, refusal, limit, by))
    return False


def hold_stock(product_ids: Iterable[int]) -> None:
    """Lock the limits of these products, then all their levels, in the turn that placing has.

    For acts on several orders: one of them may ask the limits once levels are held.
    """
    wanted = set(product_ids)
    inventory.lock_limits(wanted)
    inventory.hold_levels(wanted)


def hold_limits(order: Order, steps: Sequence[OrderChangeStep]) -> list[stock.Limit]:
    """Lock the limits that a change of a locked order may run into, as they are before it."""
    if not any(step.kind in {ChangeStep.SET_QUANTITY, ChangeStep.ADD_LINE} for step in steps):
        return []
    added = {str(step.values.get("sku")) for step in steps if step.kind == ChangeStep.ADD_LINE}
    products = set(limited(order.lines.select_related("product")))
    products |= {row.pk for row in stock.products_by_sku(added).values() if row.is_limited}
    return inventory.lock_limits(products) if products else []


def refuse_beyond(order: Order, before: Sequence[stock.Limit]) -> None:
    """Raise LimitReached when a change took more against a held limit than there is room for."""
    if not before:
        return
    was = {(limit.product_id, limit.channel_id, limit.kind): limit for limit in before}
    for limit in stock.limits_of({row.product_id for row in before}):
        old = was.get((limit.product_id, limit.channel_id, limit.kind))
        if old and old.used < limit.used and limit.used > limit.units:
            line = order.lines.filter(product=limit.product_id).first()
            raise _reached(line.sku if line else "", limit.used - old.used, limit, old.left)


def asked_when_lifted(order: Order, lines: Sequence[OrderLine]) -> list[stock.Limit] | None:
    """Lock what an order that got no stock while it was held has to keep within now.

    None where there is nothing to ask: it was asked when it was placed, a person let it pass, or
    neither the products nor the channel limit anything.
    """
    if any(line.allocated or line.shipped for line in lines):
        return None
    held = order.holds.filter(lifted_at__isnull=False, type__stops_allocation=True)
    kinds: set[str] = set(held.values_list("type__code", flat=True))
    if not kinds or HoldKind.OUT_OF_STOCK in kinds or not told_waiting(order).first:
        return None
    found = inventory.lock_limits(
        line.product_id for line in lines if line.product_id and line.backordered
    )
    return found if found or not order.channel.allows_backorder else None


def refuse_lifted(order: Order, held: Sequence[stock.Limit]) -> None:
    """Raise LimitReached when what a lifted order still lacks is more than may be sold ahead.

    Where the channel takes no backorders that is nothing. Others that are held since they were
    placed are asked when it is their turn.
    """
    lines = [line for line in order.lines.select_related("product") if line.backordered]
    short = [line for line in lines if line.product and not line.product.is_preorder]
    wanted: Counter[int] = Counter()
    for line in short:
        wanted[line.product_id or 0] += line.backordered
    skus = {line.product_id: line.sku for line in short}
    if short and not order.channel.allows_backorder:
        sku, units = short[0].sku, wanted[short[0].product_id or 0]
        raise NoBackorders(sku=sku, wanted=units, kind="backorder", limit=0, left=0)
    used = backordered_beside(order, wanted)
    for limit in held:
        if limit.kind == LimitKind.BACKORDER and limit.channel_id in {None, order.channel_id}:
            units = wanted[limit.product_id]
            left = max(limit.units - used.get((limit.product_id, limit.channel_id), 0), 0)
            if units > left:
                raise _reached(skus[limit.product_id], units, limit, left)


def hold_for(refusal: LimitReached, kind: str = LimitKind.BACKORDER) -> Hold:
    """The hold of an order that would pass a limit; a person decides."""
    return Hold(
        type_id=HoldKind.OUT_OF_STOCK,
        reason=refusal.detail[:300],
        details={"limit": refusal.params["limit"], "kind": kind},
    )


def _reached(sku: str, units: int, limit: stock.Limit, left: int) -> LimitReached:
    kind = LimitKind(limit.kind).label.lower()
    return LimitReached(sku=sku, wanted=units, kind=kind, limit=limit.units, left=left)


def _hold(draft: "Draft", refusal: LimitReached, limit: stock.Limit, by: str) -> Hold:
    hold = hold_for(refusal, limit.kind)
    hold.placed_by, hold.placed_at = by, draft.order.created_at
    return hold
