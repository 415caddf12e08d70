"""The page on which goods are received: scan, count, post; once, however often it is sent."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from inventory import operations
from inventory.forms.supply import ReceiveGoodsForm, typed_rows
from inventory.models import GoodsReceipt, Location, Product, PurchaseOrder, Supplier, Transfer
from inventory.queries import find_products, product_with_code, usual_place
from oms import once, words
from oms.admin import actor
from oms.admin.bases import ALREADY
from oms.errors import DomainError

RECEIVE = "inventory.receive_stock"
BRING = "inventory.move_between_locations"
SHOWN = 8  # products found at a time


def purchase_order_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Receive what a supplier delivered."""
    _check(request, RECEIVE)
    order = get_object_or_404(PurchaseOrder.objects.select_related("location", "supplier"), pk=pk)
    lines = order.lines.select_related("product").order_by("position")
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        row = rows.setdefault(line.product_id, _row(line.product))
        row["missing"] += line.missing
    context = {
        "document": order,
        "title": f"Receive {order.number}",
        "from": order.supplier.name,
        "to": order.location.name,
        "rows": [row for row in rows.values() if row["missing"]] or list(rows.values()),
        "may_be_over": True,
    }
    return _receive(
        request, context,
        lambda form: operations.receive_purchase_order(
            order, form.delivery(), by=actor(request)
        ),
    )  # fmt: skip


def transfer_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Receive what another location sent."""
    _check(request, BRING)
    transfer = get_object_or_404(Transfer.objects.select_related("source", "destination"), pk=pk)
    lines = transfer.lines.select_related("product").order_by("pk")
    context = {
        "document": transfer,
        "title": f"Receive {transfer.number}",
        "from": transfer.source.name,
        "to": transfer.destination.name,
        "rows": [
            _row(line.product) | {"missing": line.in_transit} for line in lines if line.in_transit
        ],
    }
    return _receive(
        request, context,
        lambda form: operations.receive_transfer(transfer, form.delivery(), by=actor(request)),
    )  # fmt: skip


def blind_view(request: HttpRequest) -> HttpResponse:
    """Receive goods that no document announced: products are added as they are scanned."""
    _check(request, RECEIVE)
    context = {
        "document": None,
        "title": "Receive without an order",
        "rows": _typed_rows(request),
        "places": Location.objects.filter(is_active=True).order_by("priority", "code"),
        "here": request.POST.get("location") or str(usual_place(actor(request)) or ""),
        "suppliers": Supplier.objects.filter(is_active=True).order_by("name"),
        "lookup": reverse("admin:inventory_goodsreceipt_lookup"),
        "find": reverse("admin:inventory_goodsreceipt_find"),
        "blank": {"key": 0, "sku": "", "name": "", "barcode": ""},
    }

    def take_in(form: ReceiveGoodsForm) -> GoodsReceipt:
        place, supplier = form.cleaned_data["location"], form.cleaned_data["supplier"]
        if place is None:
            raise LocationMissing
        return operations.receive_blind(
            place, form.delivery(), by=actor(request), supplier=supplier
        )

    return _receive(request, context, take_in)


def find_view(request: HttpRequest) -> HttpResponse:
    """Products found by what is being typed."""
    _check(request, RECEIVE)
    text = request.GET.get("code", "").strip()
    context = {"found": find_products(text, most=SHOWN), "q": text, "strict": True, "bare": True}
    return TemplateResponse(request, "admin/inventory/products_found.html", context)


def lookup_view(request: HttpRequest) -> HttpResponse:
    """What was scanned, by its whole SKU or barcode: 404 when no product has it."""
    _check(request, RECEIVE)
    code = request.GET.get("code", "").strip()
    product = product_with_code(code) if "\0" not in code else None
    if product is None:
        said = f"{code} is no SKU or barcode; choose from what is found."
        return JsonResponse({"detail": said}, status=404)
    return JsonResponse(_row(product))


class LocationMissing(DomainError):
    """Goods come in somewhere."""

    code = "location_missing"
    message = "Say at which location the goods are."


def _check(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _row(product: Product) -> dict[str, Any]:
    return {
        "pk": product.pk,
        "sku": product.sku,
        "name": product.name,
        "barcode": product.barcode,
        "tracking": product.tracking,
        "missing": 0,
    }


def _typed_rows(request: HttpRequest) -> list[dict[str, Any]]:
    """The products of a submission that was refused: nothing that was counted is lost."""
    ids = set(typed_rows(request.POST).values())
    return [_row(product) for product in Product.objects.filter(pk__in=ids).order_by("sku")]


def _as_typed(request: HttpRequest, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with what was typed into them, followed by the further lots of their products."""
    typed = sorted(typed_rows(request.POST), key=lambda key: [int(part) for part in key.split("-")])
    for row in rows:
        own, more = str(row["pk"]), {"missing": 0}
        yield row | _typed(request, own)
        for key in typed:
            if key.startswith(f"{own}-"):
                yield row | more | _typed(request, key)


def _typed(request: HttpRequest, key: str) -> dict[str, str]:
    names = ("good", "damaged", "lot", "expires", "cost")
    return {"key": key} | {name: request.POST.get(f"{name}_{key}", "") for name in names}


def _receive(request: HttpRequest, context: dict[str, Any], take_in: Any) -> HttpResponse:
    form, began = ReceiveGoodsForm(request.POST or None), timezone.now()
    if request.method == "POST" and form.is_valid():
        try:
            receipt = _once(request, lambda: take_in(form))
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            _say(request, receipt, again=receipt is not None and receipt.received_at < began)
            return HttpResponseRedirect(_back(context["document"] or receipt))
    context["rows"] = list(_as_typed(request, context["rows"]))
    context |= {"form": form, "back": _back(context["document"])}
    context |= {"sent": request.POST, "errors": form.non_field_errors(), "once": once.token()}
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(
        request,
        "admin/inventory/receive.html",
        {**admin.site.each_context(request), **context},
    )


@transaction.atomic
def _once(request: HttpRequest, take_in: Callable[[], GoodsReceipt]) -> GoodsReceipt | None:
    """Receive, unless this very form did so before: none then. A refused one may be sent again."""
    return take_in() if once.use(request.POST.get("once", "")) else None


def _say(request: HttpRequest, receipt: GoodsReceipt | None, *, again: bool) -> None:
    if receipt is None:
        messages.warning(request, ALREADY)
        return
    lines = list(receipt.lines.all())
    good, damaged = sum(row.good for row in lines), sum(row.damaged for row in lines)
    units = f"{words.count(good, 'unit')} received" + (f", {damaged} damaged" if damaged else "")
    if again:
        note = f"Delivery note {receipt.reference} was received before; nothing is counted again."
        messages.warning(request, f"{note} {receipt}: {units}.")
    else:
        messages.success(request, f"{receipt}: {units}.")


def _back(document: Any) -> str:
    if document is None:
        return reverse("admin:inventory_goodsreceipt_changelist")
    name = document._meta.model_name  # noqa: SLF001
    return reverse(f"admin:inventory_{name}_change", args=[document.pk])
