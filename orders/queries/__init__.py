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
from orders.queries.drafts import (
    allowed_draft_actions,
    open_drafts,
    quote_key,
    quoted,
    usual_channel,
)
from orders.queries.handling import carrier_wished, method_chosen
from orders.queries.ledger import invariants
from orders.queries.lookup import active_channel, order_by_id, order_by_number, selling_channels
from orders.queries.sales import SoldUnits, is_announced, orders_sent, units_sold
from orders.queries.totals import amount_due, tax_due, totals_of

__all__ = [
    "Balance",
    "LineFacts",
    "OrderDetail",
    "SoldUnits",
    "active_channel",
    "allowed_actions",
    "allowed_draft_actions",
    "amount_due",
    "balance",
    "balances",
    "carrier_wished",
    "detail",
    "details",
    "fulfillment_status_of",
    "invariants",
    "is_announced",
    "method_chosen",
    "open_drafts",
    "order_by_id",
    "order_by_number",
    "orders_sent",
    "payment_status_of",
    "quote_key",
    "quoted",
    "selling_channels",
    "stage_of",
    "tax_due",
    "totals_of",
    "units_sold",
    "usual_channel",
]
