"""The page on which an order is put together while somebody is on the phone.

Every change of the page is one `operations.revise` of the whole draft; the answer is the part of
the page that lives: lines with their stock, what would make it wait, totals.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from customers import operations as customer_operations
from customers import queries as customers
from customers.operations import Party, Reading
from inventory import queries as stock
from oms import words
from oms.admin import actor
from oms.downloads import pdf
from oms.errors import DomainError
from oms.money import ZERO
from orders import operations, queries
from orders.adapters import paper
from orders.admin import sealed
from orders.admin.told import notifications
from orders.enums import ChargeKind, DraftStatus
from orders.forms.drafting import DraftForm, StartForm, line_forms
from orders.models import Channel, DraftOrder, Order
from orders.operations import PlacedLine, PlacedOrder
from orders.operations.list_pricing import priced
from orders.queries.dealings import Dealings, dealings_of
from orders.queries.prices import list_price
from orders.queries.quotes import last_refusal, quote_link

CHANGE, ADD = "orders.change_draftorder", "orders.add_draftorder"
SHOWN = 8
UNSEEN: dict[str, Any] = {"tax_amount": None, "name": "", "external_id": ""}  # not on the page
NOT_A_NUMBER = "Quantity and price must be numbers: check the row of {sku}."


# --- Beginning --------------------------------------------------------------------------------


def start(request: HttpRequest) -> HttpResponse:
    """Who is calling, and through which channel; the draft begins with the answer."""
    _demand(request, ADD)
    form = StartForm(
        request.POST or None, initial={"channel": queries.usual_channel(actor(request))}
    )
    if request.method == "POST" and form.is_valid():
        document = _begin(request, form.cleaned_data["channel"], request.POST.get("customer", ""))
        return HttpResponseRedirect(_url(document))
    context = {
        **admin.site.each_context(request),
        "title": "New order",
        "form": form,
        "may_read": sealed.may_read(request),
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/orders/draft/start.html", context)


@require_POST
def callers(request: HttpRequest) -> HttpResponse:
    """Customers found by the e-mail address, phone number or name that is being typed.

    A POST, so that no address of a page and no log holds what was typed.
    """
    _demand(request, ADD, sealed.PERMISSION)
    found = list(customers.find_customers(request.POST.get("q", ""))[:SHOWN])
    readings = [
        Reading(row.subject, row.profile, customers.PROFILE, f"customers.customer {row.number}")
        for row in found
    ]
    opened = customer_operations.disclose_all(readings, by=actor(request))
    context = {
        "found": list(zip(found, opened, strict=True)),
        "q": request.POST.get("q", "").strip(),
        "edit": _edit_url(request.POST.get("draft", "")),
    }
    return TemplateResponse(request, "admin/orders/draft/callers.html", context)


@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Products found by the SKU, barcode or name that is being typed, with their stock."""
    _demand(request, ADD)
    text = request.GET.get("product", "")
    context = {"found": stock.find_products(text, most=SHOWN), "q": text.strip()}
    return TemplateResponse(request, "admin/inventory/products_found.html", context)


def _begin(request: HttpRequest, channel: Channel, number: str) -> DraftOrder:
    nothing = PlacedOrder("", channel.currency, Party(""), {}, ())
    content, customer = _with_caller(request, nothing, number)
    return operations.draft(channel, content, by=actor(request), customer=customer)[0]


# --- Changing ---------------------------------------------------------------------------------


