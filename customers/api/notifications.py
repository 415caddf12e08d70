"""The notifications API: what customers were told, and what was held back and why."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request

from customers.models import Notification
from customers.serializers.notifications import NotificationOut
from oms.api import HasScope, visible_channels
from oms.filters import Code, FilterSet, Moment
from oms.wire import respond, schema_of


class NotificationFilter(FilterSet):
    """Filters of the notifications."""

    about = filters.CharFilter("about_label", label="number of the order, return or quote")
    customer = filters.CharFilter("customer__number")
    event = Code("template__event", label="such as order.placed")
    created_after = Moment("created_at", "gt")

    class Meta:
        model = Notification
        fields = ("state",)


class NotificationsView(ListAPIView):
    """Messages to customers."""

    scope = "customers"
    permission_classes: ClassVar = [HasScope]
    filterset_class = NotificationFilter
    filter_backends: ClassVar = [filters.DjangoFilterBackend]
    queryset = Notification.objects.none()

    @extend_schema(operation_id="notifications_list", responses={200: schema_of(NotificationOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, without addresses and words; a key of one channel sees what came of its events."""
        page = self.paginate_queryset(self.filter_queryset(_visible(request)).order_by("-pk"))
        envelope = self.get_paginated_response([]).data
        return respond({**envelope, "results": [NotificationOut.of(row) for row in page]})


def _visible(request: Request) -> QuerySet[Notification]:
    rows, codes = (
        Notification.objects.select_related("template", "customer"),
        visible_channels(request),
    )
    return rows if codes is None else rows.filter(event__channel__in=codes)


urlpatterns = [path("notifications/", NotificationsView.as_view(), name="notifications")]
