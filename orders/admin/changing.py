"""The page on which a placed order is changed: edited, looked at, then confirmed or kept.

Every edit is answered by a preview: the real act, done and undone. Nothing is stored before
somebody confirms, or keeps the change as a draft.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from customers import operations as customers
from inventory import queries as stock
from oms import words
from oms.admin import actor
from oms.errors import DomainError
from oms.money import plain
from orders import operations
from orders.admin import changing_lines, previews, sealed
from orders.enums import RETURN_CHARGES, ChangeStatus, ChangeStep
from orders.forms import changing as forms
from orders.forms.drafting import pickup_choices
from orders.models import Order, OrderChange, OrderChangeStep
from orders.operations import OrderMoved, Step
from orders.operations.change_steps import STEP_CONTEXT
from orders.operations.changing import CHANGEABLE
from orders.queries.together import could_join

PERMISSION = "orders.change_placed_order"
SHOWN = 8


@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The order as a form, or a kept draft of a change of it (`?draft=NUMBER`)."""
    order = _order(request, pk)
    draft = _draft(order, request.GET.get("draft", ""))
    if order.status not in CHANGEABLE:
        messages.error(request, operations.NotChangeable(number=order, status=order.status).detail)
        return HttpResponseRedirect(_url(order))
    steps = list(draft.steps.order_by("position")) if draft else []
    context = {
        **admin.site.each_context(request),
        "title": f"Change {order.number}",
        "order": order,
        "draft": draft,
        "may_read": sealed.may_read(request),
        "charge_kinds": forms.CHARGES,
        **_fields(request, order, steps),
        **(
            previews.shown(request, operations.preview_change(draft, by=actor(request)), order)
            if draft
            else previews.untouched(order)
        ),
    }
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/orders/change/page.html", context)


@require_GET
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Units into a new order, or other orders into this one; looked at and done as any change."""
    order = _order(request, pk)
    if order.status not in CHANGEABLE:
        messages.error(request, operations.NotChangeable(number=order, status=order.status).detail)
        return HttpResponseRedirect(_url(order))
    chosen = request.GET.getlist("merge")
    context = {
        **admin.site.each_context(request),
        "title": f"Split or merge {order.number}",
        "order": order,
        **changing_lines.to_split(order, {}),
        "joinable": [(other, other.number in chosen) for other in could_join(order)],
        **previews.untouched(order),
    }
    if chosen:
        steps = [Step(ChangeStep.MERGE_FROM, values={"order": number}) for number in chosen]
        seen = operations.preview_steps(order, by=actor(request), steps=steps)
        context |= {**previews.shown(request, seen, order), "untouched": False}
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, "admin/orders/change/move.html", context)


@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the edits would do, or what is wrong with them."""
    order = _order(request, pk)
    try:
        steps = _steps(request, order)
    except forms.WrongInput as wrong:
        return previews.answer(request, {**previews.untouched(order), "problem": str(wrong)})
    if not steps:
        return previews.answer(request, previews.untouched(order))
    seen = operations.preview_steps(order, by=actor(request), steps=steps)
    return previews.answer(request, previews.shown(request, seen, order))


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the change, keep it as a draft, or discard the draft, as the button says."""
    order = _order(request, pk)
    draft = _draft(order, request.POST.get("draft", ""))
    steps: list[Step] = []
    try:
        if request.POST.get("act") == "discard" and draft is not None:
            operations.discard_change(draft, by=actor(request))
            return _done(request, order, f"{draft} is discarded; {order} stays as it is.")
        steps = _steps(request, order)
        act = _confirm if request.POST.get("act") == "confirm" else _keep
        return act(request, order, draft, steps)
    except forms.WrongInput as wrong:
        return previews.answer(request, {**previews.untouched(order), "problem": str(wrong)})
    except DomainError as refusal:
        seen = operations.preview_steps(order, by=actor(request), steps=steps)
        again = {"moved": isinstance(refusal, OrderMoved), "problem": refusal.detail}
        return previews.answer(request, {**previews.shown(request, seen, order), **again})


@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """Products found by the SKU, barcode or name that is being typed, with their stock."""
    _demand(request)
    text = request.GET.get("product", "")
    context = {"found": stock.find_products(text, most=SHOWN), "q": text.strip(), "strict": True}
    return TemplateResponse(request, "admin/inventory/products_found.html", context)


@require_GET
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Other lines of the order for the page: those that a search leaves, or the next ones."""
    order = _order(request, pk)
    rows = changing_lines.to_split if "split" in request.GET else changing_lines.fields
    context = {**rows(order, request.GET), "order": order}
    return TemplateResponse(request, "admin/orders/change/lines.html", context)


@require_GET
def row(request: HttpRequest, pk: int) -> HttpResponse:
    """A new row of the page: a product (`add`), or an empty charge."""
    order = _order(request, pk)
    number = request.GET.get("n", "0")
    context = {"n": int(number) if number.isdigit() else 0, "order": order}
    if "add" not in request.GET:
        context["charge_kinds"] = forms.CHARGES
        return TemplateResponse(request, "admin/orders/change/charge.html", context)
    found = stock.find_products(request.GET["add"].strip(), most=1)
    if not found:
        return HttpResponse(status=204)
    price = plain(found[0].unit_price or Decimal(0), order.currency)
    context |= {"sku": found[0].sku, "name": found[0].name, "available": found[0].available}
    context |= {"quantity": 1, "unit_price": price}
    return TemplateResponse(request, "admin/orders/change/added.html", context)


