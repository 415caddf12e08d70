"""Invoices and credit notes: read-only, with the proof that they are as they were issued."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)

from compliance import operations, queries
from compliance.adapters.paper import answer
from compliance.admin import tax_report
from compliance.enums import DocumentKind
from compliance.models import Invoice
from compliance.queries.territories import state_name
from oms import words
from oms.admin import ReadOnlyAdmin, actor

PERSONAL = "customers.view_personal_data"
LINES_SHOWN = 200


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """What was issued, for which order, and whether it still says the same."""

    list_empty = (
        "Invoices are issued by themselves when goods leave, credit notes when they come back "
        "or a refund is granted."
    )

    list_display = (
        "number_column",
        "kind_column",
        "order_column",
        "seller_column",
        "treatment_column",
        "num_tax",
        "num_gross",
        "issued_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("order", "entity", "corrects")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("entity", RelatedDropdownFilter),
        ("treatment", ChoicesDropdownFilter),
        ("issued_on", RangeDateFilter),
    )
    list_filter_submit = True
    search_fields = ("number__istartswith", "order__number__exact", "source__exact")
    search_help_text = "Document number, or the whole order number"
    sortable_by: ClassVar = ()
    change_form_template = "admin/compliance/invoice.html"

    def get_urls(self) -> list[URLPattern]:
        """The PDF, and the tax report over all documents."""
        wrap = self.admin_site.admin_view
        return [
            path("tax-report/", wrap(tax_report.report), name="compliance_tax_report"),
            path(
                "tax-report/documents/",
                wrap(tax_report.drill),
                name="compliance_tax_report_documents",
            ),
            path("<int:pk>/pdf/", wrap(self.pdf_view), name="compliance_invoice_pdf"),
            *super().get_urls(),
        ]

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The document on paper, with the buyer: for those who may read personal data."""
        if not (self.has_view_permission(request) and request.user.has_perm(PERSONAL)):
            raise PermissionDenied
        rows = Invoice.objects.select_related("order", "corrects", "subject")
        invoice = get_object_or_404(rows.prefetch_related("lines"), pk=pk)
        return answer(invoice, operations.read_buyer(invoice, by=actor(request)))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Documents with what their page and list say of them."""
        rows = super().get_queryset(request)
        return rows.select_related("order", "entity", "corrects", "series", "subject")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """One document: parties, lines, tax, and its proof."""
        if (invoice := kwargs.get("obj")) is not None:
            context |= page_context(request, invoice)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Number")
    def number_column(self, invoice: Invoice) -> str:
        """As on paper."""
        return invoice.number

    @admin.display(description="Kind")
    def kind_column(self, invoice: Invoice) -> SafeString:
        """A credit note with what it corrects."""
        if invoice.corrects is None:
            return words.chip("Invoice")
        return words.two_lines(words.chip("Credit note", "info"), f"of {invoice.corrects.number}")

    @admin.display(description="Order")
    def order_column(self, invoice: Invoice) -> SafeString:
        """The order, and the shipment or return."""
        url = reverse("admin:orders_order_change", args=[invoice.order_id])
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, invoice.order.number)
        return words.two_lines(link, invoice.source.partition(":")[2])

    @admin.display(description="Seller")
    def seller_column(self, invoice: Invoice) -> str:
        """Who issued it."""
        return invoice.entity.code

    @admin.display(description="Taxed as")
    def treatment_column(self, invoice: Invoice) -> SafeString:
        """The treatment, and whose tax it is."""
        state = state_name(invoice.place_of_supply)
        return words.two_lines(
            invoice.get_treatment_display(), " ".join(filter(None, [invoice.territory, state]))
        )

    @admin.display(description="Tax")
    def num_tax(self, invoice: Invoice) -> SafeString:
        """All tax of the document."""
        return _amount(invoice, invoice.tax)

    @admin.display(description="Total")
    def num_gross(self, invoice: Invoice) -> SafeString:
        """With tax."""
        return _amount(invoice, invoice.gross)

    @admin.display(description="Issued")
    def issued_column(self, invoice: Invoice) -> str:
        """In the seller's time zone."""
        return f"{invoice.issued_on:%d %b %Y}"


def page_context(request: HttpRequest, invoice: Invoice) -> dict[str, Any]:
    """What the page of one document shows."""
    may_read = request.user.has_perm(PERSONAL)
    lines = list(invoice.lines.select_related("order_line").order_by("position")[: LINES_SHOWN + 1])
    return {
        "invoice": invoice,
        "is_credit": invoice.kind == DocumentKind.CREDIT_NOTE,
        "lines": lines[:LINES_SHOWN],
        "more_lines": len(lines) > LINES_SHOWN,
        "unchanged": queries.is_unchanged(invoice),
        "corrections": list(invoice.corrections.order_by("pk")),
        "state": state_name(invoice.place_of_supply),
        "may_read": may_read,
        "buyer": operations.read_buyer(invoice, by=actor(request)) if may_read else {},
        "reference": invoice.source.partition(":")[2],
    }


def _amount(invoice: Invoice, amount: Any) -> SafeString:
    shown = words.money(amount, invoice.currency)
    sign = "−" if invoice.kind == DocumentKind.CREDIT_NOTE and amount else ""
    return format_html('<span class="oms-num">{}{}</span>', sign, shown)
