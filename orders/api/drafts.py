"""The API of drafts and quotes: begin, replace, offer, submit, discard."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, RepeatNotRecognisable, actor, visible_channels
from oms.filters import FilterSet
from oms.wire import decode, respond, schema_of
from orders import operations
from orders.api.orders import CHANNEL, channel_of
from orders.models import DraftOrder
from orders.queries import detail
from orders.serializers.drafts import (
    DiscardIn,
    DraftIn,
    DraftOut,
    QuoteIn,
    StockIn,
    SubmissionIn,
    drafted,
)
from orders.serializers.orders import OrderOut


def drafts_of(request: Request) -> QuerySet[DraftOrder]:
    """The drafts that this key may see."""
    rows = DraftOrder.objects.select_related(
        "channel", "customer", "order", "pickup_location__service"
    )
    rows = rows.prefetch_related("lines", "charges")
    codes = visible_channels(request)
    return rows if codes is None else rows.filter(channel__code__in=codes)


class DraftFilter(FilterSet):
    """Filters of the drafts."""

    class Meta:
        model = DraftOrder
        fields = ("status", "external_id")


class DraftsView(IdempotencyMixin, ListAPIView):
    """Orders being put together."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    filterset_class = DraftFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    queryset = DraftOrder.objects.none()

    @extend_schema(operation_id="drafts_list", responses={200: schema_of(DraftOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        page = self.paginate_queryset(self.filter_queryset(drafts_of(request).order_by("-pk")))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [DraftOut.of(draft) for draft in page]})

    @extend_schema(
        operation_id="drafts_create",
        parameters=[CHANNEL],
        request={"application/json": schema_of(DraftIn)},
        responses={200: schema_of(DraftOut), 201: schema_of(DraftOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Begin a draft: 201, or 200 with the same one when its `external_id` was sent before.

        Nothing is reserved, validated or counted; totals and taxes are worked out.
        """
        channel, sent = channel_of(request), decode(request.body, DraftIn)
        draft, created = operations.draft(channel, drafted(sent), by=actor(request))
        shown = drafts_of(request).get(pk=draft.pk)
        return respond(DraftOut.of(shown), 201 if created else 200)


class DraftView(IdempotencyMixin, APIView):
    """One draft."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> DraftOrder:
        """The draft, if this key may see it."""
        return get_object_or_404(drafts_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The draft as it is now."""
        return respond(DraftOut.of(self.find(request, number)), status)


class DraftDetailView(DraftView):
    """Reading and changing it."""

    @extend_schema(operation_id="drafts_retrieve", responses={200: schema_of(DraftOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The draft with its lines and allowed actions."""
        return self.show(request, number)

    @extend_schema(
        operation_id="drafts_update",
        request={"application/json": schema_of(DraftIn)},
        responses={200: schema_of(DraftOut)},
    )
    def put(self, request: Request, number: str) -> HttpResponse:
        """Replace the whole content; a quote that was made of it ends."""
        draft, sent = self.find(request, number), decode(request.body, DraftIn)
        operations.revise(draft, drafted(sent), by=actor(request), seen=sent.revision)
        return self.show(request, number)

    @extend_schema(
        operation_id="drafts_destroy",
        request={"application/json": schema_of(DiscardIn)},
        responses={200: schema_of(DraftOut)},
    )
    def delete(self, request: Request, number: str) -> HttpResponse:
        """Discard the draft, with a reason in the body; it stays readable."""
        draft = self.find(request, number)
        body = request.body
        sent = decode(body, DiscardIn) if body else DiscardIn("Discarded through the API")
        operations.discard(draft, by=actor(request), reason=sent.reason)
        return self.show(request, number)


class DraftSubmissionView(DraftView):
    """Placing the order."""

    @extend_schema(
        operation_id="drafts_submission_create",
        request={"application/json": schema_of(SubmissionIn)},
        responses={201: schema_of(OrderOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Place the order by the rules of every order; a repeat gives the same order."""
        draft = self.find(request, number)
        sent = decode(request.body or b"{}", SubmissionIn)
        order = operations.submit(draft, by=actor(request), pay_by=sent.pay_by)
        return respond(OrderOut.of(detail(order)), 201)


class DraftQuoteView(DraftView):
    """Offering it to the buyer."""

    @extend_schema(
        operation_id="drafts_quote_create",
        request={"application/json": schema_of(QuoteIn)},
        responses={201: schema_of(DraftOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Make a quote: `quote.url` is the link by which the buyer accepts it."""
        draft, sent = self.find(request, number), decode(request.body, QuoteIn)
        operations.quote(draft, by=actor(request), valid_until=sent.valid_until)
        return self.show(request, number, 201)

    @extend_schema(operation_id="drafts_quote_destroy", responses={200: schema_of(DraftOut)})
    def delete(self, request: Request, number: str) -> HttpResponse:
        """Withdraw the quote; the draft stays."""
        draft = self.find(request, number)
        operations.withdraw_quote(draft, by=actor(request), reason="Withdrawn through the API")
        return self.show(request, number)


class DraftQuoteSendingView(DraftView):
    """Writing to the buyer."""

    @extend_schema(
        operation_id="drafts_quote_sending_create",
        request=None,
        responses={201: schema_of(DraftOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Mail the quote's link to the buyer. 409 `quote_not_sendable` says why that cannot be.

        Needs an Idempotency-Key, so that a retry does not mail it twice.
        """
        if not self.is_guarded:
            raise RepeatNotRecognisable(ways="the header Idempotency-Key")
        operations.send_quote(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class DraftStockView(DraftView):
    """Keeping stock for the buyer."""

    @extend_schema(
        operation_id="drafts_stock_create",
        request={"application/json": schema_of(StockIn)},
        responses={201: schema_of(DraftOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Keep all units until a moment, or none: 409 `not_available`. Again, it moves that moment.

        `reservation` names them under `/reservations/`.
        """
        draft, sent = self.find(request, number), decode(request.body, StockIn)
        operations.keep_stock(draft, by=actor(request), until=sent.until)
        return self.show(request, number, 201)

    @extend_schema(operation_id="drafts_stock_destroy", responses={200: schema_of(DraftOut)})
    def delete(self, request: Request, number: str) -> HttpResponse:
        """Let others have the units."""
        operations.give_stock_back(self.find(request, number), by=actor(request))
        return self.show(request, number)


urlpatterns = [
    path("drafts/", DraftsView.as_view(), name="drafts"),
    path("drafts/<str:number>/", DraftDetailView.as_view(), name="draft"),
    path("drafts/<str:number>/submission/", DraftSubmissionView.as_view(), name="draft-submission"),
    path("drafts/<str:number>/quote/", DraftQuoteView.as_view(), name="draft-quote"),
    path(
        "drafts/<str:number>/quote/sending/",
        DraftQuoteSendingView.as_view(),
        name="draft-quote-sending",
    ),
    path("drafts/<str:number>/stock/", DraftStockView.as_view(), name="draft-stock"),
]
