"""What a buyer sees of a quote by its signed link, without an account: read it, accept it."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from customers import operations as customers
from oms import links
from oms.downloads import pdf
from oms.errors import DomainError
from orders import operations, queries
from orders.adapters import paper
from orders.models import DraftOrder
from orders.operations.quoting import QuoteEnded
from orders.queries.drafts import CONTEXT
from orders.queries.quotes import is_open

LONGEST = timedelta(days=400)  # the quote itself ends sooner
OVER = "This quote is no longer valid. Ask for a new one."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, token: str) -> HttpResponse:
    """The offer with its button; afterwards the number of the order."""
    try:
        document, revision = _read(token)
        if request.method == "POST":
            operations.accept_quote(document, by=f"link:{document.number}", revision=revision)
            document.refresh_from_db()
    except DomainError as error:
        return _message(request, "Quote", error.detail, status=410)
    if document.order is not None and document.accepted_at is not None:
        return _accepted(request, document)
    if not is_open(document, revision):
        return _message(request, f"Quote {document.number}", OVER, status=410)
    return render(request, "public/quote.html", _context(document, token))


@never_cache
@require_GET
def quote_paper(request: HttpRequest, token: str) -> HttpResponse:
    """The offer as PDF."""
    try:
        document, revision = _read(token)
    except DomainError as error:
        return _message(request, "Quote", error.detail, status=410)
    if not is_open(document, revision):
        return _message(request, f"Quote {document.number}", OVER, status=410)
    return pdf(document.number, paper.quote(document, by=f"link:{document.number}"))


def _read(token: str) -> tuple[DraftOrder, int]:
    document, revision = queries.quoted(links.read("quote", token, valid=LONGEST))
    if document is None:
        raise QuoteEnded
    return document, revision


def _context(document: DraftOrder, token: str) -> dict[str, object]:
    opened = {}
    if document.subject is not None:
        by, what = f"link:{document.number}", f"orders.draftorder {document.number}"
        opened = customers.disclose(document.subject, document.sealed, CONTEXT, by=by, what=what)
    return {
        "title": f"Quote {document.number}",
        "shop": document.channel.name,
        "draft": document,
        "lines": document.lines.order_by("position"),
        "charges": document.charges.order_by("pk"),
        "address": opened.get("shipping_address", {}),
        "contact": opened.get("contact", {}),
        "token": token,
    }


def _accepted(request: HttpRequest, document: DraftOrder) -> HttpResponse:
    text = f"Thank you. Your order {document.order} is placed."
    return _message(request, "Order placed", text, shop=document.channel.name)


def _message(
    request: HttpRequest, title: str, text: str, *, shop: str = "", status: int = 200
) -> HttpResponse:
    context = {"title": title, "text": text, "shop": shop}
    return render(request, "public/message.html", context, status=status)
