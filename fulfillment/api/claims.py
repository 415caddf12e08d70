"""Claims against carriers: opened, sent, answered, paid, written off, withdrawn."""

from typing import ClassVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from fulfillment import operations
from fulfillment.api.base import PagedView, at_position, claims_of, is_known, shipments_of
from fulfillment.enums import ClaimEntryKind, ClaimRemedy
from fulfillment.models import Claim, Shipment
from fulfillment.serializers import (
    ClaimAnswerIn,
    ClaimIn,
    ClaimOut,
    ClaimPreviewOut,
    ClaimReceiptIn,
    ClaimReceiptUndoingIn,
    ClaimSendingIn,
    ClaimWriteOffIn,
    EndIn,
)
from oms.api import HasScope, IdempotencyMixin, actor, reads, refuse_without
from oms.filters import Code, Day, FilterSet
from oms.wire import Invalid, decode, respond, schema_of
from orders.operations import as_seen

NEEDS = {ClaimRemedy.REFUND: ("returns",), ClaimRemedy.REPLACEMENT: ("returns", "orders")}


class ClaimFilter(FilterSet):
    """Filters of the claims."""

    order = filters.CharFilter("order__number")
    shipment = filters.CharFilter("shipment__number")
    carrier = Code("carrier__code")
    due_before = Day("due_on", lookup_expr="lt")

    class Meta:
        model = Claim
        fields = ("status", "kind", "reference")


