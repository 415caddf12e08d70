"""The customers API: find, look, correct."""

from typing import ClassVar

from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from customers import operations, queries
from customers.models import Customer, Segment, SegmentVersion
from customers.operations import Party, Reading
from customers.serializers import (
    CorrectionIn,
    CustomerAddressOut,
    CustomerOut,
    DeliveryWishesIn,
    ProfileOut,
    SegmentOut,
)
from oms import keys
from oms.api import HasScope, IdempotencyMixin, actor, scoped, visible_channels
from oms.asked import refuse_unlisted
from oms.models import ApiKey
from oms.problems import respond as refuse
from oms.wire import decode, respond, schema_of

SEARCHES = ("email", "phone", "name")


def customers_of(request: Request) -> QuerySet[Customer]:
    """Customers that the caller may see: all, or those who ordered in the key's channel."""
    rows = Customer.objects.select_related("subject", "company")
    if visible_channels(request) is None:
        return rows
    own = scoped(Customer.objects.all(), request, "orders__channel__code")
    return rows.filter(pk__in=own.values("pk"))


def may_read(request: Request) -> bool:
    """Whether the caller may read names, contacts and addresses."""
    if isinstance(request.auth, ApiKey):
        return keys.reads_personal(request.auth)
    return request.user.has_perm("customers.view_personal_data")


def is_shared(request: Request, customer: Customer) -> bool:
    """Whether a channel's key asks for somebody who also buys elsewhere."""
    codes = visible_channels(request)
    return codes is not None and queries.buys_elsewhere(customer, codes)


def shown(request: Request, customer: Customer) -> CustomerOut:
    """One customer; what is personal only for those who may read it, and recorded."""
    answer = CustomerOut.of(customer)
    answer.shared = is_shared(request, customer)
    if visible_channels(request) is None:
        answer.tags = queries.tags_of(queries.family_of(customer))
        answer.segments = list(queries.segments_of(customer).values_list("code", flat=True))
    if not may_read(request) or answer.erased or answer.shared:
        return answer
    subject, what = customer.subject, f"customers.customer {customer.number}"
    rows = list(customer.addresses.order_by("pk"))
    profile, *addresses = operations.disclose_all(
        [
            Reading(subject, customer.profile, queries.PROFILE, what),
            *(Reading(subject, row.sealed, queries.ADDRESS, f"{what} address") for row in rows),
        ],
        by=actor(request),
    )
    answer.profile, answer.delivery = ProfileOut.of(profile), profile.get("delivery", {})
    answer.addresses = [
        CustomerAddressOut.of(row, values) for row, values in zip(rows, addresses, strict=True)
    ]
    return answer


