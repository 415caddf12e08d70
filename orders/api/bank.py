"""The API of bank statements and remittances: send one, follow it, read what became of each line."""

from importlib import import_module
from io import BytesIO
from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.module_loading import import_string
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.generics import ListAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import IdempotencyMixin, OfAllChannels, actor
from oms.asked import refuse_unlisted
from oms.filters import Code, FilterSet
from oms.money import is_currency
from oms.wire import Invalid, respond, schema_of
from orders import operations
from orders.adapters.statements import is_xml
from orders.models import BankAccount, BankLine, BankStatement, Remittance
from orders.serializers.bank import BankLineOut, BankStatementOut, RemittanceOut

FILES = ("text/csv", "application/xml", "text/xml", "application/octet-stream")
ACCOUNT = OpenApiParameter("account", str, required=True, description="Code of the account.")


class BankStatementsView(IdempotencyMixin, APIView):
    """Files of banks."""

    scope = "bank"
    permission_classes: ClassVar = [OfAllChannels]
    content_negotiation_class = DefaultContentNegotiation
    queryset = BankStatement.objects.none()

    @extend_schema(
        operation_id="bank_statements_create",
        parameters=[ACCOUNT],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: schema_of(BankStatementOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Send a bank's file as the body: CSV, or CAMT.053 in the versions 02 and 08.

        Its content type may also be `text/csv`, `application/xml` or `text/xml`.
        A worker reads it. The same file again is the same statement, and a line that an earlier
        file had is known again, so that a repeat changes nothing.
        """
        if (request.content_type or "").partition(";")[0].strip() not in FILES:
            raise UnsupportedMediaType(request.content_type or "")
        code = request.query_params.get("account", "")
        accounts = {row.code: row for row in BankAccount.objects.filter(is_active=True)}
        refuse_unlisted("account", code, accounts)
        content = BytesIO(request.body)
        if not content.getbuffer().nbytes:
            raise Invalid("The file is empty.")
        form = "camt" if is_xml(content) else "csv"
        content.seek(0)
        statement = operations.begin_statement(
            accounts[code], content, by=actor(request), form=form
        )
        return respond(BankStatementOut.of(statement), 201)


class BankStatementView(APIView):
    """One statement."""

    scope = "bank"
    permission_classes: ClassVar = [OfAllChannels]
    queryset = BankStatement.objects.none()

    @extend_schema(
        operation_id="bank_statements_retrieve", responses={200: schema_of(BankStatementOut)}
    )
    def get(self, request: Request, number: str) -> HttpResponse:  # noqa: ARG002
        """What reading came to."""
        rows = BankStatement.objects.select_related("account")
        return respond(BankStatementOut.of(get_object_or_404(rows, number=number)))


class BankLineFilter(FilterSet):
    """Filters of the lines."""

    account = Code("account__code")
    statement = filters.CharFilter(field_name="statement__number")

    class Meta:
        model = BankLine
        fields = ("state",)


class BankLinesView(ListAPIView):
    """Movements of the accounts."""

    scope = "bank"
    permission_classes: ClassVar = [OfAllChannels]
    filterset_class = BankLineFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    queryset: QuerySet[BankLine] = BankLine.objects.none()

    @extend_schema(operation_id="bank_lines_list", responses={200: schema_of(BankLineOut)})
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """Newest first, 50 a page, with the orders that each paid; follow `next`."""
        rows = BankLine.objects.select_related("account", "statement")
        rows = rows.prefetch_related("matches__order").order_by("-pk")
        page = self.paginate_queryset(self.filter_queryset(rows))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [BankLineOut.of(row) for row in page]})


class RemittancesView(IdempotencyMixin, APIView):
    """Files of carriers about cash on delivery."""

    scope = "bank"
    permission_classes: ClassVar = [OfAllChannels]
    content_negotiation_class = DefaultContentNegotiation
    queryset = Remittance.objects.none()

    @extend_schema(
        operation_id="remittances_create",
        parameters=[
            OpenApiParameter("carrier", str, required=True, description="Code of the carrier."),
            OpenApiParameter("currency", str, required=True, description="ISO 4217."),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={201: schema_of(RemittanceOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Send a carrier's file as the body: a CSV with one row per parcel (or `text/csv`).

        A worker books it, parcel by parcel. The same file again is the same remittance, and a
        parcel is booked once, so that a repeat changes nothing.
        """
        if (request.content_type or "").partition(";")[0].strip() not in FILES:
            raise UnsupportedMediaType(request.content_type or "")
        asked = request.query_params
        carrier, currency = asked.get("carrier", ""), asked.get("currency", "").upper()
        ask = import_string(import_module("oms.wiring").ANSWERS["orders.carriers"])
        refuse_unlisted("carrier", carrier, dict(ask()))
        if not is_currency(currency):
            raise Invalid("A currency is three letters of ISO 4217, such as GBP.", "/currency")
        content = BytesIO(request.body)
        if not content.getbuffer().nbytes:
            raise Invalid("The file is empty.")
        done = operations.begin_remittance(carrier, currency, content, by=actor(request))
        return respond(RemittanceOut.of(done, ()), 201)


class RemittanceView(APIView):
    """One remittance."""

    scope = "bank"
    permission_classes: ClassVar = [OfAllChannels]
    queryset = Remittance.objects.none()

    @extend_schema(operation_id="remittances_retrieve", responses={200: schema_of(RemittanceOut)})
    def get(self, request: Request, number: str) -> HttpResponse:  # noqa: ARG002
        """What became of it, parcel by parcel."""
        done = get_object_or_404(Remittance, number=number)
        rows = done.rows.select_related("order").order_by("position")
        return respond(RemittanceOut.of(done, rows))


urlpatterns = [
    path("remittances/", RemittancesView.as_view(), name="remittances"),
    path("remittances/<str:number>/", RemittanceView.as_view(), name="remittance"),
    path("bank-statements/", BankStatementsView.as_view(), name="bank-statements"),
    path("bank-statements/<str:number>/", BankStatementView.as_view(), name="bank-statement"),
    path("bank-lines/", BankLinesView.as_view(), name="bank-lines"),
]
