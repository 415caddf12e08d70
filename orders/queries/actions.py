"""What can be done with an order now; pages and the API offer nothing else."""

from orders.enums import OrderStatus
from orders.models import Order
from orders.queries.axes import LineFacts
from orders.queries.balance import Balance, balance

OPEN = {OrderStatus.PLACED, OrderStatus.CONFIRMED}


def allowed_actions(
    order: Order, *, facts: LineFacts | None = None, money: Balance | None = None
) -> list[str]:
    """Names of the acts that would not be refused now, in the order of the pipeline.

    Callers who have the line facts and the balance at hand pass them and save the queries.
    """
    facts = facts or LineFacts.of(list(order.lines.all()))
    money = money or balance(order)
    on_hold = any(hold.lifted_at is None for hold in order.holds.all())
    is_open = order.status in OPEN
    rules = {
        "place_hold": is_open and facts.shipped < facts.due,
        "lift_hold": on_hold,
        "correct_address": is_open and facts.released == 0,
        "release": is_open
        and not on_hold
        and facts.allocated > facts.released
        and _money_ready(order, money),
        "record_payment": order.status != OrderStatus.DRAFT and money.balance > 0,
        "capture": money.authorized > 0,
        "void": money.authorized > 0,
        "grant_refund": money.refundable > 0,
        "pay_refund": money.granted > money.refunded,
        "cancel": is_open and facts.released == 0,
        "cancel_lines": is_open and facts.due > facts.released,
        "recall": is_open and facts.released > facts.shipped,
        "return": facts.shipped > facts.returned,
    }
    return [name for name, allowed in rules.items() if allowed]


def _money_ready(order: Order, money: Balance) -> bool:
    return not order.channel.needs_payment or money.covers_due
