"""The invoices API: look, and fetch the PDF."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from compliance import operations
from compliance.adapters.paper import answer
from compliance.models import Invoice
from compliance.serializers import InvoiceOut, InvoiceSummaryOut
from oms import keys
from oms.api import HasScope, PdfRenderer, actor, scoped, visible_channels
from oms.filters import COUNTRY, CURRENCY, Code, Day, FilterSet
from oms.models import ApiKey
from oms.wire import respond, schema_of


def invoices_of(request: Request) -> QuerySet[Invoice]:
    """The documents of the channels that this key may see."""
    rows = Invoice.objects.select_related("order", "corrects", "entity", "subject")
    return scoped(rows, request, "order__channel__code")


class Seller(Code):
    """A seller's code; a key of one channel is not told which others there are."""

    def refusal(self, code: str, request: Request) -> str:
        """As for every code, but for what a key of one channel need not know."""
        sentence = super().refusal(code, request)
        told = visible_channels(request) is None
        return sentence if told or not sentence else f"There is no {code} here."


class InvoiceFilter(FilterSet):
    """Filters of the list."""

    order = filters.CharFilter("order__number")
    seller = Seller("entity__code")
    issued_from = Day("issued_on", "gte")
    territory = filters.CharFilter(validators=[COUNTRY])
    currency = filters.CharFilter(validators=[CURRENCY])
    issued_to = Day("issued_on", "lte")

    class Meta:
        model = Invoice
        fields = ("kind", "treatment")


class InvoicesView(ListAPIView):
    """Invoices and credit notes of the key's channel."""

    scope = "invoices"
    permission_classes: ClassVar = [HasScope]
    filterset_class = InvoiceFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    queryset = Invoice.objects.none()

    @extend_schema(
        operation_id="invoices_list",
        responses={200: schema_of(InvoiceSummaryOut)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        page = self.paginate_queryset(self.filter_queryset(invoices_of(request).order_by("-pk")))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [InvoiceSummaryOut.of(row) for row in page or []]})


class InvoiceView(APIView):
    """One invoice or credit note."""

    scope = "invoices"
    permission_classes: ClassVar = [HasScope]
    queryset = Invoice.objects.none()

    @extend_schema(operation_id="invoices_retrieve", responses={200: schema_of(InvoiceOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The document with its lines and tax groups."""
        rows = invoices_of(request).prefetch_related("lines__order_line")
        return respond(InvoiceOut.of(get_object_or_404(rows, number=number)))


class InvoicePdfView(APIView):
    """The document on paper."""

    scope = "invoices"
    permission_classes: ClassVar = [HasScope]
    renderer_classes: ClassVar = [JSONRenderer, PdfRenderer]
    queryset = Invoice.objects.none()

    @extend_schema(
        operation_id="invoices_pdf_retrieve",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The PDF with the buyer's name and address; the reading is recorded.

        Needs the scope `customers:read_personal` beside `invoices:read`.
        """
        if not _reads_personal(request):
            raise PermissionDenied("This key lacks the scope customers:read_personal.")
        rows = invoices_of(request).prefetch_related("lines")
        invoice = get_object_or_404(rows, number=number)
        return answer(invoice, operations.read_buyer(invoice, by=actor(request)))


def _reads_personal(request: Request) -> bool:
    if isinstance(request.auth, ApiKey):
        return keys.reads_personal(request.auth)
    return bool(request.user.has_perm("customers.view_personal_data"))


urlpatterns = [
    path("invoices/", InvoicesView.as_view(), name="invoices"),
    path("invoices/<str:number>/", InvoiceView.as_view(), name="invoice"),
    path("invoices/<str:number>/pdf/", InvoicePdfView.as_view(), name="invoice-pdf"),
]
