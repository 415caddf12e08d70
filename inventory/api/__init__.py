"""The stock API: products, locations, availability, movements, purchasing, transfers."""

from django.urls import path

from inventory.api.availability import AvailabilityQueryView, AvailabilityView
from inventory.api.counts import (
    CountCompletionView,
    CountDetailView,
    CountEntriesView,
    CountsView,
)
from inventory.api.locations import LocationsView, LocationView
from inventory.api.moments import StockThenView
from inventory.api.movements import StockMovementsView
from inventory.api.offers import OffersView, OfferView
from inventory.api.products import LimitsView, ProductsView, ProductView
from inventory.api.purchasing import (
    ConfirmationView,
    PurchaseCancellationView,
    PurchaseClosureView,
    PurchaseOrderDetailView,
    PurchaseOrdersView,
    PurchaseReceiptsView,
    SendingView,
    SuppliersView,
)
from inventory.api.receipts import LandedCostsView, ReceiptDetailView, ReceiptsView, ReversalView
from inventory.api.reports import ReportsView, ReportView
from inventory.api.transfers import (
    SettlementView,
    TransferCancellationView,
    TransferDetailView,
    TransferReceiptsView,
    TransferShipmentView,
    TransfersView,
)

urlpatterns = [
    path("counts/", CountsView.as_view()),
    path("counts/<str:number>/", CountDetailView.as_view()),
    path("counts/<str:number>/entries/", CountEntriesView.as_view()),
    path("counts/<str:number>/completion/", CountCompletionView.as_view()),
    path("availability/", AvailabilityView.as_view(), name="availability"),
    path("stock/at/", StockThenView.as_view(), name="stock-at"),
    path("availability/query/", AvailabilityQueryView.as_view(), name="availability-query"),
    path("stock/reports/", ReportsView.as_view()),
    path("stock/reports/<str:number>/", ReportView.as_view()),
    path("stock/movements/", StockMovementsView.as_view(), name="stock-movements"),
    path("products/", ProductsView.as_view(), name="products"),
    path("products/<str:sku>/limits/", LimitsView.as_view(), name="product-limits"),
    path("products/<str:sku>/", ProductView.as_view(), name="product"),
    path("locations/", LocationsView.as_view(), name="locations"),
    path("locations/<str:code>/", LocationView.as_view(), name="location"),
    path("suppliers/", SuppliersView.as_view()),
    path("suppliers/<str:code>/offers/", OffersView.as_view()),
    path("suppliers/<str:code>/offers/<str:sku>/", OfferView.as_view()),
    path("purchase-orders/", PurchaseOrdersView.as_view()),
    path("purchase-orders/<str:number>/", PurchaseOrderDetailView.as_view()),
    path("purchase-orders/<str:number>/sending/", SendingView.as_view()),
    path("purchase-orders/<str:number>/confirmation/", ConfirmationView.as_view()),
    path("purchase-orders/<str:number>/receipts/", PurchaseReceiptsView.as_view()),
    path("purchase-orders/<str:number>/closure/", PurchaseClosureView.as_view()),
    path("purchase-orders/<str:number>/cancellation/", PurchaseCancellationView.as_view()),
    path("receipts/", ReceiptsView.as_view()),
    path("receipts/<str:number>/", ReceiptDetailView.as_view()),
    path("receipts/<str:number>/landed-costs/", LandedCostsView.as_view()),
    path("receipts/<str:number>/reversal/", ReversalView.as_view()),
    path("transfers/", TransfersView.as_view()),
    path("transfers/<str:number>/", TransferDetailView.as_view()),
    path("transfers/<str:number>/shipment/", TransferShipmentView.as_view()),
    path("transfers/<str:number>/receipts/", TransferReceiptsView.as_view()),
    path("transfers/<str:number>/settlement/", SettlementView.as_view()),
    path("transfers/<str:number>/cancellation/", TransferCancellationView.as_view()),
]
