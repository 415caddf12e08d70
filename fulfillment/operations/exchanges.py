"""Exchanges: the replacement is reserved at once, and paid with the credit of what comes back.

The money stays simple: the return credits its order, the replacement is an order of its own, and
what the one has to spare is moved to the other. What is still due or owed is their balances.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import (
    EXCHANGE_MOVES,
    ExchangeStatus,
    ExchangeTiming,
    RefundTiming,
    ReturnStatus,
)
from fulfillment.models import Exchange, Return
from fulfillment.operations import documents
from fulfillment.operations.recalling import recall
from fulfillment.operations.requesting import request_return
from fulfillment.operations.returns import approve
from fulfillment.operations.waiving import credit_without_goods
from fulfillment.operations.work import STILL_WORKING
from fulfillment.queries.policies import Wish, policies_for
from oms import events, words
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders
from orders.enums import CancelReason, HoldKind, OrderStatus
from orders.queries.together import split_family
from orders.queries.totals import value_of

if TYPE_CHECKING:
    from orders.models import Order, OrderLine

PRICE = Decimal("0.0001")  # unit of a unit price
CREDITED_ON = {  # the price is credited when the replacement may go
    ExchangeTiming.AT_ONCE: RefundTiming.APPROVAL,
    ExchangeTiming.ON_RECEIPT: RefundTiming.RECEIPT,
}
CLERK, BUYER = "clerk", "buyer"  # who asks for an exchange
UNSENT = {OrderStatus.PLACED, OrderStatus.CONFIRMED}
GONE = {ReturnStatus.DECLINED, ReturnStatus.WITHDRAWN, ReturnStatus.EXPIRED}


class NotAvailable(DomainError):
    """An exchange promises goods; there must be some."""

    code = "not_available"
    message = "{skus} cannot be supplied now; take the goods back with a refund instead."


class ReplacementHeld(DomainError):
    """The replacement would wait for a person, and its stock would not be reserved meanwhile."""

    code = "replacement_held"
    message = (
        "The replacement would wait for a person: {reasons}. Settle that first, or refund instead."
    )


class NoSuchProduct(DomainError):
    """An exchange promises goods that we know."""

    code = "no_such_product"
    message = "There is no product {skus}; say what is sent instead by its SKU."


class ExchangeEnded(DomainError):
    """An exchange ends once."""

    code = "exchange_ended"
    message = "The exchange of {number} is {status}."


class GoodsAwaited(DomainError):
    """Goods may still come; then nothing has to be decided."""

    code = "goods_awaited"
    message = "{number} still waits for goods; give up its rest first."


class ReplacementLeft(DomainError):
    """Who has the replacement keeps it, or sends it back by a return of its own."""

    code = "replacement_left"
    message = "{number} has left already; it can only come back as a return."


@dataclass(frozen=True, slots=True)
class Swap:
    """Units that come back, and what is sent in their place; without a price at the old one."""

    wish: Wish
    sku: str
    unit_price: Decimal | None = None


@transaction.atomic
def exchange(
    order: "Order", *, by: str, swaps: Mapping[int, Swap], reference: str = "", note: str = ""
) -> Exchange:
    """Take units (by order line id) back and send others in their place, as many.

    The return is asked for within the policy and approved; no restocking fee is kept. The
    replacement is placed and its stock reserved now; it ships at once or waits on hold for the
    goods, by the policy. At once means that the price is credited now, and charged again if the
    goods never come. A repeat with the same reference gives the existing exchange. Raises what
    `request_return` raises, BuyerUnknown, ReplacementHeld and NotAvailable; nothing is changed then.
    """
    return _exchange(order, by=by, swaps=swaps, reference=reference, note=note, asked_by=CLERK)


@transaction.atomic
def ask_exchange(order: "Order", *, by: str, swaps: Mapping[int, Swap], reference: str) -> Exchange:
    """As `exchange`, for a buyer: where the policy wants somebody's approval, it waits for that.

    The replacement is reserved now all the same, and stays on hold until the return is approved, or
    the goods are here; when the return is declined it is cancelled.
    """
    return _exchange(order, by=by, swaps=swaps, reference=reference, note="", asked_by=BUYER)


def _exchange(
    order: "Order",
    *,
    by: str,
    swaps: Mapping[int, Swap],
    reference: str,
    note: str,
    asked_by: str,
) -> Exchange:
    order = orders.lock_order(order)
    if reference and (known := order.returns.filter(reference=reference).first()):
        return Exchange.objects.get(return_order=known)
    wishes = {pk: swap.wish for pk, swap in swaps.items()}
    ships, lines = _timing(order, wishes), _lines(order, swaps)
    document = request_return(
        order,
        by=by,
        wishes=wishes,
        reference=reference,
        note=note,
        credited_on=CREDITED_ON[ships],
    )
    if document.status == ReturnStatus.REQUESTED and asked_by == CLERK:
        document = approve(document, by=by)

    replacement = orders.place_replacement(order, by=by, lines=lines, reference=document.number)
    refuse_waiting(replacement)
    made = Exchange(return_order=document, replacement=replacement, ships=ships)
    stamp(made, by=by)
    made.save()
    if ships == ExchangeTiming.ON_RECEIPT or document.status == ReturnStatus.REQUESTED:
        _hold(made, by=by)
    orders.move_spare(document.order, replacement, by=by, reference=document.number)
    events.record("return.exchanged", document, by=by, **_about(made))
    return made


@transaction.atomic
def replace_without_goods(
    order: "Order", *, by: str, wishes: Mapping[int, Wish], reference: str, reason: str
) -> Exchange:
    """Send shipped units (by order line id) once more, of which nobody expects the first ones back.

    They are credited by a return without goods, and what is credited pays for the replacement,
    whose stock is reserved now and which may leave at once. A repeat with the same reference gives
    the existing exchange. Raises what `credit_without_goods` raises, BuyerUnknown,
    ReplacementHeld and NotAvailable; nothing is changed then.
    """
    order = orders.lock_order(order)
    if known := order.returns.filter(reference=reference).first():
        return Exchange.objects.get(return_order=known)
    found = {line.pk: line.stock_sku for line in order.lines.select_related("product")}
    lines = _lines(order, {pk: Swap(wish, found.get(pk, "")) for pk, wish in wishes.items()})
    document = credit_without_goods(order, by=by, wishes=wishes, reference=reference, reason=reason)

    replacement = orders.place_replacement(order, by=by, lines=lines, reference=document.number)
    refuse_waiting(replacement)
    made = Exchange(
        return_order=document,
        replacement=replacement,
        ships=ExchangeTiming.AT_ONCE,
        status=ExchangeStatus.DONE,
        ended_at=timezone.now(),
        note=reason[:200],
    )
    stamp(made, by=by)
    made.save()
    orders.move_spare(document.order, replacement, by=by, reference=document.number)
    events.record("return.exchanged", document, by=by, **_about(made))
    return made


@transaction.atomic
def settle_exchange(document: Return, *, by: str) -> Exchange | None:
    """Do what the state of the return asks for: let the replacement go, or end the exchange.

    Approved, and it leaves at once: it may go. Goods are here, or need not come: the credit is moved, the hold is lifted, and the exchange is
    done. Some of them never came or were sent back: what left at once stays, and they are charged;
    what waits for the goods stays on hold among the exceptions, and a person decides. None ever
    come: what has not left of the replacement is cancelled and its money moved back; what has left
    stays charged. A repeat changes nothing. None for a return without an exchange.
    """
    document = documents.lock(document)
    made = Exchange.objects.filter(return_order=document).select_related("replacement").first()
    if made is None or made.status != ExchangeStatus.OPEN:
        return made
    parts = _lock_replacement(made)
    if document.status in {ReturnStatus.RECEIVED, ReturnStatus.CLOSED}:
        short = sum(line.quantity - line.kept - line.waived for line in document.lines.all())
        if not short:
            _let_go(made, parts, by=by, reason="The goods are here")
            return _end(made, ExchangeStatus.DONE, by=by)
        if made.ships == ExchangeTiming.AT_ONCE:
            return _end(made, ExchangeStatus.CHARGED, by=by)
        _ask_person(made, parts, short, by=by)
        return made
    if document.status == ReturnStatus.APPROVED and made.ships == ExchangeTiming.AT_ONCE:
        _let_go(made, parts, by=by, reason="The return is approved")
    if document.status in GONE:
        left = any(_left(part) for part in parts)
        _call_off(made, parts, by=by, reason="The goods never came")
        return _end(made, ExchangeStatus.CHARGED if left else ExchangeStatus.CANCELLED, by=by)
    return made


@transaction.atomic
def send_anyway(made: Exchange, *, by: str, reason: str) -> Exchange:
    """Let a replacement go although not all goods came back; what is not credited stays due on it.

    Raises ExchangeEnded, and GoodsAwaited while the return still waits for goods.
    """
    document, made, parts = _open(made)
    if document.status not in {ReturnStatus.RECEIVED, ReturnStatus.CLOSED}:
        raise GoodsAwaited(number=document.number)

    _let_go(made, parts, by=by, reason=reason)
    made.note = reason
    return _end(made, ExchangeStatus.DONE, by=by)


@transaction.atomic
def refund_instead(made: Exchange, *, by: str, reason: str) -> Exchange:
    """Give up a replacement that cannot be supplied: cancel it, and move its money back.

    The return goes on as one with a refund. Raises ExchangeEnded, and ReplacementLeft when any of
    it has shipped.
    """
    _, made, parts = _open(made)
    for part in parts:
        if _left(part):
            raise ReplacementLeft(number=part.number)

    _call_off(made, parts, by=by, reason=reason)
    made.note = reason
    return _end(made, ExchangeStatus.REFUNDED, by=by)


def _open(made: Exchange) -> "tuple[Return, Exchange, list[Order]]":
    """The exchange freshly read, with its return and the orders of its replacement locked."""
    document = documents.lock(made.return_order)
    made = Exchange.objects.select_related("replacement").get(pk=made.pk)
    made.return_order = document
    if made.status != ExchangeStatus.OPEN:
        raise ExchangeEnded(number=document.number, status=made.status)
    return document, made, _lock_replacement(made)


def leaves_at_once(order: "Order", wishes: Iterable[int]) -> bool:
    """Whether a replacement for these lines would leave before their goods are here."""
    return _timing(order, wishes) == ExchangeTiming.AT_ONCE


def _timing(order: "Order", wishes: Iterable[int]) -> ExchangeTiming:
    """At once only where the policy of every line says so."""
    lines = order.lines.filter(pk__in=list(wishes)).select_related("product")
    found = {policy.exchange_ships for policy in policies_for(order, lines).values()}
    return (
        ExchangeTiming.AT_ONCE if found == {ExchangeTiming.AT_ONCE} else ExchangeTiming.ON_RECEIPT
    )


def _lines(order: "Order", swaps: Mapping[int, Swap]) -> list[orders.PlacedLine]:
    """What is sent, worth what the units that come back will be credited with; read before that."""
    found = {line.pk: line for line in order.lines.filter(pk__in=swaps)}
    wanted = [(found[pk], swap) for pk, swap in swaps.items() if pk in found and swap.wish.quantity]
    return [_line(order, line, swap) for line, swap in wanted]  # others are refused as returns


def _line(order: "Order", line: "OrderLine", swap: Swap) -> orders.PlacedLine:
    """Rounding shows in the discount, never in what is due."""
    units = swap.wish.quantity
    if swap.unit_price is not None:
        return orders.PlacedLine(sku=swap.sku, quantity=units, unit_price=swap.unit_price)
    gross, tax = value_of(line, units, order.currency)
    return at_worth(swap.sku, units, gross if order.price_includes_tax else gross - tax)


def at_worth(sku: str, units: int, worth: Decimal) -> orders.PlacedLine:
    """A line of these units that comes to exactly this; rounding shows in the discount."""
    price = (worth / units).quantize(PRICE, rounding=ROUND_UP)
    return orders.PlacedLine(
        sku=sku, quantity=units, unit_price=price, discount=units * price - worth
    )


def _lock_replacement(made: Exchange) -> "list[Order]":
    """Lock the replacement and what was split off from it.

    They are younger than the order of the locked return, so that all are locked in key order.
    """
    parts = [orders.lock_order(part) for part in split_family(made.replacement)]
    made.replacement = next(part for part in parts if part.pk == made.replacement_id)
    return parts


def _left(part: "Order") -> bool:
    return any(line.shipped for line in part.lines.all())


def refuse_waiting(replacement: "Order") -> None:
    """Raise NoSuchProduct, or NotAvailable where a replacement has no stock for all of its units.

    Where a hold keeps it from stock, ReplacementHeld is raised, with the reason of the hold.
    """
    lines = list(replacement.lines.all())
    if unknown := sorted(line.sku for line in lines if line.product_id is None):
        raise NoSuchProduct(skus=", ".join(unknown))
    waiting = sorted(line.sku for line in lines if line.backordered)
    holds = replacement.holds.filter(lifted_at=None, type__stops_allocation=True).order_by("pk")
    if waiting and (reasons := list(holds.values_list("reason", flat=True))):
        raise ReplacementHeld(reasons="; ".join(reasons))
    if waiting:
        raise NotAvailable(skus=", ".join(waiting))


def _hold(made: Exchange, *, by: str) -> None:
    number = made.return_order.number
    here = made.ships == ExchangeTiming.ON_RECEIPT
    orders.place_hold(
        made.replacement,
        by=by,
        kind=HoldKind.AWAITS_RETURN,
        handle=number,
        reason=f"Ships when return {number} is {'here' if here else 'approved'}",
        due_at=made.return_order.expires_at,
    )


def _ask_person(made: Exchange, parts: "Iterable[Order]", short: int, *, by: str) -> None:
    """Stand among the exceptions until somebody has decided."""
    for part in parts:
        if part.status in UNSENT:
            orders.place_hold(
                part,
                by=by,
                kind=HoldKind.OTHER,
                handle=made.return_order.number,
                reason=f"{words.count(short, 'unit')} of return {made.return_order.number} did not come back: "
                "send it anyway, or refund instead",
            )


def _let_go(made: Exchange, parts: "Iterable[Order]", *, by: str, reason: str) -> None:
    number = made.return_order.number
    for part in parts:
        cause = f"{number} received {part.number}"  # of its own: one payment pays for several parts
        orders.move_spare(made.return_order.order, part, by=by, reference=cause)
        _lift(made, part, by=by, reason=reason)


def _lift(made: Exchange, part: "Order", *, by: str, reason: str) -> None:
    for hold in part.holds.filter(handle=made.return_order.number, lifted_at=None):
        orders.lift_hold(hold, by=by, reason=reason)


def _call_off(made: Exchange, parts: "Iterable[Order]", *, by: str, reason: str) -> None:
    """Cancel what has not left of the replacement, and move its money and promises back."""
    number, first = made.return_order.number, made.return_order.order
    for part in parts:
        _lift(made, part, by=by, reason=reason)
        for work in part.fulfillment_orders.filter(status__in=STILL_WORKING).order_by("pk"):
            recall(work, by=by, reason=reason)
        open_units = {
            line.pk: line.due - line.shipped for line in part.lines.all() if line.due > line.shipped
        }
        if open_units:
            orders.return_promised(part, first, by=by, reference=f"{number} called off")
            orders.cancel_lines(
                part, by=by, quantities=open_units, reason=CancelReason.OTHER, note=number
            )
        orders.return_spare(part, first, by=by, reference=f"{number} called off")


def _end(made: Exchange, to: ExchangeStatus, *, by: str) -> Exchange:
    if to not in EXCHANGE_MOVES[made.status]:
        raise ExchangeEnded(number=made.return_order.number, status=made.status)
    made.status, made.ended_at = to, timezone.now()
    stamp(made, by=by, reason=made.note)
    made.save(update_fields=["status", "ended_at", "note"])
    events.record("return.exchange_ended", made.return_order, by=by, status=to, **_about(made))
    return made


def _about(made: Exchange) -> dict[str, object]:
    return {
        **documents.about(made.return_order.order),
        "replacement": made.replacement.number,
        "ships": made.ships,
    }
