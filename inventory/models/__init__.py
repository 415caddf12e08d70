"""Tables of the inventory app, one file per noun."""

from inventory.models.availability import Availability, Retelling
from inventory.models.cost import CostEntry, CostLayer, LevelCost
from inventory.models.count import Count, CountEntry, CountLine, CountPolicy, CountSchedule
from inventory.models.expected import ExpectedSupply
from inventory.models.fence import ChannelSafetyStock, Fence, FencedStock, FenceUse
from inventory.models.limit import SellingLimit
from inventory.models.location import Location
from inventory.models.lot import Lot, LotStock
from inventory.models.product import Product
from inventory.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from inventory.models.reason import ReasonCode
from inventory.models.receipt import GoodsReceipt, GoodsReceiptLine, LandedCost, ReceivedMovement
from inventory.models.replenishment import ReplenishmentPolicy, ReplenishmentProposal
from inventory.models.report import InventoryReport
from inventory.models.routing import RoutingRule, RoutingRuleSet, SourcingDecision
from inventory.models.service import (
    Holiday,
    HolidayCalendar,
    LocationDay,
    LocationGroup,
    LocationService,
)
from inventory.models.simulation import RoutingSimulation
from inventory.models.snapshot import StockSnapshot
from inventory.models.soft import SoftReservation
from inventory.models.stock import Reservation, StockLevel, StockMovement
from inventory.models.supplier import Supplier, SupplierProduct
from inventory.models.transfer import Transfer, TransferLine
from inventory.models.transit import TransitTime

__all__ = [
    "Availability",
    "ChannelSafetyStock",
    "CostEntry",
    "CostLayer",
    "Count",
    "CountEntry",
    "CountLine",
    "CountPolicy",
    "CountSchedule",
    "ExpectedSupply",
    "Fence",
    "FenceUse",
    "FencedStock",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "Holiday",
    "HolidayCalendar",
    "InventoryReport",
    "LandedCost",
    "LevelCost",
    "Location",
    "LocationDay",
    "LocationGroup",
    "LocationService",
    "Lot",
    "LotStock",
    "Product",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReasonCode",
    "ReceivedMovement",
    "ReplenishmentPolicy",
    "ReplenishmentProposal",
    "Reservation",
    "Retelling",
    "RoutingRule",
    "RoutingRuleSet",
    "RoutingSimulation",
    "SellingLimit",
    "SoftReservation",
    "SourcingDecision",
    "StockLevel",
    "StockMovement",
    "StockSnapshot",
    "Supplier",
    "SupplierProduct",
    "Transfer",
    "TransferLine",
    "TransitTime",
]
