"""What a return will bring its buyer, as long as goods are still to come or to be looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from fulfillment.enums import ReturnStatus
from fulfillment.models import Return, ReturnLine
from fulfillment.queries.entitlement import fee_of
from fulfillment.queries.policies import Wish, active_reasons, label_of, policies_for, terms_of
from oms.money import ZERO
from orders.queries.totals import value_of

if TYPE_CHECKING:
    from orders.models import Order, OrderLine

WAITED_FOR = {ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.RECEIVED}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a buyer would get back: the value of the units, less fees and the label."""

    value: Decimal
    fee: Decimal
    label: Decimal

    @property
    def refund(self) -> Decimal:
        """What is left."""
        return self.value - self.fee - self.label


def expected_refund(
    order: "Order", lines: Mapping[int, "OrderLine"], wishes: Mapping[int, Wish]
) -> Expected:
    """What a return of these units would bring its buyer, if all of them are accepted."""
    policies, reasons = policies_for(order, lines.values()), active_reasons()
    rows = []
    for pk, wish in wishes.items():
        percent, each = terms_of(policies[pk], reasons[wish.reason], waived=False)
        terms = ReturnLine(order_line=lines[pk], fee_percent=percent, fee_each=each)
        rows.append((terms, wish.quantity))
    given = [reasons[wish.reason] for wish in wishes.values()]
    _, label = label_of([policies[pk] for pk in wishes], given, waived=False)
    return _sum(rows, label, order.currency)


def expected_credit(document: Return, lines: Iterable[ReturnLine]) -> Expected:
    """What is still to be credited if all that is announced arrives and is accepted.

    `lines` are those of the return, with their order lines. Nothing after the return has ended; in
    the currency of the order. Each line keeps the terms that were promised for it.
    """
    ended = document.status not in WAITED_FOR
    rows = [] if ended else [(line, _to_come(line)) for line in lines if _to_come(line)]
    label = ZERO if document.credit else document.label_cost
    return _sum(rows, label, document.order.currency)


def _to_come(line: ReturnLine) -> int:
    due = line.missing + line.kept - line.refused + line.waived
    free = line.quantity - line.credited  # what was charged again is not credited by itself
    return max(min(due - (line.credited - line.charged), free), 0)


def _sum(rows: Iterable[tuple[ReturnLine, int]], label: Decimal, currency: str) -> Expected:
    value = fee = ZERO
    for line, units in rows:
        worth, _ = value_of(line.order_line, units, currency)
        value += worth
        fee += fee_of(line, worth, units, currency)
    return Expected(value, fee, min(label, value - fee))