@require_POST
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over what the page says, and answer with its living part."""
    _demand(request, CHANGE, sealed.PERMISSION)
    rows = DraftOrder.objects.select_related(
        "channel", "customer__subject", "subject", "pickup_location"
    )
    document = get_object_or_404(rows, pk=pk)
    was = document.is_quote, operations.kept(document) is not None
    form, lines = DraftForm(request.POST), line_forms(request.POST)
    if sentence := _wrong(form, lines):
        return _problem(request, sentence)
    try:
        content = _told(form, [row.placed() for row in lines], request, document)
        content, caller = _with_caller(request, content, request.POST.get("customer", ""))
        seen = int(request.POST.get("revision", "0") or 0)
        document = operations.revise(
            document, content, by=actor(request), seen=seen, customer=caller
        )
    except DomainError as error:
        return _problem(request, error.detail)
    ended = _ended(document, *was)
    for sentence in ended:
        messages.warning(request, sentence)
    if "HX-Request" not in request.headers or caller is not None or ended:
        return _go(request, _url(document))  # more of the page changes than its living part
    return TemplateResponse(request, "admin/orders/draft/live.html", _live(document))


def _ended(document: DraftOrder, was_quote: bool, was_kept: bool) -> list[str]:  # noqa: FBT001
    """What a change of the draft put an end to, in sentences."""
    ended = []
    if was_quote and not document.is_quote:
        ended.append(f"The quote of {document} ended, as it was changed; its link no longer works.")
    if was_kept and operations.kept(document) is None:
        ended.append(f"Not all of it is there: the stock kept for {document} is free again.")
    return ended


def _wrong(form: DraftForm, lines: list[Any]) -> str:
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return f"{form.fields[name].label}: {errors[0]}"
    for row in lines:
        if not row.is_valid():
            return NOT_A_NUMBER.format(sku=row.data.get(f"{row.prefix}-sku", "?"))
    return ""


def _told(
    form: DraftForm, lines: list[PlacedLine], request: HttpRequest, document: DraftOrder
) -> PlacedOrder:
    added = _added(_scanned(request).strip(), document)
    kept = operations.content_of(document)
    told = PlacedOrder(
        external_id=document.external_id,
        currency=document.currency,
        customer=form.party(),
        shipping_address=form.address(),
        billing_address={}
        if kept.billing_address == kept.shipping_address
        else kept.billing_address,
        lines=_joined(lines, added) if added else tuple(lines),
        charges=form.charges(),
        priority=document.priority,
        tags=tuple(document.tags),
        purchase_order_number=form.cleaned_data["purchase_order_number"].strip(),
        pickup_location=form.cleaned_data["pickup_location"],
    )
    return _with_stated_tax(told, kept)


def _with_stated_tax(told: PlacedOrder, kept: PlacedOrder) -> PlacedOrder:
    """Tax that a channel stated stays with what the page left as it was, for the same place."""
    if _taxed_by(told) != _taxed_by(kept):
        return told
    taxes = {replace(line, **UNSEEN): line.tax_amount for line in kept.lines}
    charged = {(row.kind, row.amount): row.tax_amount for row in kept.charges}
    return replace(
        told,
        lines=tuple(replace(line, tax_amount=taxes.get(line)) for line in told.lines),
        charges=tuple(
            replace(row, tax_amount=charged.get((row.kind, row.amount))) for row in told.charges
        ),
    )


def _taxed_by(content: PlacedOrder) -> tuple[Any, ...]:
    return content.shipping_address, content.pickup_location, bool(content.customer.tax_id)


def _scanned(request: HttpRequest) -> str:
    """What is to be added.

    A scanner faster than the page's script sends the plain form: the search field is meant there.
    """
    plain = "HX-Request" not in request.headers
    return request.POST.get("add") or (request.POST.get("product", "") if plain else "")


def _added(text: str, document: DraftOrder) -> PlacedLine | None:
    """The product meant by what was chosen, typed or scanned; an unknown one is kept as it is."""
    if not text:
        return None
    found = stock.find_products(text, most=1)
    if not found:
        return PlacedLine(text, 1, ZERO)
    product = stock.products_by_sku([found[0].sku])[found[0].sku]
    listed = list_price(document.channel, document.customer, product, 1, timezone.localdate())
    return PlacedLine(product.sku, 1, listed.unit_price or ZERO)


def _joined(lines: list[PlacedLine], added: PlacedLine) -> tuple[PlacedLine, ...]:
    """One unit more of a line that is there, or a new line."""
    for index, line in enumerate(lines):
        if line.sku == added.sku:
            lines[index] = replace(line, quantity=line.quantity + 1)
            return tuple(lines)
    return (*lines, added)


def _with_caller(
    request: HttpRequest, content: PlacedOrder, number: str
) -> tuple[PlacedOrder, Any | None]:
    """The content with a known customer's contact, and the address of their last order."""
    found = customers.customer_by_number(number) if number else None
    if found is None:
        return content, None
    reading = Reading(
        found.subject, found.profile, customers.PROFILE, f"customers.customer {found}"
    )
    [profile] = customer_operations.disclose_all([reading], by=actor(request))
    known = {
        part: profile.get(part, "") for part in ("name", "email", "phone", "company", "tax_id")
    }
    address = content.shipping_address
    if not any(address.get(part) for part in ("line1", "city", "postcode")):
        address = _last_address(request, found.pk)
    return replace(content, customer=Party(**known), shipping_address=address), found


def _last_address(request: HttpRequest, customer_id: int) -> dict[str, str]:
    last = Order.objects.filter(customer=customer_id).select_related("subject").order_by("-pk")
    order = last.first()
    return sealed.opened(request, order).get("shipping_address", {}) if order else {}


