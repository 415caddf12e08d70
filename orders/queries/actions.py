"""What can be done with an order now; pages and the API offer nothing else."""

from orders.enums import BY_SYSTEM, HoldKind, OrderStatus
from orders.models import Order
from orders.queries.axes import LineFacts
from orders.queries.detail import OrderDetail, detail

OPEN = {OrderStatus.PLACED, OrderStatus.CONFIRMED}


def allowed_actions(order: Order, *, shown: OrderDetail | None = None) -> list[str]:
    """Names of the acts that would not be refused now, in the order of the pipeline.

    Callers who have the order's detail at hand pass it and save the queries.
    """
    shown = shown or detail(order)
    facts, money = LineFacts.of(shown.lines), shown.balance
    on_hold, is_open = bool(shown.holds), order.status in OPEN
    kinds = {hold.kind for hold in shown.holds}
    ready = not order.channel.needs_payment or money.covers_due
    waits = facts.allocated > facts.released
    rules = {
        "place_hold": is_open and facts.shipped < facts.due,
        "lift_hold": bool(kinds - set(BY_SYSTEM)),
        "release_now": HoldKind.REMORSE in kinds and HoldKind.CANCELLING not in kinds,
        "approve": HoldKind.APPROVAL in kinds,
        "set_purchase_order": is_open,
        "decline": HoldKind.APPROVAL in kinds and facts.released == 0,
        "undo_cancel": HoldKind.CANCELLING in kinds,
        "change": is_open,
        "correct_address": is_open and facts.released == 0 and not order.pickup_location_id,
        "release": is_open and not on_hold and waits and ready,
        "reroute": is_open and not on_hold and facts.due > facts.released,
        "record_payment": money.balance > 0,
        "capture": money.authorized > 0 or money.deferred > 0,
        "void": money.authorized > 0 or money.deferred > 0,
        "grant_refund": money.refundable > 0,
        "pay_refund": money.granted > money.refunded,
        "cancel": is_open and facts.released == 0 and HoldKind.CANCELLING not in kinds,
        "cancel_lines": is_open and facts.due > facts.released,
        "recall": is_open and facts.released > facts.shipped,
        "return": facts.shipped > facts.returned,
    }
    return [name for name, allowed in rules.items() if allowed]
