"""The fulfilment API: work of locations, shipments with their tracking, returns."""

from django.urls import path

from fulfillment.api.claims import (
    ClaimAnswerView,
    ClaimDetailView,
    ClaimListView,
    ClaimReceiptsView,
    ClaimReceiptUndoingView,
    ClaimSendingView,
    ClaimWithdrawalView,
    ClaimWriteOffUndoingView,
    ClaimWriteOffView,
)
from fulfillment.api.exchanges import ExchangeListView, RefundInsteadView, SendingAnywayView
from fulfillment.api.origin import OriginDecisionView, OriginView
from fulfillment.api.pickup import CollectionView, GivenUpView, ReadyView
from fulfillment.api.returns import (
    ApprovalView,
    ClosureView,
    InspectionView,
    LabelView,
    MissingRestView,
    ReceiptView,
    RefundWithoutGoodsView,
    RefusalView,
    ReopeningView,
    ReturnDetailView,
    ReturnListView,
    WithdrawalView,
)
from fulfillment.api.shipments import (
    DeliveryView,
    ShipmentDetailView,
    ShipmentListView,
    TrackingView,
)
from fulfillment.api.work import (
    AcceptanceView,
    HandoverView,
    OrderRecallView,
    ParcelsView,
    PicksView,
    RecallView,
    RejectionView,
    WorkDetailView,
    WorkListView,
)

urlpatterns = [
    path("fulfillment-orders/", WorkListView.as_view()),
    path("fulfillment-orders/<str:number>/", WorkDetailView.as_view()),
    path("fulfillment-orders/<str:number>/acceptance/", AcceptanceView.as_view()),
    path("fulfillment-orders/<str:number>/rejection/", RejectionView.as_view()),
    path("fulfillment-orders/<str:number>/picks/", PicksView.as_view()),
    path("fulfillment-orders/<str:number>/parcels/", ParcelsView.as_view()),
    path("fulfillment-orders/<str:number>/shipments/", HandoverView.as_view()),
    path("fulfillment-orders/<str:number>/ready/", ReadyView.as_view()),
    path("fulfillment-orders/<str:number>/collection/", CollectionView.as_view()),
    path("fulfillment-orders/<str:number>/giving-up/", GivenUpView.as_view()),
    path("fulfillment-orders/<str:number>/recall/", RecallView.as_view()),
    path("orders/<str:number>/recall/", OrderRecallView.as_view()),
    path("shipments/", ShipmentListView.as_view()),
    path("shipments/<str:number>/", ShipmentDetailView.as_view()),
    path("shipments/<str:number>/tracking-events/", TrackingView.as_view()),
    path("shipments/<str:number>/delivery/", DeliveryView.as_view()),
    path("shipments/<str:number>/return-to-origin/", OriginView.as_view()),
    path("shipments/<str:number>/origin-decision/", OriginDecisionView.as_view()),
    path("returns/", ReturnListView.as_view()),
    path("returns/<str:number>/", ReturnDetailView.as_view()),
    path("exchanges/", ExchangeListView.as_view()),
    path("exchanges/<str:number>/sending-anyway/", SendingAnywayView.as_view()),
    path("exchanges/<str:number>/refund-instead/", RefundInsteadView.as_view()),
    path("returns/<str:number>/approval/", ApprovalView.as_view()),
    path("returns/<str:number>/refusal/", RefusalView.as_view()),
    path("returns/<str:number>/receipt/", ReceiptView.as_view()),
    path("returns/<str:number>/inspection/", InspectionView.as_view()),
    path("returns/<str:number>/missing-rest/", MissingRestView.as_view()),
    path("returns/<str:number>/reopening/", ReopeningView.as_view()),
    path("returns/<str:number>/withdrawal/", WithdrawalView.as_view()),
    path("returns/<str:number>/refund-without-goods/", RefundWithoutGoodsView.as_view()),
    path("returns/<str:number>/label/", LabelView.as_view(), name="return-label"),
    path("returns/<str:number>/closure/", ClosureView.as_view()),
    path("claims/", ClaimListView.as_view()),
    path("claims/<str:number>/", ClaimDetailView.as_view()),
    path("claims/<str:number>/sending/", ClaimSendingView.as_view()),
    path("claims/<str:number>/answer/", ClaimAnswerView.as_view()),
    path("claims/<str:number>/receipts/", ClaimReceiptsView.as_view()),
    path("claims/<str:number>/receipts/undoing/", ClaimReceiptUndoingView.as_view()),
    path("claims/<str:number>/write-off/", ClaimWriteOffView.as_view()),
    path("claims/<str:number>/write-off/undoing/", ClaimWriteOffUndoingView.as_view()),
    path("claims/<str:number>/withdrawal/", ClaimWithdrawalView.as_view()),
]
