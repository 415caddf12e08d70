"""The stock doctor's page: a SKU's figures side by side with the sums that prove them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from inventory import queries
from inventory.models import StockLevel

MOST = 50  # locations of one SKU


def page(request: HttpRequest) -> HttpResponse:
    """Proof of every figure of the SKU asked for, at every location, and of its ring-fences."""
    sku = request.GET.get("sku", "").strip().replace("\0", "")
    rows = StockLevel.objects.filter(product__sku__in={sku, sku.upper()} - {""})
    levels = rows.select_related("product", "location").order_by("location__code")[:MOST]
    found = queries.examine(levels) if sku else []
    fences = queries.examine_fences(found[0].level.product_id) if found else []
    fences_ill = sum(not finding.holds for finding in fences)
    context = {
        **admin.site.each_context(request),
        "opts": StockLevel._meta,  # noqa: SLF001 (documented)
        "title": "Stock doctor",
        "sku": sku,
        "found": found,
        "fences": fences,
        "fences_ill": fences_ill,
        "ill": fences_ill + sum(not examination.healthy for examination in found),
    }
    return TemplateResponse(request, "admin/inventory/stocklevel/doctor.html", context)
