"""What a buyer does with a signed link to one order: send goods back, see what becomes of them.

The page names products and amounts; it shows no name, no address and no other order.
"""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fulfillment import operations
from fulfillment.adapters import paper
from fulfillment.forms import BuyerReturnForm
from fulfillment.models import Return
from fulfillment.models.returns import BY_LINK
from fulfillment.queries import policies
from fulfillment.queries.actions import allowed_return_actions, has_label
from fulfillment.queries.expecting import expected_refund
from fulfillment.queries.links import LINK, VALID
from oms import links
from oms.downloads import pdf
from oms.errors import DomainError
from oms.money import plain
from orders.queries import order_by_number

LOOKS, SENDS = 60, 10  # a minute and an hour, by one link


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def return_goods(request: HttpRequest, token: str) -> HttpResponse:
    """The order's goods to choose from; then what it would bring, and the button that sends it."""
    try:
        order = _order(token)
        form = BuyerReturnForm(request.POST or None, order=order)
        if "send" in request.POST:
            return _send(request, order, token, form)
    except links.TooOften as error:
        return _message(request, error.detail, status=429)
    except links.LinkNotValid as error:
        return _message(request, error.detail, status=410)
    if request.method != "POST" or not form.is_valid() or "again" in request.POST:
        return _page(request, order, token, form)
    return _review(request, order, token, form)


@never_cache
@require_GET
def return_paper(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """The label and the slip that goes into the parcel, of a return that is approved."""
    try:
        document = _return(_order(token), number)
    except links.TooOften as error:
        return _message(request, error.detail, status=429)
    except links.LinkNotValid as error:
        return _message(request, error.detail, status=410)
    if not has_label(document):
        raise Http404
    return pdf(document.number, paper.return_slip(document))


@never_cache
@require_POST
def keep_goods(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """The buyer has thought again."""
    try:
        order = _order(token)
        document = _return(order, number)
        if not hasattr(document, "origin_return"):  # what the carrier brings is not theirs to keep
            operations.withdraw(document, by=f"link:{order.number}")
    except links.LinkNotValid as error:
        return _message(request, error.detail, status=410)
    except links.TooOften as error:
        return _message(request, error.detail, status=429)
    except DomainError:
        pass  # the page says where it stands
    return HttpResponseRedirect(reverse("return", args=[token]))


def _order(token: str) -> Any:
    number = links.read(LINK, token, valid=VALID)
    links.slow_down("return page", token, LOOKS, seconds=60)
    order = order_by_number(number)
    if order is None:
        raise links.LinkNotValid
    return order


def _send(request: HttpRequest, order: Any, token: str, form: BuyerReturnForm) -> HttpResponse:
    """Ask for the return; sending the same form again shows the return that is there."""
    made = _sent_before(order, form)
    if made is None:
        if not form.is_valid():
            return _page(request, order, token, form)
        if not form.is_as_seen():
            return _review(request, order, token, form)
        links.slow_down("return sent", token, SENDS, seconds=3600)
        try:
            made = _ask(order, form)
        except DomainError as error:
            return _page(request, order, token, form, refusal=error.detail)
    return HttpResponseRedirect(f"{reverse('return', args=[token])}#{made.number}")


def _ask(order: Any, form: BuyerReturnForm) -> Return:
    by, wishes, reference = f"link:{order.number}", form.wishes(), form.reference()
    swaps = {
        pk: operations.Swap(wishes[pk], offer.sku, offer.unit_price)
        for pk, (offer, _units) in form.swaps().items()
    }
    if not swaps:
        return operations.request_return(order, by=by, wishes=wishes, reference=reference)
    made = operations.ask_exchange(order, by=by, swaps=swaps, reference=reference)
    return made.return_order


def _sent_before(order: Any, form: BuyerReturnForm) -> Return | None:
    """The return that this very form asked for already."""
    form.is_valid()  # what is chosen may be gone since; the token is read all the same
    once = form.cleaned_data.get("once", "")
    return order.returns.filter(reference=f"{BY_LINK}{once}").first() if once else None


def _return(order: Any, number: str) -> Return:
    rows = order.returns.select_related("order", "location")
    document = rows.filter(number=number).first()
    if document is None:
        raise Http404
    return document


def _page(
    request: HttpRequest, order: Any, token: str, form: BuyerReturnForm, *, refusal: str = ""
) -> HttpResponse:
    sent = order.returns.select_related("origin_return", "exchange__replacement")
    sent = sent.prefetch_related("lines__order_line", "lines__reason").order_by("-pk")
    context = {
        **_head(order, token),
        "form": form,
        "refusal": refusal,
        "sent": [(document, allowed_return_actions(document)) for document in sent],
    }
    status = 409 if refusal else 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "public/return.html", context, status=status)


def _review(request: HttpRequest, order: Any, token: str, form: BuyerReturnForm) -> HttpResponse:
    """What it would bring, and line by line what the policy says against it."""
    wishes, lines = form.wishes(), form.lines
    objections = policies.objections(order, lines, wishes)
    swaps, difference = form.swaps(), form.difference()
    context: Mapping[str, Any] = {
        **_head(order, token),
        "form": form,
        "chosen": [
            (lines[pk], wish, form.reasons[wish.reason], objections.get(pk))
            for pk, wish in wishes.items()
        ],
        "swaps": swaps.values(),
        "difference": difference,
        "owed": -difference,
        "seen": plain(difference, order.currency),
        "at_once": bool(swaps) and operations.leaves_at_once(order, wishes),
        "objections": objections,
        "expected": expected_refund(order, lines, wishes),
        "payer": policies.label_payer(order, lines, wishes),
    }
    return render(request, "public/return_review.html", context)


def _head(order: Any, token: str) -> dict[str, Any]:
    return {
        "title": _("Return goods of order %(number)s") % {"number": order.number},
        "shop": order.channel.name,
        "order": order,
        "token": token,
    }


def _message(request: HttpRequest, text: str, *, status: int) -> HttpResponse:
    context = {"title": _("Returns"), "text": text}
    return render(request, "public/message.html", context, status=status)
