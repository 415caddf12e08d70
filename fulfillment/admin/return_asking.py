"""Asking for a return or an exchange in the name of a buyer, with what would come of it beside."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from fulfillment import forms, operations
from fulfillment.admin import acts
from fulfillment.enums import ReturnStatus
from fulfillment.models import Exchange, Return
from fulfillment.queries.expecting import Expected, expected_credit
from oms import once, words
from oms.admin import ReadOnlyAdmin, actor
from oms.errors import DomainError
from orders.admin import previews
from orders.forms.changing import seen_of
from orders.operations import Preview, as_seen

if TYPE_CHECKING:
    from orders.models import Order

Data = dict[str, Any]
Said = dict[str, str]
ALREADY = "This form was sent before; nothing was done twice."
REQUEST_HELP = (
    "Goods go back to the location that shipped them; each unit's outcome is said there. "
    "The return policy of the channel decides what may come back and what it costs."
)
EXCHANGE_HELP = (
    "The replacement is an order of its own, reserved now and paid with the credit of the return. "
    "A difference stays due on it, or is owed on this order. It leaves by the return policy."
)


def request_return(page: ReadOnlyAdmin, request: HttpRequest, order: "Order") -> HttpResponse:
    """The form of a return; sent, the return."""
    if not request.user.has_perm("fulfillment.add_return"):
        raise PermissionDenied
    form = forms.RequestReturnForm(request.POST or None, obj=order)
    if not request.user.has_perm("fulfillment.waive_return_policy"):
        del form.fields["waiver"]

    def look(data: Data) -> Preview:
        return operations.preview_return(
            order,
            by=actor(request),
            wishes=forms.wishes_in(data),
            waiver=data.get("waiver", ""),
            says=_of_return,
        )

    def make(data: Data) -> HttpResponse:
        made = operations.request_return(
            order,
            by=actor(request),
            wishes=forms.wishes_in(data),
            note=data["note"],
            waiver=data.get("waiver", ""),
        )
        return _made(request, made, f"{made} is {made.get_status_display().lower()}.")

    if "preview" in request.POST:
        return previews.of_form(request, order, form, look, lambda seen: seen.made)
    done = _send(request, order, form, make)
    return done or _ask(page, request, "Request a return", form, order, REQUEST_HELP)


def exchange(page: ReadOnlyAdmin, request: HttpRequest, order: "Order") -> HttpResponse:
    """The form of an exchange; sent, its return."""
    if not request.user.has_perms(("fulfillment.add_return", "orders.add_order")):
        raise PermissionDenied
    form = forms.ExchangeForm(request.POST or None, obj=order)
    if not request.user.has_perm("orders.correct_order"):
        form.keep_prices()

    def look(data: Data) -> Preview:
        return operations.preview_exchange(
            order, by=actor(request), swaps=_swaps(data), says=_of_exchange
        )

    def make(data: Data) -> HttpResponse:
        made = operations.exchange(order, by=actor(request), swaps=_swaps(data), note=data["note"])
        return _made(request, made.return_order, f"{made}: reserved.")

    if "preview" in request.POST:
        return previews.of_form(request, order, form, look, lambda seen: seen.made)
    done = _send(request, order, form, make)
    return done or _ask(page, request, "Exchange", form, order, EXCHANGE_HELP)


def _ask(
    page: ReadOnlyAdmin, request: HttpRequest, label: str, form: Any, order: "Order", help_text: str
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": f"{label}: {order}",
        "act": {"label": label, "help": help_text},
        "order": order,
        "form": form,
        "rows": form.rows,
        "back": reverse("admin:orders_order_change", args=[order.pk]),
        "once": once.token(),
    }
    request.current_app = page.admin_site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/fulfillment/ask_return.html", context)


def _send(request: HttpRequest, order: "Order", form: Any, make: Any) -> HttpResponse | None:
    """Do what the form asks, once, on the order that was looked at; none where it is shown again."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        with transaction.atomic():
            if not once.use(request.POST.get("once", "")):
                messages.warning(request, ALREADY)
                return acts.back_to_order(order)
            return as_seen(order, lambda: make(form.cleaned_data), seen=seen_of(request.POST))
    except DomainError as error:
        messages.error(request, error.detail)
        return None


def _made(request: HttpRequest, document: Return, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    url = reverse("admin:fulfillment_return_change", args=[document.pk])
    return HttpResponseRedirect(url)


def _swaps(data: Data) -> dict[int, operations.Swap]:
    return {
        pk: operations.Swap(wish, data[f"swap_{pk}"].strip(), data.get(f"price_{pk}"))
        for pk, wish in forms.wishes_in(data).items()
    }


# --- What would come of it --------------------------------------------------------------------


def _of_return(document: Return) -> Said:
    """What the return would say, in the order in which a clerk asks."""
    lines = list(document.lines.select_related("order_line"))
    timing = {line.get_refund_on_display() for line in lines}
    waits = document.status == ReturnStatus.REQUESTED
    said = {
        "Return": "waits for approval" if waits else "approved at once",
        "Goes back to": document.location.name,
        "Way back paid by": document.get_label_payer_display(),
    }
    if not waits and document.expires_at:
        said["Waited for until"] = words.moment(document.expires_at)
    expected = expected_credit(document, lines)
    return said | _money(expected, document) | {"Credited": " / ".join(sorted(timing))}


def _money(expected: Expected, document: Return) -> Said:
    currency = document.order.currency
    kept = {"Restocking fee": expected.fee, "The way back": expected.label}
    now = {"Credited now": document.refunded} if document.credit else {}
    return {
        label: words.money(amount, currency)
        for label, amount in (
            ("Worth", expected.value),
            *((label, -amount) for label, amount in kept.items()),
            ("To the buyer, when all is accepted", expected.refund),
            *now.items(),
        )
        if amount
    }


def _of_exchange(made: Exchange) -> Said:
    """What leaves when, and the difference once everything that comes back is credited."""
    document, replacement = made.return_order, made.replacement
    expected = expected_credit(document, document.lines.select_related("order_line"))
    worth = expected.refund + document.refunded
    more = words.money(abs(replacement.total - worth), replacement.currency)
    who = "to pay by the buyer" if replacement.total > worth else "to give back"
    back = _of_return(document)
    kept = ("Return", "Goes back to", "Waited for until", "Restocking fee")
    return {
        "Replacement leaves": made.get_ships_display(),
        "Worth of the replacement": words.money(replacement.total, replacement.currency),
        "Worth of what comes back": words.money(worth, replacement.currency),
        "Difference": "none" if replacement.total == worth else f"{more} {who}",
        **{label: back[label] for label in kept if label in back},
    }
