"""The money of an order: payments recorded, taken and given up, refunds granted and paid."""

from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, RepeatNotRecognisable, actor, refuse_without
from oms.wire import Invalid, decode, decode_filled, respond, schema_of
from orders import operations
from orders.api.orders import orders_of
from orders.enums import PaymentMethod
from orders.models import Order, Payment
from orders.operations.payments import left_of, open_amount
from orders.serializers import PaymentIn, PaymentOut
from orders.serializers.payments import CaptureIn, RefundIn, RefundOut, RefundPaymentIn

PAYING = "bank"  # granting a refund and paying it are two duties


def refuse_unguarded(view: IdempotencyMixin, reference: str = "", pointer: str = "") -> None:
    """Raise RepeatNotRecognisable: a retry must not take money, or count it, a second time."""
    if view.is_guarded or reference.strip():
        return
    ways = "the header Idempotency-Key"
    if pointer:
        raise RepeatNotRecognisable(
            pointer=pointer, ways=f"the payment's own `reference`, or {ways}"
        )
    raise RepeatNotRecognisable(ways=ways)


class PaymentsView(IdempotencyMixin, APIView):
    """Payments of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_payments_list",
        responses={200: {"type": "array", "items": schema_of(PaymentOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Every payment with its transactions, oldest first."""
        order = get_object_or_404(orders_of(request), number=number)
        rows = order.payments.order_by("pk").prefetch_related("transactions")
        return respond([PaymentOut.of(row) for row in rows])

    @extend_schema(
        operation_id="orders_payments_create",
        request={"application/json": schema_of(PaymentIn)},
        responses={200: schema_of(PaymentOut), 201: schema_of(PaymentOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Record money that was authorised or captured, or how it will come.

        A repeat with the same method and reference records nothing twice and answers 200. With the method
        `store_credit` the reference is the code of a gift card or the number of the buyer's own
        credit, and the amount is taken from it at once; it needs an Idempotency-Key. Other money
        that came in needs that or a reference (422 `repeat_not_recognisable`).
        """
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode_filled(request.body, PaymentIn)
        method, by = PaymentMethod(sent.method), actor(request)
        if method == PaymentMethod.STORE_CREDIT:
            refuse_unguarded(self)
        elif sent.standing != "pending":
            refuse_unguarded(self, sent.reference, "/reference")
        if method == PaymentMethod.STORE_CREDIT:
            row = operations.redeem_credit(order, by=by, credit=sent.reference, amount=sent.amount)
            payment, is_new = row.payment, True
        else:
            done = operations.record_money(
                order,
                by=by,
                state=sent.standing,
                method=method,
                amount=sent.amount,
                reference=sent.reference,
            )
            payment, is_new = done.payment, done.is_new
        fresh = Payment.objects.prefetch_related("transactions").get(pk=payment.pk)
        return respond(PaymentOut.of(fresh), 201 if is_new else 200)


class _MoneyView(IdempotencyMixin, APIView):
    """Base of the acts on one payment or refund."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    def order(self, request: Request, number: str) -> Order:
        """The order, if this key may see it."""
        return get_object_or_404(orders_of(request), number=number)

    def payment(self, request: Request, number: str, payment: str) -> Payment:
        """One of its payments."""
        rows = Payment.objects.select_related("order__channel")
        return get_object_or_404(rows, order=self.order(request, number), number=payment)

    def show(self, payment: Payment, status: int) -> HttpResponse:
        """The payment as it is now."""
        fresh = Payment.objects.prefetch_related("transactions").get(pk=payment.pk)
        return respond(PaymentOut.of(fresh), status)


class CapturesView(_MoneyView):
    """Taking what is authorised or promised."""

    @extend_schema(
        operation_id="orders_payments_captures_create",
        request={"application/json": schema_of(CaptureIn)},
        responses={201: schema_of(PaymentOut), 202: schema_of(PaymentOut)},
    )
    def post(self, request: Request, number: str, payment: str) -> HttpResponse:
        """Take open money: 201 once it is recorded, 202 where its gateway is asked for it.

        What the gateway answers is told by `order.payment_captured` or `order.gateway_declined`.
        Needs the payment's own `reference` or an Idempotency-Key (422 `repeat_not_recognisable`).
        """
        found = self.payment(request, number, payment)
        sent = decode(request.body or b"{}", CaptureIn)
        refuse_unguarded(self, "" if found.gateway else sent.reference, "/reference")
        if found.gateway:
            amount = open_amount(found) if sent.amount is None else sent.amount
            operations.ask_capture(found, by=actor(request), amount=amount)
            return self.show(found, 202)
        operations.capture(found, by=actor(request), amount=sent.amount, reference=sent.reference)
        return self.show(found, 201)


class VoidView(_MoneyView):
    """Giving up what is authorised or promised."""

    @extend_schema(
        operation_id="orders_payments_void_create",
        request=None,
        responses={200: schema_of(PaymentOut), 202: schema_of(PaymentOut)},
    )
    def post(self, request: Request, number: str, payment: str) -> HttpResponse:
        """Give up open money: 200 once it is recorded, 202 where its gateway is asked to."""
        found = self.payment(request, number, payment)
        if found.gateway:
            operations.ask_void(found, by=actor(request))
            return self.show(found, 202)
        operations.void(found, by=actor(request))
        return self.show(found, 200)


class RefundsView(_MoneyView):
    """Refunds of an order."""

    @extend_schema(
        operation_id="orders_refunds_list",
        responses={200: {"type": "array", "items": schema_of(RefundOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """Every refund that was granted, oldest first."""
        grants = self.order(request, number).refund_grants.select_related("order")
        return respond([RefundOut.of(grant, left_of(grant)) for grant in grants.order_by("pk")])

    @extend_schema(
        operation_id="orders_refunds_create",
        request={"application/json": schema_of(RefundIn)},
        responses={201: schema_of(RefundOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Grant a refund of overpaid money, up to the order's `refundable`; paying it is another act.

        Needs a `reference` or an Idempotency-Key (422 `repeat_not_recognisable`).
        """
        order, sent = self.order(request, number), decode(request.body, RefundIn)
        refuse_unguarded(self, sent.reference, "/reference")
        grant = operations.grant_refund(
            order,
            by=actor(request),
            amount=sent.amount,
            reason=sent.reason,
            reference=sent.reference,
        )
        return respond(RefundOut.of(grant, left_of(grant)), 201)


class RefundPaymentsView(_MoneyView):
    """Paying a refund."""

    @extend_schema(
        operation_id="orders_refunds_payments_create",
        request={"application/json": schema_of(RefundPaymentIn)},
        responses={201: schema_of(RefundOut), 202: schema_of(RefundOut)},
    )
    def post(self, request: Request, number: str, refund: int) -> HttpResponse:
        """Pay granted money back: 201 once it is recorded, 202 where a gateway is asked to send it.

        Needs `bank:write` as well, and the payment's own `reference` or an Idempotency-Key.
        """
        refuse_without(request, PAYING)
        order, sent = self.order(request, number), decode(request.body, RefundPaymentIn)
        grant = get_object_or_404(order.refund_grants.select_related("order"), pk=refund)
        through = order.payments.filter(number=sent.payment).first()
        if through is None:
            msg = f"There is no payment {sent.payment} of this order."
            raise Invalid(msg, "/payment")
        by_itself = through.gateway or through.method == PaymentMethod.STORE_CREDIT
        refuse_unguarded(self, "" if by_itself else sent.reference, "/reference")
        told: dict[str, Any] = {"by": actor(request), "payment": through}
        if not by_itself:
            operations.pay_refund(grant, amount=sent.amount, reference=sent.reference, **told)
            return respond(RefundOut.of(grant, left_of(grant)), 201)
        amount = left_of(grant) if sent.amount is None else sent.amount
        if through.gateway:
            operations.ask_refund(grant, amount=amount, **told)
            return respond(RefundOut.of(grant, left_of(grant)), 202)
        operations.refund_to_credit(grant, amount=amount, **told)
        return respond(RefundOut.of(grant, left_of(grant)), 201)


urlpatterns = [
    path("orders/<str:number>/payments/", PaymentsView.as_view(), name="payments"),
    path(
        "orders/<str:number>/payments/<str:payment>/captures/",
        CapturesView.as_view(),
        name="payment-captures",
    ),
    path(
        "orders/<str:number>/payments/<str:payment>/void/", VoidView.as_view(), name="payment-void"
    ),
    path("orders/<str:number>/refunds/", RefundsView.as_view(), name="refunds"),
    path(
        "orders/<str:number>/refunds/<int:refund>/payments/",
        RefundPaymentsView.as_view(),
        name="refund-payments",
    ),
]
