"""Tables of the orders app, one file per noun."""

from orders.models.bank import (
    BankAccount,
    BankLine,
    BankMatch,
    BankStatement,
    GatewayPayout,
    PayerSearch,
)
from orders.models.business import Business
from orders.models.cancellation import Cancellation, CancellationLine
from orders.models.change import OrderChange, OrderChangeStep, OrderLink, OrderVersion
from orders.models.channel import Channel, CountryAlias, KnownPrice, ShippingAlias, SkuAlias
from orders.models.credit import StoreCredit, StoreCreditEntry
from orders.models.draft import DraftCharge, DraftLine, DraftOrder
from orders.models.handling import Handling
from orders.models.hold import Hold, HoldType
from orders.models.importing import ImportBatch, ImportedOrder
from orders.models.order import Order, OrderCharge, OrderLine
from orders.models.payment import (
    GatewayNotice,
    GatewayRequest,
    Payment,
    PaymentTransaction,
    RefundGrant,
)
from orders.models.price import ListPrice, PriceList
from orders.models.promise import AllocationPolicy, Promise
from orders.models.remittance import (
    Remittance,
    RemittancePayout,
    RemittanceProfile,
    RemittanceRow,
)
from orders.models.rerouting import RerouteWindow, Rest
from orders.models.rule import Rule, RuleRun, RuleTrial, RuleVersion
from orders.models.task import Task

__all__ = [
    "AllocationPolicy",
    "BankAccount",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "Business",
    "Cancellation",
    "CancellationLine",
    "Channel",
    "CountryAlias",
    "DraftCharge",
    "DraftLine",
    "DraftOrder",
    "GatewayNotice",
    "GatewayPayout",
    "GatewayRequest",
    "Handling",
    "Hold",
    "HoldType",
    "ImportBatch",
    "ImportedOrder",
    "KnownPrice",
    "ListPrice",
    "Order",
    "OrderChange",
    "OrderChangeStep",
    "OrderCharge",
    "OrderLine",
    "OrderLink",
    "OrderVersion",
    "PayerSearch",
    "Payment",
    "PaymentTransaction",
    "PriceList",
    "Promise",
    "RefundGrant",
    "Remittance",
    "RemittancePayout",
    "RemittanceProfile",
    "RemittanceRow",
    "RerouteWindow",
    "Rest",
    "Rule",
    "RuleRun",
    "RuleTrial",
    "RuleVersion",
    "ShippingAlias",
    "SkuAlias",
    "StoreCredit",
    "StoreCreditEntry",
    "Task",
]