def _problem(request: HttpRequest, sentence: str) -> HttpResponse:
    """Say what is wrong above the page and leave what was typed as it is."""
    if "HX-Request" not in request.headers:
        messages.error(request, sentence)
        return HttpResponseRedirect(request.headers.get("referer", reverse("admin:index")))
    context = {"sentence": sentence}
    answer = TemplateResponse(request, "admin/orders/draft/problem.html", context)
    answer.headers["HX-Retarget"] = "#draft-problem"
    answer.headers["HX-Reswap"] = "innerHTML"
    return answer


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


# --- Showing ----------------------------------------------------------------------------------


def page(request: HttpRequest, document: DraftOrder) -> dict[str, Any]:
    """What the page shows; opens the envelope, which is recorded."""
    opened = sealed.draft_opened(request, document)
    is_open = document.status == DraftStatus.OPEN
    may_edit = request.user.has_perm(CHANGE) and sealed.may_read(request)
    dealings = dealings_of(document.customer_id) if document.customer_id else None
    return {
        "title": document.number,
        "subtitle": None,
        "editable": is_open and may_edit,
        "person": opened,
        "may_read": sealed.may_read(request),
        "form": DraftForm(initial=_initial(document, opened)),
        "dealings": dealings,
        "owed": _owed(dealings),
        "kept": operations.kept(document) if is_open else None,
        "quote_link": quote_link(document) if is_open and document.is_quote else "",
        "in_vain": last_refusal(document) if is_open and document.is_quote else None,
        "notifications": notifications("orders.draftorder", document.pk),
        **_live(document),
    }


def placed(request: HttpRequest, order: Order) -> HttpResponse:
    """Say that the order is placed, and go there."""
    messages.success(request, f"{order} is placed.")
    return HttpResponseRedirect(reverse("admin:orders_order_change", args=[order.pk]))


def paper_of(request: HttpRequest, pk: int) -> HttpResponse:
    """The quote as PDF."""
    _demand(request, "orders.view_draftorder", sealed.PERMISSION)
    rows = DraftOrder.objects.select_related("channel", "subject", "pickup_location")
    document = get_object_or_404(rows, pk=pk)
    return pdf(document.number, paper.quote(document, by=actor(request)))


def _live(document: DraftOrder) -> dict[str, Any]:
    content = operations.content_of(document)
    worked = operations.work_out(document, content, by="page")
    places: dict[int, list[int]] = {}
    for part in worked.allotments:
        places.setdefault(part.key, []).append(part.location_id)
    codes = stock.location_codes(key for keys in places.values() for key in keys)
    listed = priced(document, worked.lines)
    rows = [
        {
            "line": line,
            "listed": listed[index],
            "index": index,
            "product": line.product,
            "places": ", ".join(sorted({codes[key] for key in places.get(index, [])})),
            "waits": line.backordered if line.product_id else 0,
        }
        for index, line in enumerate(worked.lines)
    ]
    return {
        "draft": document,
        "rows": rows,
        "warnings": [hold.reason for hold in worked.holds],
        "refused": _refused(document, rows),
        "totals": worked.order,
        "missing": [] if document.customer_id else ["who buys"],
        "can_submit": "submit" in queries.allowed_draft_actions(document),
    }


def _refused(document: DraftOrder, rows: list[dict[str, Any]]) -> str:
    place = document.pickup_location
    if place is not None and not stock.pickup_places([place.code]):
        return f"Nobody collects at {place.name} any more: choose where it goes."
    if document.channel.allows_backorder or not any(row["waits"] for row in rows):
        return ""
    return f"{document.channel.name} takes no backorders: the order would be refused."


def _initial(document: DraftOrder, opened: dict[str, Any]) -> dict[str, Any]:
    sums: dict[str, Decimal] = {}
    for charge in document.charges.all():
        sums[charge.kind] = sums.get(charge.kind, ZERO) + charge.amount
    rebate = -sums.get(ChargeKind.DISCOUNT, ZERO)
    return {
        **opened.get("shipping_address", {}),
        **opened.get("contact", {}),
        "purchase_order_number": document.purchase_order_number,
        "pickup_location": document.pickup_location.code if document.pickup_location else "",
        "shipping": _short(sums.get(ChargeKind.SHIPPING)),
        "rebate": _short(rebate or None),
    }


def _short(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _owed(dealings: Dealings | None) -> list[str]:
    owed = dealings.owed.items() if dealings else ()
    return [words.money(amount, currency) for currency, amount in sorted(owed)]


def _demand(request: HttpRequest, *permissions: str) -> None:
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def _edit_url(pk: str) -> str:
    return reverse("admin:orders_draftorder_edit", args=[int(pk)]) if pk.isdigit() else ""


def _url(document: DraftOrder) -> str:
    return reverse("admin:orders_draftorder_change", args=[document.pk])
