"""Exchanges: something else in place of what comes back."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment import operations
from fulfillment.api.base import at_position, is_known, returns_of, visible_order
from fulfillment.api.returns import ReturnView
from fulfillment.models import Exchange
from fulfillment.operations import Swap
from fulfillment.queries.policies import Wish
from fulfillment.serializers import EndIn, ExchangeIn, ExchangeOut, ExchangePreviewOut
from oms import keys
from oms.api import HasScope, IdempotencyMixin, actor, reads
from oms.models import ApiKey
from oms.wire import Invalid, decode, respond, schema_of
from orders.operations import as_seen


class ExchangeListView(IdempotencyMixin, APIView):
    """Exchanging."""

    scope = "returns"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="exchanges_create",
        request={"application/json": schema_of(ExchangeIn)},
        responses={200: schema_of(ExchangePreviewOut), 201: schema_of(ExchangeOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take units back and send others; stock is reserved now. Needs `orders:write` as well.

        200 with what would come of it for a `dry_run`.
        """
        if isinstance(request.auth, ApiKey) and not keys.allows(request.auth, "orders", write=True):
            raise PermissionDenied
        sent = decode(request.body, ExchangeIn)
        order = visible_order(request, sent.order)
        positions = {line.position: line for line in order.lines.all()}
        swaps: dict[int, Swap] = {}
        for index, (row, reason) in enumerate(zip(sent.lines, sent.reasons(), strict=True)):
            pk = at_position(positions, row.line, f"/lines/{index}/line").pk
            if pk in swaps:
                msg = "A line is exchanged once; ask for another exchange."
                raise Invalid(msg, f"/lines/{index}/line")
            wish = Wish(row.quantity, reason, row.state, row.note)
            swaps[pk] = Swap(wish, row.sku, row.unit_price)
        asked = {
            "by": actor(request),
            "swaps": swaps,
            "reference": sent.reference,
            "note": sent.note,
        }
        if sent.dry_run:
            seen = operations.preview_exchange(
                order, **asked, says=lambda made: _shown(request, made.return_order.number)
            )
            return respond(
                ExchangePreviewOut.of(
                    seen, order.currency, reads=reads(request, "orders"), exchange=seen.made
                )
            )
        made = as_seen(
            order,
            lambda: operations.exchange(order, **asked),
            seen=sent.seen,
            is_repeat=is_known(order.returns, sent.reference),
        )
        return _show(request, made.return_order.number, 201)


class EndingView(ReturnView):
    """Base of what ends an exchange."""

    def exchange(self, request: Request, number: str) -> Exchange:
        """The exchange of the return, if there is one and this key may see it."""
        rows = Exchange.objects.select_related("return_order__order")
        return get_object_or_404(rows, return_order=self.find(request, number))


class SendingAnywayView(EndingView):
    """Sending anyway."""

    @extend_schema(
        operation_id="exchanges_sending_anyway_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ExchangeOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Let the replacement go although not everything came; the rest stays due on it."""
        made, sent = self.exchange(request, number), decode(request.body, EndIn)
        operations.send_anyway(made, by=actor(request), reason=sent.reason)
        return _show(request, number, 201)


class RefundInsteadView(EndingView):
    """Refunding instead."""

    @extend_schema(
        operation_id="exchanges_refund_instead_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ExchangeOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Cancel a replacement that has not left; the return goes on with a refund."""
        made, sent = self.exchange(request, number), decode(request.body, EndIn)
        operations.refund_instead(made, by=actor(request), reason=sent.reason)
        return _show(request, number, 201)


def _show(request: Request, number: str, status: int) -> HttpResponse:
    return respond(_shown(request, number), status)


def _shown(request: Request, number: str) -> ExchangeOut:
    document = returns_of(request).get(number=number)
    return ExchangeOut.of(document.exchange, document)
