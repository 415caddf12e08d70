"""The orders API: change a placed order, and read what it was."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.api import HasScope, IdempotencyMixin, actor
from oms.wire import decode, respond, schema_of
from orders import operations
from orders.api.orders import orders_of
from orders.enums import ChangeStatus, ChangeStep
from orders.models import Order, OrderChange, OrderVersion
from orders.queries.versions import versions_of
from orders.serializers.changes import ChangeIn, ChangeOut, VersionOut, steps_of

SHOWN = 100
SEALED = {ChangeStep.SET_ADDRESS: "address", ChangeStep.SET_TAX_ID: "tax_id"}


class ChangesView(IdempotencyMixin, GenericAPIView):
    """Changes of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = OrderChange.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="orders_changes_list",
        responses={200: {"type": "array", "items": schema_of(ChangeOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The newest 100 changes, whatever became of them; previews only of a single one."""
        order = _order(request, number)
        rows = order.changes.prefetch_related("steps__line", "order__charges").order_by("-pk")
        return respond([ChangeOut.of(row) for row in rows[:SHOWN]])

    @extend_schema(
        operation_id="orders_changes_create",
        request={"application/json": schema_of(ChangeIn)},
        responses={201: schema_of(ChangeOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Draft a change: the answer shows what it would do. Nothing happens to the order yet.

        409 `not_changeable` when the order is closed or cancelled.
        """
        order = _order(request, number)
        sent = decode(request.body, ChangeIn)
        by = actor(request)
        drafted = operations.draft_change(
            order, by=by, steps=_steps(order, sent), reason=sent.reason
        )
        return respond(_with_preview(drafted, by), 201)


class ChangeView(IdempotencyMixin, GenericAPIView):
    """One change."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = OrderChange.objects.none()

    @extend_schema(operation_id="orders_changes_retrieve", responses={200: schema_of(ChangeOut)})
    def get(self, request: Request, number: str, change: str) -> HttpResponse:
        """The change; as long as it is a draft, with what confirming would do now."""
        return respond(_with_preview(_change(request, number, change), actor(request)))

    @extend_schema(
        operation_id="orders_changes_update",
        request={"application/json": schema_of(ChangeIn)},
        responses={200: schema_of(ChangeOut)},
    )
    def put(self, request: Request, number: str, change: str) -> HttpResponse:
        """Write the steps anew, for the order as it is now. 409 `change_ended` after the end.

        They can be sent as they were shown: a `set_address` without an address keeps it.
        """
        row = _change(request, number, change)
        sent = decode(request.body, ChangeIn)
        by = actor(request)
        steps = _steps(row.order, sent, draft=row)
        row = operations.set_steps(row, by=by, steps=steps, reason=sent.reason)
        return respond(_with_preview(row, by))

    @extend_schema(
        operation_id="orders_changes_destroy", request=None, responses={200: schema_of(ChangeOut)}
    )
    def delete(self, request: Request, number: str, change: str) -> HttpResponse:
        """Discard the draft; the order stays as it is. 409 `change_ended` after the end."""
        row = _change(request, number, change)
        return respond(ChangeOut.of(operations.discard_change(row, by=actor(request))))


class ConfirmationView(IdempotencyMixin, APIView):
    """Confirming."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="orders_changes_confirmation_create",
        request=None,
        responses={201: schema_of(ChangeOut)},
    )
    def post(self, request: Request, number: str, change: str) -> HttpResponse:
        """Do every step, or none.

        409 `order_moved` when anything happened to the order since the steps were written: look
        at the preview again and PUT the steps; 409 `step_impossible` names the way that is open.
        """
        row = _change(request, number, change)
        return respond(ChangeOut.of(operations.confirm_change(row, by=actor(request))), 201)


class VersionsView(GenericAPIView):
    """Versions of an order."""

    scope = "orders"
    permission_classes: ClassVar = [HasScope]
    queryset = OrderVersion.objects.none()
    pagination_class = None

    @extend_schema(
        operation_id="orders_versions_list",
        responses={200: {"type": "array", "items": schema_of(VersionOut)}},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """What the order was, the oldest first; empty when nothing was ever changed."""
        return respond(VersionOut.all_of(versions_of(_order(request, number))))


def _order(request: Request, number: str) -> Order:
    return get_object_or_404(orders_of(request), number=number)


def _change(request: Request, number: str, change: str) -> OrderChange:
    rows = OrderChange.objects.select_related("order__channel", "order__subject")
    return get_object_or_404(rows, order=_order(request, number), number=change)


def _steps(
    order: Order, sent: ChangeIn, *, draft: OrderChange | None = None
) -> list[operations.Step]:
    lines = dict(order.lines.values_list("position", "pk"))
    charges = list(order.charges.order_by("pk").values_list("pk", flat=True))
    had = draft.steps.values_list("kind", flat=True) if draft else ()
    kept = {SEALED[kind] for kind in had if kind in SEALED}
    return steps_of(sent, lines=lines, charges=charges, kept=kept)


def _with_preview(change: OrderChange, by: str) -> ChangeOut:
    if change.status != ChangeStatus.DRAFT:
        return ChangeOut.of(change)
    return ChangeOut.of(change, operations.preview_change(change, by=by))
