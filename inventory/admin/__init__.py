"""Stock in the back office."""

from inventory.admin.counts import CountAdmin, CountPolicyAdmin, CountScheduleAdmin
from inventory.admin.fences import FenceAdmin
from inventory.admin.location import LocationAdmin
from inventory.admin.lot import LotAdmin
from inventory.admin.product import ProductAdmin
from inventory.admin.purchase_orders import PurchaseOrderAdmin
from inventory.admin.reasons import ReasonCodeAdmin
from inventory.admin.receipts import GoodsReceiptAdmin
from inventory.admin.replenishment import ReplenishmentPolicyAdmin, ReplenishmentProposalAdmin
from inventory.admin.reports import InventoryReportAdmin
from inventory.admin.routing import (
    HolidayCalendarAdmin,
    LocationGroupAdmin,
    LocationServiceAdmin,
    RoutingRuleSetAdmin,
)
from inventory.admin.soft import SoftReservationAdmin
from inventory.admin.stock import StockLevelAdmin, StockMovementAdmin
from inventory.admin.suppliers import SupplierAdmin
from inventory.admin.transfers import TransferAdmin
from inventory.admin.transit import TransitTimeAdmin

__all__ = [
    "CountAdmin",
    "CountPolicyAdmin",
    "CountScheduleAdmin",
    "FenceAdmin",
    "GoodsReceiptAdmin",
    "HolidayCalendarAdmin",
    "InventoryReportAdmin",
    "LocationAdmin",
    "LocationGroupAdmin",
    "LocationServiceAdmin",
    "LotAdmin",
    "ProductAdmin",
    "PurchaseOrderAdmin",
    "ReasonCodeAdmin",
    "ReplenishmentPolicyAdmin",
    "ReplenishmentProposalAdmin",
    "RoutingRuleSetAdmin",
    "SoftReservationAdmin",
    "StockLevelAdmin",
    "StockMovementAdmin",
    "SupplierAdmin",
    "TransferAdmin",
    "TransitTimeAdmin",
]
