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
from orders.queries.approvals import PURPOSE, Seen, approval_key, asked_by
from orders.queries.terms import business_of
from orders.queries.totals import amount_due, charge_total

VALID = timedelta(days=60)
OVER = "This order does not wait for an approval any more."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, token: str) -> HttpResponse:
    """The order with its two buttons; afterwards what was decided.

    The page says what changed since the mail, and sends along what it showed: only that is approved.
    """
    try:
        hold, approver, seen = asked_by(links.read(PURPOSE, token, valid=VALID))
        if hold is None or hold.kind != HoldKind.APPROVAL or hold.lifted_at is not None:
            return _message(request, "Approval", OVER, status=410)
        if request.method == "POST":
            return _decide(request, hold, approver, seen)
    except DomainError as error:
        return _message(request, "Approval", error.detail, status=410)
    changed = seen.changed(hold.order) if seen else ""
    return _shown(request, hold, approver, changed=changed)


def _decide(request: HttpRequest, hold: Hold, approver: str, seen: Seen | None) -> HttpResponse:
    note, by = request.POST.get("reason", "").strip()[:200], f"customer:{approver}"
    if shown := request.POST.get("shown", ""):
        about, _, seen = asked_by(links.read(PURPOSE, shown, valid=VALID))
        if about != hold:
            raise links.LinkNotValid
    if request.POST.get("decision") == "approve":
        try:
            operations.approve(hold.order, by=by, note=note, seen=seen)
        except operations.ApprovalOutdated as error:
            hold.order.refresh_from_db()
            return _shown(request, hold, approver, status=409, changed=error.params["changed"])
        return _message(request, "Approved", f"Order {hold.order} goes on. Thank you.")
    if not note:
        return _shown(request, hold, approver, status=400, problem="Say why you decline.")
    operations.decline(hold.order, by=by, reason=note)
    return _message(request, "Declined", f"Order {hold.order} is cancelled. Thank you.")


def _shown(
    request: HttpRequest, hold: Hold, approver: str, *, status: int = 200, **more: str
) -> HttpResponse:
    shown = links.sign(PURPOSE, approval_key(hold, approver))
    context = {**_context(hold), "shown": shown, **more}
    return render(request, "public/approval.html", context, status=status)


def _context(hold: Hold) -> dict[str, object]:
    order = hold.order
    return {
        "title": f"Order {order.number}",
        "shop": order.channel.name,
        "order": order,
        "hold": hold,
        "business": business_of(order),
        "lines": [
            (line, amount_due(line, order.currency)) for line in order.lines.order_by("position")
        ],
        "charges": [(row, charge_total(order, row)) for row in order.charges.order_by("pk")],
    }


def _message(request: HttpRequest, title: str, text: str, *, status: int = 200) -> HttpResponse:
    return render(request, "public/message.html", {"title": title, "text": text}, status=status)