class CustomersView(ListAPIView):
    """Customers."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]
    queryset = Customer.objects.none()

    @extend_schema(
        operation_id="customers_list",
        parameters=[
            OpenApiParameter("email", str, description="The whole e-mail address."),
            OpenApiParameter("phone", str, description="The whole number, with or without signs."),
            OpenApiParameter("name", str, description="Whole words of the name, in any order."),
            OpenApiParameter("segment", str, description="Code of a segment that they are in."),
            OpenApiParameter("tag", str, description="A tag that they have."),
        ],
        responses={200: schema_of(CustomerOut)},
    )
    def get(self, request: Request) -> HttpResponse:
        """Newest first, without personal data; who they are stands in each customer's detail.

        Segments and tags tell of dealings in every channel: 403 for a key of one that asks by them.
        """
        rows = customers_of(request)
        for name in SEARCHES:
            if text := request.query_params.get(name, "").replace("\0", ""):
                rows = rows.filter(subject__in=queries.find_subjects(text))
        rows = _marked(request, rows)
        page = self.paginate_queryset(rows.order_by("-pk"))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [CustomerOut.of(row) for row in page]})


def _marked(request: Request, rows: QuerySet[Customer]) -> QuerySet[Customer]:
    """Customers in the segment, and with the tag, that are asked for."""
    segment, tag = (
        request.query_params.get(name, "").replace("\0", "") for name in ("segment", "tag")
    )
    if segment or tag:
        refuse_channel(request)
    if segment:
        refuse_unlisted("segment", segment, Segment.objects.values_list("code", flat=True))
        rows = queries.in_segment(rows, segment)
    if tag:
        rows = rows.filter(pk__in=queries.tagged(tag).values("pk"))
    return rows


def refuse_channel(request: Request) -> None:
    """Raise PermissionDenied for a key of one channel."""
    if visible_channels(request) is not None:
        msg = "Segments and tags concern every channel; this key is for one."
        raise PermissionDenied(msg)


class SegmentsView(APIView):
    """Segments of customers."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="segments_list",
        responses={200: {"type": "array", "items": schema_of(SegmentOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Segments in force by name; their members are listed by `GET /customers/?segment=`.

        403 for a key of one channel: segments look at dealings in all of them.
        """
        refuse_channel(request)
        versions = Prefetch("versions", SegmentVersion.objects.order_by("-number"))
        rows = Segment.objects.filter(ended_at=None).annotate(size=Count("members"))
        found = rows.order_by("name").prefetch_related(versions)
        return respond([SegmentOut.of(row, row.size) for row in found])


class CustomerView(IdempotencyMixin, APIView):
    """One customer."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]
    queryset = Customer.objects.none()

    @extend_schema(operation_id="customers_retrieve", responses={200: schema_of(CustomerOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The customer; with the scope `customers:read_personal` also who it is.

        Each reading of personal data is recorded. Who also buys in other channels is `shared`: a
        key of one channel reads on its own orders what it was told.
        """
        return respond(shown(request, get_object_or_404(customers_of(request), number=number)))

    @extend_schema(
        operation_id="customers_partial_update",
        request={"application/json": schema_of(CorrectionIn)},
        responses={200: schema_of(CustomerOut)},
    )
    def patch(self, request: Request, number: str) -> HttpResponse:
        """Correct the profile; orders keep the contact that they were placed with.

        409 `email_taken` when the e-mail address is another customer's, `subject_erased` after an
        erasure. 403 `customer_shared` for a key of one channel when the customer buys in others too.
        """
        customer = get_object_or_404(customers_of(request), number=number)
        if is_shared(request, customer):
            return refuse(403, "customer_shared", "This customer buys in other channels as well.")
        sent = decode(request.body, CorrectionIn)
        party = Party(**sent.over(queries.profile_of(customer)))
        operations.correct(customer, by=actor(request), party=party, reason=sent.reason)
        return respond(shown(request, customers_of(request).get(pk=customer.pk)))


class DeliveryWishesView(IdempotencyMixin, APIView):
    """How a customer wants parcels delivered."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="customers_delivery_wishes_update",
        request={"application/json": schema_of(DeliveryWishesIn)},
        responses={200: schema_of(CustomerOut)},
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        """Keep the wishes; orders from now on carry a copy, shown on the packing slip.

        409 `subject_erased` after an erasure. 403 `customer_shared` for a key of one channel when the
        customer buys in others too.
        """
        customer = get_object_or_404(customers_of(request), number=number)
        if is_shared(request, customer):
            return refuse(403, "customer_shared", "This customer buys in other channels as well.")
        sent = decode(request.body, DeliveryWishesIn)
        values = {name: getattr(sent, name) for name in sent.__struct_fields__}
        operations.set_delivery_wishes(
            customer, operations.DeliveryWishes(**values), by=actor(request)
        )
        return respond(shown(request, customers_of(request).get(pk=customer.pk)))


urlpatterns = [
    path("segments/", SegmentsView.as_view(), name="segments"),
    path("customers/", CustomersView.as_view(), name="customers"),
    path("customers/<str:number>/", CustomerView.as_view(), name="customer"),
    path(
        "customers/<str:number>/delivery-wishes/",
        DeliveryWishesView.as_view(),
        name="delivery-wishes",
    ),
]
