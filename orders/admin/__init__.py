"""Orders in the back office."""

from orders.admin.bank import BankAccountAdmin, BankLineAdmin, BankStatementAdmin
from orders.admin.channel import (
    ChannelAdmin,
    CountryAliasAdmin,
    KnownPriceAdmin,
    ShippingAliasAdmin,
    SkuAliasAdmin,
)
from orders.admin.credit import StoreCreditAdmin
from orders.admin.draft import DraftOrderAdmin
from orders.admin.exceptions import HoldAdmin
from orders.admin.gateways import GatewayRequestAdmin
from orders.admin.handling import TaskAdmin
from orders.admin.hold_types import HoldTypeAdmin
from orders.admin.importing import ImportBatchAdmin
from orders.admin.order import OrderAdmin
from orders.admin.others import PaymentAdmin, RefundGrantAdmin
from orders.admin.policy import AllocationPolicyAdmin, RerouteWindowAdmin
from orders.admin.price_lists import ListPriceAdmin, PriceListAdmin
from orders.admin.remittances import RemittanceAdmin
from orders.admin.rules import RuleAdmin

__all__ = [
    "AllocationPolicyAdmin",
    "BankAccountAdmin",
    "BankLineAdmin",
    "BankStatementAdmin",
    "ChannelAdmin",
    "CountryAliasAdmin",
    "DraftOrderAdmin",
    "GatewayRequestAdmin",
    "HoldAdmin",
    "HoldTypeAdmin",
    "ImportBatchAdmin",
    "KnownPriceAdmin",
    "ListPriceAdmin",
    "OrderAdmin",
    "PaymentAdmin",
    "PriceListAdmin",
    "RefundGrantAdmin",
    "RemittanceAdmin",
    "RerouteWindowAdmin",
    "RuleAdmin",
    "ShippingAliasAdmin",
    "SkuAliasAdmin",
    "StoreCreditAdmin",
    "TaskAdmin",
]
