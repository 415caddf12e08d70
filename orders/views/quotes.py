"""What a buyer sees of a quote by its signed link, without an account: read it, accept it."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from customers import operations as customers
from customers.queries import said_in
from oms import links
from oms.downloads import pdf
from oms.errors import DomainError
from orders import operations, queries
from orders.adapters import paper
from orders.models import DraftOrder
from orders.operations.quoting import QuoteEnded, stock_said
from orders.queries.drafts import CONTEXT
from orders.queries.quote_words import SAID, language_of, say
from orders.queries.quotes import is_open, last_day, offered

LONGEST = timedelta(days=400)  # the quote itself ends sooner


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, token: str) -> HttpResponse:
    """The offer with its button; afterwards the number of the order."""
    try:
        document, revision = _read(token)
    except DomainError as error:
        return _message(request, "Quote", error.detail, status=410)
    if request.method == "POST":
        by = f"link:{document.number}"
        try:
            operations.accept_quote(document, by=by, revision=revision)
        except QuoteEnded:
            return _over(request, document)
        except DomainError as why:
            operations.note_refused_quote(document, by=by, revision=revision, why=why)
            return _refused(request, document)
        document.refresh_from_db()
    if document.order is not None and document.accepted_at is not None:
        return _accepted(request, document)
    if not is_open(document, revision):
        return _over(request, document)
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
        return _over(request, document)
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
    language, offer = language_of(document), offered(document)
    for line in offer["lines"]:
        line["detail"] = _detail(language, line)
    return {
        "title": f"{say(language, 'quote')} {document.number}",
        "shop": document.channel.name,
        "language": language,
        "said": SAID[language],
        "valid": say(language, "valid", day=last_day(document.valid_until or timezone.now())),
        "kept": stock_said(language, document),
        "accept": say(language, "accept", total=offer["total"]),
        "offer": said_in(language, offer),
        "draft": document,
        "address": opened.get("shipping_address", {}),
        "token": token,
    }


def _detail(language: str, line: dict[str, Any]) -> str:
    parts = [line["sku"], say(language, "each", price=line["unit_price"])]
    if line["discount"]:
        parts.append(say(language, "less", amount=line["discount"]))
    return ", ".join(parts)


def _accepted(request: HttpRequest, document: DraftOrder) -> HttpResponse:
    language = language_of(document)
    title, thanks = say(language, "placed"), say(language, "thanks", order=document.order)
    return _message(request, title, thanks, document=document)


def _over(request: HttpRequest, document: DraftOrder) -> HttpResponse:
    language = language_of(document)
    title = f"{say(language, 'quote')} {document.number}"
    return _message(request, title, say(language, "over"), document=document, status=410)


def _refused(request: HttpRequest, document: DraftOrder) -> HttpResponse:
    """Our reasons are ours: the buyer is told to write to us, and the draft's page says them."""
    language = language_of(document)
    title = f"{say(language, 'quote')} {document.number}"
    return _message(request, title, say(language, "refused"), document=document, status=409)


def _message(
    request: HttpRequest,
    title: str,
    text: str,
    *,
    document: DraftOrder | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"title": title, "text": text}
    if document is not None:
        context |= {"shop": document.channel.name, "language": language_of(document)}
    return render(request, "public/message.html", context, status=status)
