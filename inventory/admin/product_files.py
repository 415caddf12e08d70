"""Products in files: imported and exported; loaded when somebody does, because its formats are large."""

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from import_export import resources
from import_export.admin import ImportExportModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from inventory.admin.product import ProductAdmin
from inventory.models import Product


class ProductResource(resources.ModelResource):
    """A product as a row of a file; the SKU decides which one."""

    class Meta:
        model = Product
        import_id_fields = ("sku",)
        skip_unchanged = True
        report_skipped = False
        use_bulk = False  # rows are saved one by one, so that each has its history
        fields = (
            "sku",
            "name",
            "barcode",
            "unit_price",
            "unit_cost",
            "weight_g",
            "tax_class",
            "goods_class",
            "family",
            "hs_code",
            "origin_country",
            "customs_description",
            "preorder_on",
            "is_active",
        )


class ProductFiles(ImportExportModelAdmin, ProductAdmin):
    """The pages for files, beside the registered pages of products."""

    resource_classes: ClassVar = [ProductResource]
    import_form_class = ImportForm
    export_form_class = ExportForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Files change what forms change. The library's own answer is: everybody."""
        return self.has_change_permission(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whoever sees the list."""
        return self.has_view_permission(request)


def page(action: str, request: HttpRequest) -> HttpResponse:
    """Answer one of the pages for files: import_action, process_import or export_action."""
    return getattr(ProductFiles(Product, admin.site), action)(request)
