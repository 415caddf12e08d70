"""The API of exceptions: what waits for a person, who works on it, the types of holds."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.filters import Code, FilterSet, Moment, YesOrNo
from oms.wire import respond, schema_of
from orders import operations
from orders.models import Hold, HoldType
from orders.models.claim import claimed_now
from orders.serializers import HoldOut
from orders.serializers.holds import ExceptionOut, HoldTypeOut


def open_holds(request: Request) -> QuerySet[Hold]:
    """The open holds that this key may see and that need a person."""
    rows = Hold.objects.filter(lifted_at=None, type__needs_person=True)
    rows = rows.select_related("order__channel", "type")
    codes = visible_channels(request)
    return rows if codes is None else rows.filter(order__channel__code__in=codes)


class ExceptionFilter(FilterSet):
    """Filters of the exceptions."""

    kind = Code("type__code")
    owner = filters.CharFilter("owner", "iexact")
    due_before = Moment("due_at", "lt")
    claimed = YesOrNo(method="by_claim", label="somebody works on it now")

    class Meta:
        model = Hold
        fields = ()

    def by_claim(self, rows: QuerySet[Hold], _name: str, value: bool) -> QuerySet[Hold]:  # noqa: FBT001 (called by the filter)
        """Claims that have lapsed do not count."""
        return rows.filter(claimed_now()) if value else rows.exclude(claimed_now())


class ExceptionsView(ListAPIView):
    """What waits for a person."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    filterset_class = ExceptionFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    cursor_ordering = ("pk",)
    queryset = Hold.objects.none()

    @extend_schema(operation_id="exceptions_list", responses={200: schema_of(ExceptionOut)})
    def get(self, request: Request) -> HttpResponse:
        """Oldest first, 50 a page; follow `next`."""
        page = self.paginate_queryset(self.filter_queryset(open_holds(request)))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [ExceptionOut.of(hold) for hold in page]})


class HoldTypesView(GenericAPIView):
    """Types of holds."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = HoldType.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="hold_types_list",
        responses={200: {"type": "array", "items": schema_of(HoldTypeOut)}},
    )
    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002 (the framework's signature)
        """Every type by code; only active ones may be placed."""
        return respond([HoldTypeOut.of(row) for row in HoldType.objects.order_by("code")])


class ClaimView(IdempotencyMixin, APIView):
    """Who works on a hold."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_holds_claim", request=None, responses={200: schema_of(HoldOut)}
    )
    def post(self, request: Request, number: str, hold_id: int) -> HttpResponse:
        """Say that this key works on it. 409 `hold_claimed` says who was faster."""
        hold = _hold(request, number, hold_id)
        return respond(HoldOut.of(operations.claim_hold(hold, by=actor(request))))

    @extend_schema(
        operation_id="orders_holds_give_back", request=None, responses={200: schema_of(HoldOut)}
    )
    def delete(self, request: Request, number: str, hold_id: int) -> HttpResponse:
        """Work on it no longer."""
        hold = _hold(request, number, hold_id)
        return respond(HoldOut.of(operations.give_back_hold(hold, by=actor(request))))


def _hold(request: Request, number: str, hold_id: int) -> Hold:
    rows = Hold.objects.select_related("order", "type")
    codes = visible_channels(request)
    mine = rows if codes is None else rows.filter(order__channel__code__in=codes)
    return get_object_or_404(mine, order__number=number, pk=hold_id)


urlpatterns = [
    path("exceptions/", ExceptionsView.as_view(), name="exceptions"),
    path("hold-types/", HoldTypesView.as_view(), name="hold-types"),
    path("orders/<str:number>/holds/<int:hold_id>/claim/", ClaimView.as_view(), name="claim"),
]
