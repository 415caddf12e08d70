"""The API of companies, those who buy for them, and payment terms, as an ERP or a CRM keeps them."""

from importlib import import_module
from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.module_loading import import_string
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from customers import operations, queries
from customers.models import Company, Customer, PaymentTerms
from customers.operations import Party
from customers.serializers.companies import (
    BuyerIn,
    BuyerOut,
    CompanyIn,
    CompanyOut,
    CompanySummaryOut,
    PaymentTermsIn,
    PaymentTermsOut,
    PersonIn,
)
from oms.api import IdempotencyMixin, OfAllChannels, actor
from oms.errors import InvalidInput
from oms.wire import decode, respond, schema_of


class Kept(IdempotencyMixin, APIView):
    """Read with the scope of customers, written with that of terms. Companies buy across channels."""

    permission_classes: ClassVar = [OfAllChannels]

    @property
    def scope(self) -> str:
        """Which scope the call needs."""
        return "customers" if self.request.method in {"GET", "HEAD", "OPTIONS"} else "terms"


class CompaniesView(Kept, ListAPIView):
    """Businesses that buy."""

    queryset: QuerySet[Company] = Company.objects.none()

    @extend_schema(operation_id="companies_list", responses={200: schema_of(CompanySummaryOut)})
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """By code, 50 a page; follow `next`. What each owes stands in its detail."""
        rows = Company.objects.select_related("parent", "terms").order_by("code")
        page = self.paginate_queryset(rows)
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [CompanySummaryOut.of(row) for row in page]})


class CompanyView(Kept):
    """One company."""

    queryset: QuerySet[Company] = Company.objects.none()

    @extend_schema(operation_id="companies_retrieve", responses={200: schema_of(CompanyOut)})
    def get(self, request: Request, code: str) -> HttpResponse:  # noqa: ARG002
        """Where it stands in its tree, on which terms it buys, and how much of its credit is used.

        Only for keys of all channels, because companies buy across them.
        """
        return _company(code)

    @extend_schema(
        operation_id="companies_update",
        request={"application/json": schema_of(CompanyIn)},
        responses={200: schema_of(CompanyOut), 201: schema_of(CompanyOut)},
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Keep a company as you say it is: 201 where the code is new; the same again changes nothing.

        All of it: what is left out is as it is by default. `active: false` ends selling on account:
        such orders wait for a person from then on. 422 `company_circle`, `company_terms_impossible`
        and `not_kept` point at the field that cannot be.
        """
        sent = decode(request.body, CompanyIn)
        parent = _named(Company, sent.parent, "/parent")
        terms = _named(PaymentTerms, sent.terms, "/terms")
        _, is_new = operations.put_company(
            code, sent.face, sent.trade(parent, terms), by=actor(request), reason=sent.reason
        )
        return _company(code, 201 if is_new else 200)


class BuyersView(Kept):
    """Who buys for a company."""

    queryset: QuerySet[Customer] = Customer.objects.none()

    @extend_schema(
        operation_id="companies_buyers_list",
        responses={200: {"type": "array", "items": schema_of(BuyerOut)}},
    )
    def get(self, request: Request, code: str) -> HttpResponse:  # noqa: ARG002
        """Everybody who buys for it today, with role and limits; without personal data."""
        company = get_object_or_404(Company, code=code)
        rows = company.customers.filter(merged_into=None).select_related("company", "buyer")
        return respond([BuyerOut.of(row) for row in rows.order_by("pk")])

    @extend_schema(
        operation_id="companies_buyers_create",
        request={"application/json": schema_of(PersonIn)},
        responses={200: schema_of(BuyerOut)},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Have the person with this e-mail address or phone number buy for it, known or new.

        A repeat gives the same person. What is known of somebody stays as it is.
        """
        company = get_object_or_404(Company, code=code)
        sent = decode(request.body, PersonIn)
        if not sent.email and not sent.phone:
            raise InvalidInput("Give an e-mail address or a phone number.", pointer="/email")
        party = Party(name=sent.name, email=sent.email, phone=sent.phone, company=company.name)
        customer = operations.identify([party], by=actor(request))[0]
        return _put_buyer(request, customer, company, sent)


class BuyerView(Kept):
    """For whom one person buys."""

    queryset: QuerySet[Customer] = Customer.objects.none()

    @extend_schema(
        operation_id="customers_buyer_update",
        request={"application/json": schema_of(BuyerIn)},
        responses={200: schema_of(BuyerOut)},
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        """Have a customer buy for a company within limits, or for nobody: `company` is null.

        The same again changes nothing. 422 where there is no such company.
        """
        customer = get_object_or_404(Customer, number=number)
        sent = decode(request.body, BuyerIn)
        return _put_buyer(request, customer, _named(Company, sent.company, "/company"), sent)


class PaymentTermsListView(Kept):
    """On which terms companies may pay."""

    queryset: QuerySet[PaymentTerms] = PaymentTerms.objects.none()

    @extend_schema(
        operation_id="payment_terms_list",
        responses={200: {"type": "array", "items": schema_of(PaymentTermsOut)}},
    )
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002
        """All of them, by code."""
        return respond([PaymentTermsOut.of(row) for row in PaymentTerms.objects.order_by("code")])


class PaymentTermsView(Kept):
    """Terms by their code."""

    queryset: QuerySet[PaymentTerms] = PaymentTerms.objects.none()

    @extend_schema(
        operation_id="payment_terms_update",
        request={"application/json": schema_of(PaymentTermsIn)},
        responses={200: schema_of(PaymentTermsOut), 201: schema_of(PaymentTermsOut)},
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Keep terms as you say they are; orders that were placed keep theirs."""
        sent = decode(request.body, PaymentTermsIn)
        row, is_new = operations.put_payment_terms(
            code, sent.given, by=actor(request), reason=sent.reason
        )
        return respond(PaymentTermsOut.of(row), 201 if is_new else 200)


def _company(code: str, status: int = 200) -> HttpResponse:
    company = get_object_or_404(Company.objects.select_related("parent", "terms"), code=code)
    account = queries.account_of(company)
    standing = import_string(import_module("oms.wiring").ANSWERS["customers.standing_of"])
    return respond(CompanyOut.of(company, standing(account) if account else []), status)


def _put_buyer(
    request: Request, customer: Customer, company: Company | None, sent: BuyerIn | PersonIn
) -> HttpResponse:
    operations.put_buyer(customer, company, sent.limits, by=actor(request), reason=sent.reason)
    root = queries.root_of(customer)
    return respond(BuyerOut.of(Customer.objects.select_related("company", "buyer").get(pk=root.pk)))


def _named(table: type, code: str | None, pointer: str) -> object | None:
    """The row with this code, or none without one. Raises InvalidInput."""
    if not code:
        return None
    found = table.objects.filter(code=code).first()  # type: ignore[attr-defined]
    if found is None:
        raise InvalidInput("There is none with this code.", pointer=pointer)
    return found


urlpatterns = [
    path("companies/", CompaniesView.as_view(), name="companies"),
    path("companies/<str:code>/", CompanyView.as_view(), name="company"),
    path("companies/<str:code>/buyers/", BuyersView.as_view(), name="company-buyers"),
    path("customers/<str:number>/buyer/", BuyerView.as_view(), name="customer-buyer"),
    path("payment-terms/", PaymentTermsListView.as_view(), name="payment-terms"),
    path("payment-terms/<slug:code>/", PaymentTermsView.as_view(), name="payment-terms-one"),
]
