"""What an approver sees by the link in their mail, without an account: look, approve or decline."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from oms import links
from oms.errors import DomainError
from orders import operations
from orders.enums import HoldKind
from orders.models import Hold
from orders.queries.approvals import PURPOSE, asked_by
from orders.queries.terms import business_of

VALID = timedelta(days=60)
OVER = "This order does not wait for an approval any more."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, token: str) -> HttpResponse:
    """The order with its two buttons; afterwards what was decided."""
    try:
        hold, approver = asked_by(links.read(PURPOSE, token, valid=VALID))
        if hold is None or hold.kind != HoldKind.APPROVAL or hold.lifted_at is not None:
            return _message(request, "Approval", OVER, status=410)
        if request.method == "POST":
            return _decide(request, hold, by=f"customer:{approver}")
    except DomainError as error:
        return _message(request, "Approval", error.detail, status=410)
    return render(request, "public/approval.html", _context(hold))


def _decide(request: HttpRequest, hold: Hold, *, by: str) -> HttpResponse:
    note = request.POST.get("reason", "").strip()[:200]
    if request.POST.get("decision") == "approve":
        operations.approve(hold.order, by=by, note=note)
        return _message(request, "Approved", f"Order {hold.order} goes on. Thank you.")
    if not note:
        context = {**_context(hold), "problem": "Say why you decline."}
        return render(request, "public/approval.html", context, status=400)
    operations.decline(hold.order, by=by, reason=note)
    return _message(request, "Declined", f"Order {hold.order} is cancelled. Thank you.")


def _context(hold: Hold) -> dict[str, object]:
    order = hold.order
    return {
        "title": f"Order {order.number}",
        "shop": order.channel.name,
        "order": order,
        "hold": hold,
        "business": business_of(order),
        "lines": order.lines.order_by("position"),
        "charges": order.charges.order_by("pk"),
    }


def _message(request: HttpRequest, title: str, text: str, *, status: int = 200) -> HttpResponse:
    return render(request, "public/message.html", {"title": title, "text": text}, status=status)
