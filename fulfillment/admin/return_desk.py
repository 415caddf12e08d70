"""The returns desk: a handheld scans the number of a return, then unit after unit."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from fulfillment import operations, queries
from fulfillment.enums import Outcome
from fulfillment.models import ParcelLot, Return
from fulfillment.operations.scanning import OPEN, takes_scans
from oms import once
from oms.admin import ReadOnlyAdmin, actor
from oms.errors import DomainError
from oms.words import sentence_case

RECEIVE = "fulfillment.change_return"
SAID = {
    "unannounced": "{sku} was not announced: it is added to the return and set apart in quarantine.",
    "foreign": "{sku} is not of this order: it is set apart in quarantine and credited to nobody.",
}


def desk(page: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Which return is it? The number on the label, or the order's where it has one return open.

    A serial number, or a lot that went to one order alone, finds its parcel and so the order.
    """
    _refuse_strangers(request)
    code = request.POST.get("code", "").strip()
    if request.method == "POST" and code:
        sent = queries.parcels_with_code(code)
        if found := _return_with(code, sent):
            return HttpResponseRedirect(reverse("admin:fulfillment_scan_return", args=[found.pk]))
        messages.error(request, _not_found(code, sent))
    context = {**page.admin_site.each_context(request), "title": "Receive returns"}
    return TemplateResponse(request, "admin/fulfillment/return_desk.html", context)


def scan(page: ReadOnlyAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """One unit after the other, each with what becomes of it."""
    _refuse_strangers(request)
    document = get_object_or_404(Return.objects.select_related("order", "location"), pk=pk)
    chosen = request.POST.get("outcome", request.GET.get("outcome", Outcome.RESTOCK))
    outcome = chosen if chosen in Outcome.values else Outcome.RESTOCK.value
    if request.method == "POST":
        _take(request, document, outcome)
        here = reverse("admin:fulfillment_scan_return", args=[pk])
        return HttpResponseRedirect(f"{here}?outcome={outcome}")
    lines = document.lines.select_related("order_line__product", "reason")
    rows = list(lines.order_by("order_line__position"))
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        "title": document.number,
        "rma": document,
        "open": takes_scans(document, rows),
        "line_rows": rows,
        "left": sum(row.missing for row in rows),
        "outcomes": [(value, sentence_case(label)) for value, label in Outcome.choices],
        "chosen": outcome,
        "once": once.token(),
        "buttons": page.buttons(request, document),
    }
    return TemplateResponse(request, "admin/fulfillment/return_scan.html", context)


def _take(request: HttpRequest, document: Return, outcome: str) -> None:
    code = request.POST.get("code", "")
    try:
        with transaction.atomic():
            if not once.use(request.POST.get("once", "")):
                messages.info(request, "This scan was sent before; it counts once.")
                return
            unit = operations.scan_return(document, by=actor(request), code=code, outcome=outcome)
    except DomainError as error:
        messages.error(request, error.detail)
        return
    if unit.how == "announced":
        messages.success(request, f"{unit.sku}: {Outcome(outcome).label.lower()}")
    else:
        messages.warning(request, SAID[unit.how].format(sku=unit.sku))


def _return_with(code: str, sent: list[ParcelLot]) -> Return | None:
    rows = Return.objects.order_by("-pk")
    if found := rows.filter(number=code.upper()).first():
        return found
    numbers = {_order(row).number for row in sent} or {code.upper()}
    waiting = list(rows.filter(order__number__in=numbers, status__in=OPEN)[:2])
    return waiting[0] if len(waiting) == 1 else None


def _not_found(code: str, sent: list[ParcelLot]) -> str | SafeString:
    if not sent:
        return f"No return of ours goes by {code}; look the order up instead."
    orders = {_order(row).pk: row for row in reversed(sent)}
    where = format_html_join(
        ", ",
        '<a class="oms-link" href="{}">{}</a> ({}, parcel {})',
        [
            (
                reverse("admin:orders_order_change", args=[pk]),
                _order(row).number,
                row.parcel_line.parcel.shipment,
                row.parcel_line.parcel.position,
            )
            for pk, row in orders.items()
        ],
    )
    return format_html(
        "{} went out with order {}. Scan the number of the return, or request one there.",
        code,
        where,
    )


def _order(row: ParcelLot) -> Any:
    return row.parcel_line.line.order_line.order


def _refuse_strangers(request: HttpRequest) -> None:
    if not request.user.has_perm(RECEIVE):
        raise PermissionDenied
