"""The stock API: products, locations, availability, movements."""

from django.urls import path

from inventory.api.availability import AvailabilityView
from inventory.api.locations import LocationsView, LocationView
from inventory.api.movements import StockMovementsView
from inventory.api.products import ProductsView, ProductView

urlpatterns = [
    path("availability/", AvailabilityView.as_view(), name="availability"),
    path("stock/movements/", StockMovementsView.as_view(), name="stock-movements"),
    path("products/", ProductsView.as_view(), name="products"),
    path("products/<str:sku>/", ProductView.as_view(), name="product"),
    path("locations/", LocationsView.as_view(), name="locations"),
    path("locations/<str:code>/", LocationView.as_view(), name="location"),
]