class ClaimListView(IdempotencyMixin, PagedView):
    """What carriers owe for parcels."""

    scope = "claims"
    queryset = Claim.objects.none()
    filterset_class = ClaimFilter
    rows = staticmethod(claims_of)
    shape = ClaimOut

    @extend_schema(operation_id="claims_list", responses={200: schema_of(ClaimOut)})
    def get(self, request: Request) -> HttpResponse:
        """Newest first, 50 a page; follow `next`."""
        return self.page_of(request)

    @extend_schema(
        operation_id="claims_create",
        request={"application/json": schema_of(ClaimIn)},
        responses={200: schema_of(ClaimPreviewOut), 201: schema_of(ClaimOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Open a claim. A refund needs `returns:write` as well, a replacement also `orders:write`.

        200 with what would come of it for a `dry_run`.
        """
        sent = decode(request.body, ClaimIn)
        for scope in NEEDS.get(ClaimRemedy(sent.remedy), ()):
            refuse_without(request, scope)
        shipment = shipments_of(request).filter(number=sent.shipment).first()
        if shipment is None:
            msg = f"There is no shipment {sent.shipment}."
            raise Invalid(msg, "/shipment")
        order, asked, by = shipment.order, _asked(shipment, sent), actor(request)

        def shown(claim: Claim) -> ClaimOut:
            return ClaimOut.of(claims_of(request).get(pk=claim.pk))

        if sent.dry_run:
            seen = operations.preview_claim(shipment, by=by, asked=asked, says=shown)
            return respond(
                ClaimPreviewOut.of(
                    seen, order.currency, reads=reads(request, "orders"), claim=seen.made
                )
            )
        made = as_seen(
            order,
            lambda: operations.open_claim(shipment, by=by, asked=asked),
            seen=sent.seen,
            is_repeat=is_known(shipment.claims, sent.reference),
        )
        return respond(shown(made), 201)


class ClaimView(IdempotencyMixin, APIView):
    """Base of the views of one claim."""

    scope = "claims"
    permission_classes: ClassVar = [HasScope]

    def find(self, request: Request, number: str) -> Claim:
        """The claim, if this key may see it."""
        return get_object_or_404(claims_of(request), number=number)

    def show(self, request: Request, number: str, status: int = 200) -> HttpResponse:
        """The claim as it is now."""
        return respond(ClaimOut.of(self.find(request, number)), status)


class ClaimDetailView(ClaimView):
    """One claim."""

    @extend_schema(operation_id="claims_retrieve", responses={200: schema_of(ClaimOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """The claim with its lines and allowed actions."""
        return self.show(request, number)


class ClaimSendingView(ClaimView):
    """Sending."""

    @extend_schema(
        operation_id="claims_sending_create",
        request={"application/json": schema_of(ClaimSendingIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """The carrier has it; a declined claim may be sent again."""
        claim, sent = self.find(request, number), decode(request.body or b"{}", ClaimSendingIn)
        operations.send_claim(
            claim,
            by=actor(request),
            carrier_reference=sent.carrier_reference,
            evidence=sent.evidence,
        )
        return self.show(request, number, 201)


class ClaimAnswerView(ClaimView):
    """The answer."""

    @extend_schema(
        operation_id="claims_answer_create",
        request={"application/json": schema_of(ClaimAnswerIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """What the carrier accepts: all, a part, or nothing."""
        claim, sent = self.find(request, number), decode(request.body, ClaimAnswerIn)
        operations.answer_claim(
            claim, by=actor(request), accepted=sent.accepted, answer=sent.answer
        )
        return self.show(request, number, 201)


class ClaimReceiptsView(ClaimView):
    """Money."""

    @extend_schema(
        operation_id="claims_receipts_create",
        request={"application/json": schema_of(ClaimReceiptIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Book what the carrier paid; a repeat with the same reference books nothing.

        Needs `bank:write` as well.
        """
        refuse_without(request, "bank")
        claim, sent = self.find(request, number), decode(request.body, ClaimReceiptIn)
        operations.book_claim(
            claim, by=actor(request), amount=sent.amount, reference=sent.reference
        )
        return self.show(request, number, 201)


class ClaimReceiptUndoingView(ClaimView):
    """Money that was booked by mistake."""

    @extend_schema(
        operation_id="claims_receipts_undoing_create",
        request={"application/json": schema_of(ClaimReceiptUndoingIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take back a receipt, by its payment's reference; what it paid is owed again.

        Needs `bank:write` as well.
        """
        refuse_without(request, "bank")
        claim, sent = self.find(request, number), decode(request.body, ClaimReceiptUndoingIn)
        rows = claim.entries.filter(kind=ClaimEntryKind.RECEIVED, reference=sent.reference)
        entry = rows.order_by("-attempt").first()
        if entry is None:
            msg = f"{claim} has no receipt {sent.reference}."
            raise Invalid(msg, "/reference")
        operations.undo_claim_entry(entry, by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class ClaimWriteOffView(ClaimView):
    """Money that will not come."""

    @extend_schema(
        operation_id="claims_write_off_create",
        request={"application/json": schema_of(ClaimWriteOffIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Wait no more for what is open; what was received stays.

        Needs `bank:write` as well.
        """
        refuse_without(request, "bank")
        claim, sent = self.find(request, number), decode(request.body, ClaimWriteOffIn)
        operations.write_off_claim(claim, by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class ClaimWriteOffUndoingView(ClaimView):
    """Money that is waited for after all."""

    @extend_schema(
        operation_id="claims_write_off_undoing_create",
        request={"application/json": schema_of(ClaimWriteOffIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Take the write-off back; what was open is owed again.

        Needs `bank:write` as well.
        """
        refuse_without(request, "bank")
        claim, sent = self.find(request, number), decode(request.body, ClaimWriteOffIn)
        entry = claim.entries.filter(kind=ClaimEntryKind.WRITTEN_OFF).order_by("-pk").first()
        if entry is None:
            msg = f"{claim} was not written off."
            raise Invalid(msg)
        operations.undo_claim_entry(entry, by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


class ClaimWithdrawalView(ClaimView):
    """Withdrawing."""

    @extend_schema(
        operation_id="claims_withdrawal_create",
        request={"application/json": schema_of(EndIn)},
        responses={201: schema_of(ClaimOut)},
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        """Claim it no more; what the buyer got stays as it is."""
        claim, sent = self.find(request, number), decode(request.body, EndIn)
        operations.withdraw_claim(claim, by=actor(request), reason=sent.reason)
        return self.show(request, number, 201)


def _asked(shipment: Shipment, sent: ClaimIn) -> operations.Asked:
    positions = {line.position: line for line in shipment.order.lines.all()}
    units: dict[int, int] = {}
    for index, row in enumerate(sent.lines):
        pk = at_position(positions, row.line, f"/lines/{index}/line").pk
        units[pk] = units.get(pk, 0) + row.quantity
    parcels = {parcel.position: parcel for parcel in shipment.parcels.all()}
    parcel = at_position(parcels, sent.parcel, "/parcel").pk if sent.parcel else None
    return operations.Asked(
        kind=sent.kind,
        amount=sent.amount,
        evidence=sent.evidence,
        units=units,
        parcel=parcel,
        remedy=sent.remedy,
        reference=sent.reference,
    )
