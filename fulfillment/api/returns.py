"""Returns: asked for, approved, received, closed."""

from collections import defaultdict
from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment import operations
from fulfillment.adapters import paper
from fulfillment.api.base import (
    PagedView,
    at_position,
    is_known,
    returns_of,
    visible_order,
)
from fulfillment.models import Return
from fulfillment.queries.actions import has_label
from fulfillment.queries.policies import Wish
from fulfillment.serializers import (
    EndIn,
    InspectionIn,
    ReceiptIn,
    RefusalIn,
    ReturnIn,
    ReturnOut,
    ReturnPreviewOut,
)
from oms.api import HasScope, IdempotencyMixin, PdfRenderer, actor, reads
from oms.downloads import pdf
from oms.filters import FilterSet
from oms.wire import decode, respond, schema_of
from orders.operations import as_seen


class ReturnFilter(FilterSet):
    """Filters of the returns."""

    order = filters.CharFilter("order__number")

    class Meta:
        model = Return
        fields = ("status", "reference")


class ReturnListView(IdempotencyMixin, PagedView):
    """Goods that come back."""

    scope = "returns"
    queryset = Return.objects.none()
    filterset_class = ReturnFilter
    rows = staticmethod(returns_of)
    shape = ReturnOut

    @extend_schema(operation_id="returns_list", responses={200: schema_of(ReturnOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(request)

    @extend_schema(
        operation_id="returns_create",
        request={"application/json": schema_of(ReturnIn)},
        responses={200: schema_of(ReturnPreviewOut), 201: schema_of(ReturnOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask to send units back, within the return policy; a repeat with the same reference gives the same return.

        200 with what would come of it for a `dry_run`.
        """
        sent = decode(request.body, ReturnIn)
        order = visible_order(request, sent.order)
        asked = {
            "by": actor(request),
            "wishes": _wishes(order, sent),
            "reference": sent.reference,
            "note": sent.note,
        }

        def shown(document: Return) -> ReturnOut:
            return ReturnOut.of(returns_of(request).get(pk=document.pk))

        if sent.dry_run:
            seen = operations.preview_return(order, **asked, says=shown)
            return respond(
                ReturnPreviewOut.of(
                    seen, order.currency, reads=reads(request, "orders"), rma=seen.made
                )
            )
        made = as_seen(
            order,
            lambda: operations.request_return(order, **asked),
            seen=sent.seen,
            is_repeat=is_known(order.returns, sent.reference),
        )
        return respond(shown(made), 201)


class ReturnView(IdempotencyMixin, APIView):
    """Base of the views of one return."""

    scope = "returns"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> Return:
        """The return, if this key may see it."""
        return get_object_or_404(returns_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The return as it is now."""
        return respond(ReturnOut.of(self.find(request, number)), status)


class ReturnDetailView(ReturnView):
    """One return."""

    @extend_schema(operation_id="returns_retrieve", responses={200: schema_of(ReturnOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The return with its lines and allowed actions."""
        return self.show(request, number)


class ApprovalView(ReturnView):
    """Approving."""

    @extend_schema(
        operation_id="returns_approval_create", request=None, responses={201: schema_of(ReturnOut)}
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Let the buyer send the goods."""
        operations.approve(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class RefusalView(ReturnView):
    """Declining."""

    @extend_schema(
        operation_id="returns_refusal_create",
        request={"application/json": schema_of(RefusalIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Decline the return, with a reason."""
        sent = decode(request.body, RefusalIn)
        operations.decline(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class ReceiptView(ReturnView):
    """Receiving."""

    @extend_schema(
        operation_id="returns_receipt_create",
        request={"application/json": schema_of(ReceiptIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Give received units their outcome; they are stocked and credited accordingly."""
        document = self.find(request, number)
        positions = {line.order_line.position: line for line in document.lines.all()}
        outcomes: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        named: dict[tuple[int, str], list[tuple[str, int]]] = defaultdict(list)
        for index, row in enumerate(decode(request.body, ReceiptIn).lines):
            line = at_position(positions, row.line, f"/lines/{index}/line")
            outcomes[line.pk][row.outcome] += row.quantity
            if row.lot:
                named[line.pk, row.outcome].append((row.lot, row.quantity))
        operations.receive(document, by=actor(request), outcomes=outcomes, named=named)
        return self.show(request, number, 201)


class ClosureView(ReturnView):
    """Closing."""

    @extend_schema(
        operation_id="returns_closure_create", request=None, responses={201: schema_of(ReturnOut)}
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """End a received return."""
        operations.close(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class WithdrawalView(ReturnView):
    """Withdrawing."""

    @extend_schema(
        operation_id="returns_withdrawal_create",
        request=None,
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """The buyer keeps the goods after all."""
        operations.withdraw(self.find(request, number), by=actor(request))
        return self.show(request, number, 201)


class ReopeningView(ReturnView):
    """Waiting again."""

    @extend_schema(
        operation_id="returns_reopening_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Wait again for an expired return."""
        sent = decode(request.body, EndIn)
        operations.reopen(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class MissingRestView(ReturnView):
    """Waiting no more."""

    @extend_schema(
        operation_id="returns_missing_rest_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Give up units that never came; what is here counts."""
        sent = decode(request.body, EndIn)
        operations.give_up_rest(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class RefundWithoutGoodsView(ReturnView):
    """Refunding without goods."""

    @extend_schema(
        operation_id="returns_refund_without_goods_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Credit what is missing; the buyer keeps it. Within the keep limit of the policy."""
        sent = decode(request.body, EndIn)
        operations.let_keep(self.find(request, number), by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class InspectionView(ReturnView):
    """Inspecting."""

    @extend_schema(
        operation_id="returns_inspection_create",
        request={"application/json": schema_of(InspectionIn)},
        responses={201: schema_of(ReturnOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Say of quarantined units whether they are credited."""
        document, sent = self.find(request, number), decode(request.body, InspectionIn)
        positions = {line.order_line.position: line for line in document.lines.all()}
        verdicts: dict[str, dict[int, int]] = {
            name: defaultdict(int) for name in ("accepted", "refused")
        }
        for index, row in enumerate(sent.lines):
            line = at_position(positions, row.line, f"/lines/{index}/line")
            verdicts[row.verdict][line.pk] += row.quantity
        operations.inspect(document, by=actor(request), note=sent.note, **verdicts)
        return self.show(request, number, 201)


class LabelView(ReturnView):
    """The paper of a return."""

    renderer_classes: ClassVar = [JSONRenderer, PdfRenderer]

    @extend_schema(
        operation_id="returns_label_retrieve",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        """The PDF that the buyer's page has: a label with the number as barcode (Code 128), and a slip.

        It names no buyer. 404 unless the return is approved and the buyer is to send it.
        """
        document = self.find(request, number)
        if not has_label(document):
            raise NotFound("There is a label only while the buyer is to send the goods.")
        return pdf(document.number, paper.return_slip(document))


def _wishes(order: Any, sent: ReturnIn) -> dict[int, Wish]:
    """What is asked back, by order line id; a line that is named twice is asked for at once."""
    positions = {line.position: line for line in order.lines.all()}
    wishes: dict[int, Wish] = {}
    for index, (row, reason) in enumerate(zip(sent.lines, sent.reasons(), strict=True)):
        pk = at_position(positions, row.line, f"/lines/{index}/line").pk
        before = wishes[pk].quantity if pk in wishes else 0
        wishes[pk] = Wish(before + row.quantity, reason, row.state, row.note)
    return wishes
