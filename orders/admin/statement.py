"""The money page of an order: every cent that was charged or paid, with the sums that prove it."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from oms import words
from oms.navigation import links
from orders.admin.acts import ORDER_ACTS
from orders.admin.diagnosis import page_url
from orders.enums import CancelReason, EntryKind
from orders.models import Order
from orders.queries.statement import Entry, Paper, Part, Statement, statement_of

ACTS = ("record_payment", "grant_refund")
QUIET = {EntryKind.AUTHORIZED, EntryKind.VOIDED, EntryKind.GRANTED}  # they move no balance


def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The statement, oldest entry first, and what is proved by it."""
    if not request.user.has_perms(["orders.view_order", "orders.view_payment"]):
        raise PermissionDenied
    order = get_object_or_404(Order.objects.select_related("channel"), pk=pk)
    statement = statement_of(order)
    back = "?next=" + reverse("admin:orders_order_money", args=[pk])
    context = {
        **admin.site.each_context(request),
        "title": f"Money of {order.number}",
        "order": order,
        "rows": _rows(order, statement),
        "sums": _sums(order, statement),
        "statement": statement,
        "papers": [_paper(order, paper) for paper in statement.papers],
        "documented": words.money(statement.documented, order.currency),
        "buttons": [
            (act.label, reverse("admin:orders_order_act", args=[pk, act.name]) + back)
            for act in ORDER_ACTS
            if act.name in ACTS and act.offered(request, order)
        ],
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/orders/order/statement.html", context)


def _rows(order: Order, statement: Statement) -> list[dict[str, Any]]:
    names = words.names_of(entry.by for entry in statement.entries)
    known = links(entry.reference for entry in statement.entries)
    papers = {
        paper.number: page_url("compliance_invoice_change", paper.pk) for paper in statement.papers
    }
    return [
        {
            "entry": entry,
            "label": EntryKind(entry.kind).label,
            "reason": _reason(entry),
            "who": names.get(entry.by, entry.by),
            "quiet": entry.kind in QUIET,
            "reference_url": known.get(entry.reference, ""),
            "document_url": papers.get(entry.document, ""),
            "amount": words.money(entry.amount, order.currency),
            "charged": words.money(entry.charged, order.currency) if entry.charged else "",
            "paid": words.money(entry.paid, order.currency) if entry.paid else "",
            "balance": words.money(entry.balance, order.currency),
            "parts": [_part(order, part) for part in entry.parts],
        }
        for entry in statement.entries
    ]


def _part(order: Order, part: Part) -> tuple[Part, str, str]:
    """A part, its amount, and how a line comes to it."""
    said = []
    if part.unit_price is not None:
        said.append(f"at {words.money(part.unit_price, order.currency)}")
        if part.discount:
            said.append(f"less {words.money(part.discount, order.currency)}")
        if part.tax:
            kind = "incl." if order.price_includes_tax else "plus"
            said.append(f"{kind} {words.money(part.tax, order.currency)} tax")
    return part, words.money(part.amount, order.currency), ", ".join(said)


def _reason(entry: Entry) -> str:
    """A cancellation's reason is a code; the others are what somebody wrote."""
    labels = dict(CancelReason.choices)
    return words.sentence_case(labels.get(entry.reason, entry.reason))


def _sums(order: Order, statement: Statement) -> list[tuple[str, str, str, bool]]:
    """Label, amount, explanation and whether it is a sum."""
    money = statement.money
    left = money.granted - money.refunded
    rows = [
        ("Goods", order.goods_total, "what is still wanted, less discounts", False),
        ("Charges and credits", order.charges_total, "shipping, fees, returns", False),
        (
            "Due",
            money.due,
            f"sum of all charges; {words.money(order.tax_total, order.currency)} tax in it",
            True,
        ),
        ("Received", money.captured, "captured, recorded or moved here", False),
        ("Refunds paid", -money.refunded, "money that went back", False),
        ("Paid", money.received, "sum of all payments", True),
        ("Balance", money.balance, "due less paid", True),
    ]
    aside = [
        ("Authorised", money.authorized, "reserved by the payer, not taken yet", False),
        ("Promised", money.deferred, "on delivery or on account", False),
        (
            "Refunds granted",
            money.granted,
            f"{words.money(left, order.currency)} of it not paid yet",
            False,
        ),
        (
            "Not granted yet",
            money.refundable,
            "overpaid, nobody has decided to give it back",
            False,
        ),
    ]
    rows += [row for row in aside if row[1]]
    return [
        (label, words.money(amount, order.currency), note, total)
        for label, amount, note, total in rows
    ]


def _paper(order: Order, paper: Paper) -> dict[str, Any]:
    return {
        "paper": paper,
        "url": page_url("compliance_invoice_change", paper.pk),
        "kind": words.sentence_case(paper.kind.replace("_", " ")),
        "amount": words.money(paper.gross, order.currency),
    }