# --- Doing ------------------------------------------------------------------------------------


def _confirm(
    request: HttpRequest, order: Order, draft: OrderChange | None, steps: Sequence[Step]
) -> HttpResponse:
    done = operations.change_order(
        order,
        by=actor(request),
        steps=steps,
        seen=forms.seen_of(request.POST) or 0,
        reason=forms.reason_of(request.POST),
        draft=draft,
    )
    total = words.money(Decimal(done.outcome["after"]["total"]), order.currency)
    others = ", ".join(done.outcome["orders"])
    more = f" Units went between it and {others}." if others else ""
    return _done(request, order, f"{order} is changed by {done}; its total is {total} now.{more}")


def _keep(
    request: HttpRequest, order: Order, draft: OrderChange | None, steps: Sequence[Step]
) -> HttpResponse:
    said = {"by": actor(request), "steps": steps, "reason": forms.reason_of(request.POST)}
    kept = operations.set_steps(draft, **said) if draft else operations.draft_change(order, **said)
    return _done(request, order, f"{kept} is kept as a draft; {order} stays as it is until then.")


def _done(request: HttpRequest, order: Order, sentence: str) -> HttpResponse:
    messages.success(request, sentence)
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": _url(order)})
    return HttpResponseRedirect(_url(order))


def _steps(request: HttpRequest, order: Order) -> list[Step]:
    named = any(name.startswith("address-") or name == "tax_id" for name in request.POST)
    if named and not sealed.may_read(request):
        raise PermissionDenied
    opened = sealed.looked_at(request, order) if named else {}
    address, contact = opened.get("shipping_address", {}), opened.get("contact", {})
    lines = list(order.lines.order_by("position"))
    charges = list(order.charges.order_by("pk"))
    pickup = order.pickup_location.code if order.pickup_location else ""
    return forms.steps_of(
        request.POST,
        lines=lines,
        charges=charges,
        address=address,
        pickup=pickup,
        tax_id=contact.get("tax_id", ""),
    )


# --- Showing ----------------------------------------------------------------------------------


def _fields(request: HttpRequest, order: Order, steps: list[OrderChangeStep]) -> dict[str, Any]:
    taken_off = {step.values.get("charge") for step in steps}
    return {
        **changing_lines.fields(order, {}, steps),
        **changing_lines.moved(order, steps),
        "added": [step.values for step in steps if step.kind == ChangeStep.ADD_LINE],
        "charges": [
            {"charge": charge, "off": charge.pk in taken_off}
            for charge in order.charges.exclude(kind__in=RETURN_CHARGES).order_by("pk")
        ],
        "new_charges": [step.values for step in steps if step.kind == ChangeStep.ADD_CHARGE],
        **_personal(request, order, steps),
        **_pickup(order, steps),
    }


def _personal(request: HttpRequest, order: Order, steps: list[OrderChangeStep]) -> dict[str, Any]:
    """Address and tax ID as the order has them; a kept draft's are in the fields already."""
    if not sealed.may_read(request):
        return {"address_form": []}
    opened = sealed.opened(request, order)
    present = opened.get("shipping_address", {})
    tax_id = opened.get("contact", {}).get("tax_id", "")
    drafted = _drafted(request, order, steps)
    form = forms.AddressForm(initial=drafted.get(ChangeStep.SET_ADDRESS, present), prefix="address")
    return {
        "address_form": [(field, present.get(field.name, "")) for field in form],
        "tax_id_was": tax_id,
        "tax_id": drafted.get(ChangeStep.SET_TAX_ID, {"tax_id": tax_id}).get("tax_id", ""),
    }


def _drafted(
    request: HttpRequest, order: Order, steps: list[OrderChangeStep]
) -> dict[str, dict[str, Any]]:
    """What the sealed steps of a kept draft say, by kind; the reading is recorded."""
    what, by = f"orders.orderchange of {order.number}", actor(request)
    rows = [step for step in steps if step.sealed]
    opened = customers.disclose_all(
        [customers.Reading(order.subject, step.sealed, STEP_CONTEXT, what) for step in rows], by=by
    )
    return {step.kind: values for step, values in zip(rows, opened, strict=True)}


def _pickup(order: Order, steps: list[OrderChangeStep]) -> dict[str, Any]:
    """Where it may be collected, where it is, and where a kept draft wants it to be."""
    was = wanted = order.pickup_location.code if order.pickup_location else ""
    for step in steps:
        if step.kind in {ChangeStep.SET_ADDRESS, ChangeStep.SET_PICKUP}:
            wanted = str(step.values.get("location", ""))
    choices = pickup_choices()
    if was not in {code for code, _ in choices}:
        choices.append((was, f"Collected at {order.pickup_location}"))
    return {"pickup_choices": choices, "pickup_was": was, "pickup": wanted}


def _order(request: HttpRequest, pk: int) -> Order:
    _demand(request)
    return get_object_or_404(
        Order.objects.select_related("channel", "subject", "pickup_location"), pk=pk
    )


def _draft(order: Order, number: str) -> OrderChange | None:
    rows = order.changes.filter(status=ChangeStatus.DRAFT).select_related("order__channel")
    return rows.filter(number=number).first() if number else None


def _demand(request: HttpRequest) -> None:
    if not request.user.has_perms([PERMISSION, "orders.view_order"]):
        raise PermissionDenied


def _url(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])
