"""The orders API: cancel an order or units of it, or see what that would do."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor
from oms.money import ZERO, plain
from oms.wire import Invalid, decode, respond, schema_of, utc
from orders import operations
from orders.api.orders import orders_of, shown
from orders.enums import HoldKind, OrderStatus
from orders.models import Order
from orders.serializers import CancellationIn, CancellationOut, CancellationPreviewOut, OrderOut


class CancellationView(IdempotencyMixin, APIView):
    """Cancelling."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_cancellation_create",
        request={"application/json": schema_of(CancellationIn)},
        responses={
            200: schema_of(CancellationPreviewOut),
            201: schema_of(CancellationOut),
            202: schema_of(CancellationOut),
        },
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Cancel the order, or the given units; says what is refundable.

        200 with what would come of it, at once or at `done_at`, for a `dry_run`; 202 while an `undoable` cancel waits. 409
        `units_released` when a location is working on them.
        """
        order = get_object_or_404(orders_of(request), number=number)
        sent = decode(request.body, CancellationIn)
        units = _units(order, sent)
        if sent.undoable and units:
            raise Invalid("Only a whole order waits to be cancelled.", "/undoable")
        asked = {"by": actor(request), "reason": sent.reason, "note": sent.note}
        if sent.dry_run:
            seen = operations.preview_cancel(order, **asked, quantities=units)
            minutes = order.channel.undo_minutes if sent.undoable else 0
            done_at = timezone.now() + timedelta(minutes=minutes) if minutes else None
            shown = CancellationPreviewOut.of(seen, order.currency, done_at=utc(done_at))
            return respond(shown)
        if sent.undoable:
            return self._ask(request, order, sent, asked)
        done = operations.as_seen(
            order,
            lambda: (
                operations.cancel_lines(order, **asked, quantities=units)
                if units
                else operations.cancel(order, **asked)
            ),
            seen=sent.seen,
        )
        return respond(_told(request, order, done.reason, done.amount), 201)

    def _ask(
        self, request: Request, order: Order, sent: CancellationIn, asked: dict[str, str]
    ) -> HttpResponse:
        order = operations.as_seen(
            order,
            lambda: operations.ask_cancel(order, **asked),
            seen=sent.seen,
            is_repeat=order.holds.filter(type=HoldKind.CANCELLING, lifted_at=None).exists,
        )
        done = order.cancellations.last() if order.status == OrderStatus.CANCELLED else None
        amount = done.amount if done else ZERO
        return respond(_told(request, order, sent.reason, amount), 201 if done else 202)

    @extend_schema(
        operation_id="orders_cancellation_destroy",
        request=None,
        responses={200: schema_of(OrderOut)},
    )
    def delete(self, request: Request, number: str) -> HttpResponse:
        """Take back a cancel whose window for second thoughts is open.

        409 `not_being_cancelled` afterwards.
        """
        order = get_object_or_404(orders_of(request), number=number)
        operations.undo_cancel(order, by=actor(request))
        return respond(shown(request, number))


def _told(request: Request, order: Order, reason: str, amount: Decimal) -> CancellationOut:
    after = shown(request, order.number)
    return CancellationOut(reason, plain(amount, order.currency), after.balance.refundable, after)


def _units(order: Order, sent: CancellationIn) -> dict[int, int]:
    """By line id; none for the whole order."""
    lines = dict(order.lines.values_list("position", "pk"))
    units: dict[int, int] = {}
    for index, row in enumerate(sent.lines):
        if row.line not in lines:
            raise Invalid(f"Order {order.number} has no line {row.line}.", f"/lines/{index}/line")
        units[lines[row.line]] = units.get(lines[row.line], 0) + row.quantity
    return units
