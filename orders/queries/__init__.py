"""Questions about orders, one file per noun."""

from orders.queries.actions import allowed_actions
from orders.queries.axes import (
    LineFacts,
    fulfillment_status_of,
    payment_status_of,
    stage_of,
)
from orders.queries.balance import Balance, balance, balances
from orders.queries.detail import OrderDetail, detail, details
from orders.queries.ledger import invariants
from orders.queries.totals import amount_due, tax_due, totals_of

__all__ = [
    "Balance",
    "LineFacts",
    "OrderDetail",
    "allowed_actions",
    "amount_due",
    "balance",
    "balances",
    "detail",
    "details",
    "fulfillment_status_of",
    "invariants",
    "payment_status_of",
    "stage_of",
    "tax_due",
    "totals_of",
]
