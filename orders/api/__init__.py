"""The orders API: orders with their holds and payments, channels, baskets."""

from django.urls import path

from orders.api.actions import urlpatterns as action_urls
from orders.api.bank import urlpatterns as bank_urls
from orders.api.business import urlpatterns as business_urls
from orders.api.cancellations import CancellationView
from orders.api.changes import ChangesView, ChangeView, ConfirmationView, VersionsView
from orders.api.drafts import urlpatterns as draft_urls
from orders.api.gateways import urlpatterns as gateway_urls
from orders.api.holds import urlpatterns as hold_urls
from orders.api.listings import urlpatterns as listing_urls
from orders.api.orders import (
    BulkView,
    ChannelsView,
    HoldsView,
    HoldView,
    OrdersView,
    OrderView,
)
from orders.api.payments import urlpatterns as payment_urls
from orders.api.prices import urlpatterns as price_urls
from orders.api.promise import urlpatterns as promise_urls
from orders.api.rules import urlpatterns as rule_urls
from orders.api.soft import SoftReservationsView, SoftReservationView
from orders.api.sourcing import SourcingView
from orders.api.statement import urlpatterns as statement_urls
from orders.api.tasks import urlpatterns as task_urls

urlpatterns = [
    path("channels/", ChannelsView.as_view(), name="channels"),
    path("orders/", OrdersView.as_view(), name="orders"),
    path("orders/bulk/", BulkView.as_view(), name="orders-bulk"),
    *action_urls,
    path("orders/<str:number>/", OrderView.as_view(), name="order"),
    path("orders/<str:number>/cancellation/", CancellationView.as_view(), name="cancellation"),
    path("orders/<str:number>/changes/", ChangesView.as_view(), name="changes"),
    path("orders/<str:number>/changes/<str:change>/", ChangeView.as_view(), name="change"),
    path(
        "orders/<str:number>/changes/<str:change>/confirmation/",
        ConfirmationView.as_view(),
        name="change-confirmation",
    ),
    path("orders/<str:number>/versions/", VersionsView.as_view(), name="versions"),
    path("orders/<str:number>/sourcing/", SourcingView.as_view(), name="sourcing"),
    path("orders/<str:number>/holds/", HoldsView.as_view(), name="holds"),
    path("orders/<str:number>/holds/<int:hold_id>/", HoldView.as_view(), name="hold"),
    path("reservations/", SoftReservationsView.as_view(), name="reservations"),
    path("reservations/<str:token>/", SoftReservationView.as_view(), name="reservation"),
    *bank_urls,
    *business_urls,
    *hold_urls,
    *draft_urls,
    *listing_urls,
    *payment_urls,
    *price_urls,
    *promise_urls,
    *rule_urls,
    *statement_urls,
    *task_urls,
    *gateway_urls,
]
