"""What an approver sees by the link in their mail, without an account: look, approve or decline."""

from datetime import timedelta
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers import queries as customers
from customers.queries import Amount, said_in
from oms import links
from oms.errors import DomainError
from orders import operations
from orders.enums import HoldKind
from orders.models import Business, Hold, Order
from orders.queries.approval_words import SAID, say
from orders.queries.approvals import PURPOSE, Seen, approval_key, asked_by
from orders.queries.charge_words import charges_told
from orders.queries.terms import business_of
from orders.queries.totals import amount_due

VALID = timedelta(days=60)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, token: str) -> HttpResponse:
    """The order with its two buttons; afterwards what was decided.

    The page says what changed since the mail, and sends along what it showed: only that is
    approved.
    """
    try:
        hold, approver, seen = asked_by(links.read(PURPOSE, token, valid=VALID))
        if hold is None or hold.kind != HoldKind.APPROVAL or hold.lifted_at is not None:
            language = _language(hold.order, approver) if hold else "en"
            return _message(request, language, "approval", say(language, "over"), status=410)
        if request.method == "POST":
            return _decide(request, hold, approver, seen)
    except DomainError as error:
        return _message(request, "en", "approval", error.detail, status=410)
    return _shown(request, hold, approver, changed=_changed(hold.order, approver, seen))


def _decide(request: HttpRequest, hold: Hold, approver: str, seen: Seen | None) -> HttpResponse:
    note, by = request.POST.get("reason", "").strip()[:200], f"customer:{approver}"
    language = _language(hold.order, approver)
    if shown := request.POST.get("shown", ""):
        about, _, seen = asked_by(links.read(PURPOSE, shown, valid=VALID))
        if about != hold:
            raise links.LinkNotValid
    approves = request.POST.get("decision") == "approve"
    if not approves and not note:
        return _shown(request, hold, approver, status=400, problem=say(language, "say_why"))
    try:
        if approves:
            operations.approve(hold.order, by=by, note=note, seen=seen)
        else:
            operations.decline(hold.order, by=by, reason=note)
    except operations.ApprovalOutdated:
        hold.order.refresh_from_db()
        changed = _changed(hold.order, approver, seen)
        return _shown(request, hold, approver, status=409, changed=changed)
    except operations.NothingToApprove:
        return _message(request, language, "approval", say(language, "over"), status=410)
    except DomainError as why:
        decision = "approve" if approves else "decline"
        operations.note_refused_decision(hold.order, by=by, decision=decision, why=why)
        return _message(request, language, "approval", say(language, "refused"), status=409)
    title, text = ("approved", "goes_on") if approves else ("declined", "cancelled")
    return _message(request, language, title, say(language, text, order=hold.order))


def _language(order: Order, approver: str) -> str:
    """The language of the mail by which they were asked, as far as this can be said in it."""
    known = customers.customer_by_number(approver)
    return customers.language_of(known.pk if known else None, order.ship_country, SAID)


def _changed(order: Order, approver: str, seen: Seen | None) -> str:
    """What is not as it was seen, in a sentence; empty where all is."""
    if seen is None or not seen.changed(order):
        return ""
    language, currency = _language(order, approver), order.currency
    if order.total == seen.total:
        return say(language, "content")
    now, before = Amount(order.total, currency), Amount(seen.total, currency)
    return say(language, "total_was", total=now, before=before)


def _shown(
    request: HttpRequest, hold: Hold, approver: str, *, status: int = 200, **more: str
) -> HttpResponse:
    shown = links.sign(PURPOSE, approval_key(hold, approver))
    context = {**_context(hold, _language(hold.order, approver)), "shown": shown, **more}
    return render(request, "public/approval.html", context, status=status)


def _context(hold: Hold, language: str) -> dict[str, object]:
    order = hold.order
    lines = list(order.lines.order_by("position"))
    told = {
        "lines": [
            {
                "name": line.name or line.sku,
                "detail": f"{line.sku}, {_each(language, line.unit_price, order)}",
                "quantity": line.due,
                "total": Amount(amount_due(line, order.currency), order.currency),
            }
            for line in lines
            if line.due
        ],
        "charges": charges_told(
            order.charges.order_by("pk"),
            order.currency,
            price_includes_tax=order.price_includes_tax,
        ),
        "total": Amount(order.total, order.currency),
    }
    return {
        "title": say(language, "title", order=order.number),
        "shop": order.channel.name,
        "language": language,
        "said": SAID[language],
        "why": f"{hold.reason}." if language == "en" else say(language, "why"),
        "business": _business(language, business_of(order)),
        "offer": said_in(language, told),
    }


def _each(language: str, price: Decimal, order: Order) -> str:
    return say(language, "each", price=Amount(price, order.currency))


def _business(language: str, row: Business | None) -> str:
    """For which company, by which number, on which terms."""
    if row is None:
        return ""
    number = row.purchase_order_number
    named = say(language, "number", number=number) if number else ""
    told = (str(row.company or ""), named, row.terms.get("name", ""))
    return ", ".join(part for part in told if part)


def _message(
    request: HttpRequest, language: str, title: str, text: str, *, status: int = 200
) -> HttpResponse:
    context = {"title": say(language, title), "text": text, "language": language}
    return render(request, "public/message.html", context, status=status)
