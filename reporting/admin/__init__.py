"""Where the pages of reporting hang in the back office, and the daily facts as plain lists."""

from collections.abc import Callable

from django.contrib import admin
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from oms.admin import ReadOnlyAdmin, list_buttons
from reporting.admin import dashboard, export, lots, valuation
from reporting.models import DailyProduct, DailySales, DailyShipping

earlier: Callable[[], list[URLPattern]] = getattr(admin.site, "extra_urls", list)


def pages() -> list[URLPattern]:
    """Reports and exports, beside whatever other pages hang here."""
    wrap = admin.site.admin_view
    return [
        *earlier(),
        path(
            "reports/",
            RedirectView.as_view(pattern_name="admin:reporting_dashboard", query_string=True),
        ),
        path("reports/sales/", wrap(dashboard.sales), name="reporting_dashboard"),
        path("reports/stock/", wrap(dashboard.stock), name="reporting_stock"),
        path("reports/lots/", wrap(lots.lots), name="reporting_lots"),
        path("reports/lots.csv", wrap(lots.file), name="reporting_lots_file"),
        path("reports/promises/", wrap(dashboard.promises), name="reporting_promises"),
        path("reports/returns/", wrap(dashboard.returns), name="reporting_returns"),
        path("reports/stock/export/", wrap(require_POST(export.cover)), name="reporting_cover"),
        path("reports/valuation/", wrap(valuation.valuation), name="reporting_valuation"),
        path(
            "reports/valuation/export/",
            wrap(require_POST(valuation.export)),
            name="reporting_valuation_export",
        ),
        path("reports/ledger/", wrap(export.ledger), name="reporting_ledger"),
        path("export/<str:label>/", wrap(export.export), name="reporting_export"),
    ]


admin.site.extra_urls = pages  # type: ignore[attr-defined]  # unfold's hook for further pages
list_buttons.append(export.button)


@admin.register(DailySales)
class DailySalesAdmin(ReadOnlyAdmin):
    """Sales as they were counted."""

    list_display = ("day", "channel", "currency", "orders", "units", "value", "cancelled_orders")
    list_select_related = ("channel",)
    list_filter = ("channel", "currency")
    date_hierarchy = "day"
    ordering = ("-day", "channel")


@admin.register(DailyShipping)
class DailyShippingAdmin(ReadOnlyAdmin):
    """Shipments as they were counted."""

    list_display = (
        "day",
        "location",
        "shipments",
        "units",
        "on_time",
        "promised",
        "returned_units",
    )
    list_select_related = ("location",)
    list_filter = ("location",)
    ordering = ("-day", "location")


@admin.register(DailyProduct)
class DailyProductAdmin(ReadOnlyAdmin):
    """Demand and supply as they were counted."""

    list_display = ("day", "product", "ordered", "shipped", "returned")
    list_select_related = ("product",)
    search_fields = ("product__sku__exact",)
    ordering = ("-day", "-ordered", "pk")
