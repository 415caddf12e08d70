"""Inventory reports of warehouse systems."""

from typing import ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import operations, queries
from inventory.models import InventoryReport, Location
from inventory.serializers.reports import ReportIn, ReportOut
from oms.api import HasScope, IdempotencyMixin, actor, visible_channels
from oms.wire import decode, respond, schema_of


class ReportsView(IdempotencyMixin, APIView):
    """What a location has, by the system that runs it."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="stock_reports_create",
        request={"application/json": schema_of(ReportIn)},
        responses={200: schema_of(ReportOut), 201: schema_of(ReportOut)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Post the differences of up to 20,000 SKUs from the book: 201; 200 for a dry run.

        A row that cannot be posted is answered with its reason while the others go in. The same
        reference again answers what became of it the first time; with other content 409
        `report_reference_reused`.
        """
        sent, by = decode(request.body, ReportIn), actor(request)
        location = Location.objects.filter(code=sent.location).first()
        if location is None:
            raise NotFound(f"There is no location {sent.location}.")
        with transaction.atomic():
            report = operations.draft_report(
                location,
                sent.stated(),
                by=by,
                reference=sent.reference,
                as_of=sent.as_of,
                complete=sent.complete,
            )
            if not sent.dry_run:
                report = operations.post_report(report, by=by)
            answer = _answer(request, report)
            if sent.dry_run:
                transaction.set_rollback(True)
        return respond(answer, 200 if sent.dry_run else 201)


class ReportView(APIView):
    """One report."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(operation_id="stock_reports_retrieve", responses={200: schema_of(ReportOut)})
    def get(self, request: Request, number: str) -> HttpResponse:
        """What became of its rows; for a draft, what would."""
        rows = InventoryReport.objects.select_related("location")
        report = get_object_or_404(rows, number=number)
        return respond(_answer(request, report))


def _answer(request: Request, report: InventoryReport) -> ReportOut:
    """With the order numbers that the caller may see: a channel's key knows no other's orders."""
    results = queries.preview_report(report)
    numbers = {number for result in results for number in result.orders}
    channels = visible_channels(request)
    own = numbers if channels is None else queries.orders_of_channels(numbers, channels)
    return ReportOut.of(report, results, own)
