"""The work lists of what gateways refused: failed captures, failed refunds, failed voids."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders.enums import RequestState, TransactionKind
from orders.models import GatewayRequest

STUCK = (RequestState.DECLINED, RequestState.GIVEN_UP)
ENDED = (RequestState.DONE, RequestState.WITHDRAWN, RequestState.OTHERWISE)
KINDS = {
    "captures": TransactionKind.CAPTURE,
    "refunds": TransactionKind.REFUND,
    "voids": TransactionKind.VOID,
}
VIEWS = {
    "stuck": "Needs a person",
    "captures": "Failed captures",
    "refunds": "Failed refunds",
    "voids": "Failed voids",
    "otherwise": "Done otherwise",
}


def narrow(rows: QuerySet[Any], view: str) -> QuerySet[Any]:
    """The rows of a view; without one, what is not done."""
    if view == "otherwise":
        return rows.filter(state=RequestState.OTHERWISE)
    if view == "stuck" or view in KINDS:
        rows = rows.filter(state__in=STUCK)
        return rows.filter(kind=KINDS[view]) if view in KINDS else rows
    return rows.exclude(state__in=ENDED)


EMPTY = {
    "captures": "No capture is refused. What a gateway declines, or does not answer for two days, "
    "comes here: try it again once the reason is gone, several at once by their boxes, or book how "
    "the money came instead with Done otherwise.",
    "refunds": "No refund is refused. One that a gateway could not send, even days later, comes here "
    "and its grant is to be paid again: try again, or book how the buyer got it with Done otherwise.",
    "voids": "No void is refused. An authorisation that could not be given up comes here; it ends by "
    "itself within days.",
    "stuck": "Nothing waits for a person.",
}


def note(request: HttpRequest) -> str:
    """What a work list is for, while it has no rows."""
    view = request.GET.get("what", "")
    empty = view in EMPTY and not narrow(GatewayRequest.objects.all(), view).exists()
    return EMPTY[view] if empty else ""


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """Every view with how many wait in it, in one statement over what is not done."""
    here = request.GET.get("what", "")
    open_rows = GatewayRequest.objects.exclude(state=RequestState.DONE).filter(state__in=STUCK)
    rows = open_rows.order_by().values_list("kind").annotate(found=Count("pk"))
    by_kind = {KIND_VIEWS[kind]: found for kind, found in rows}
    counts = by_kind | {"stuck": sum(by_kind.values())}
    shown = {"": "Not done", **VIEWS, "all": "All"}
    return [
        {
            "title": title,
            "query": f"?what={view}",
            "here": view == here,
            "count": f"{counts[view]:,}" if counts.get(view) else "",
        }
        for view, title in shown.items()
    ]


def buttons(asked: GatewayRequest) -> SafeString:
    """Try again and done otherwise, of what is stuck."""
    if asked.state not in STUCK:
        return SafeString("")
    refund = asked.kind == TransactionKind.REFUND
    acts = (
        [("refund_again", "Try again"), ("refund_otherwise", "Done otherwise")]
        if refund
        else [("again", "Try again"), ("otherwise", "Done otherwise")]
    )
    back = "?next=" + reverse("admin:orders_gatewayrequest_changelist")
    links = (
        (reverse("admin:orders_gatewayrequest_act", args=[asked.pk, name]) + back, label)
        for name, label in acts
    )
    return format_html(
        '<div class="oms-actions">{}</div>',
        format_html_join("", '<a class="oms-btn is-small" href="{}">{}</a>', links),
    )


KIND_VIEWS = {kind: view for view, kind in KINDS.items()}
