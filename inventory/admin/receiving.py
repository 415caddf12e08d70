"""The page on which goods are received: scan, count, post; once, however often it is sent."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from inventory import operations
from inventory.forms.supply import ReceiveGoodsForm
from inventory.models import GoodsReceipt, Location, Product, PurchaseOrder, Supplier, Transfer
from inventory.queries import find_products, product_with_code
from oms import words
from oms.admin import actor
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
        "suppliers": Supplier.objects.filter(is_active=True).order_by("name"),
        "lookup": reverse("admin:inventory_goodsreceipt_lookup"),
        "find": reverse("admin:inventory_goodsreceipt_find"),
        "blank": {"pk": 0, "sku": "", "name": "", "barcode": ""},
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
    ids = [name[5:] for name in request.POST if name.startswith("good_") and name[5:].isdecimal()]
    return [_row(product) for product in Product.objects.filter(pk__in=ids).order_by("sku")]


def _receive(request: HttpRequest, context: dict[str, Any], take_in: Any) -> HttpResponse:
    form = ReceiveGoodsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            receipt = take_in(form)
        except DomainError as error:
            messages.error(request, error.detail)
        else:
            return _received(request, receipt, context["document"])
    for row in context["rows"]:
        row["good"] = request.POST.get(f"good_{row['pk']}", "")
        row["damaged"] = request.POST.get(f"damaged_{row['pk']}", "")
        row["lot"] = request.POST.get(f"lot_{row['pk']}", "")
        row["expires"] = request.POST.get(f"expires_{row['pk']}", "")
        row["cost"] = request.POST.get(f"cost_{row['pk']}", "")
    context |= {"form": form, "back": _back(context["document"])}
    context |= {"sent": request.POST, "errors": form.non_field_errors()}
    request.current_app = admin.site.name  # type: ignore[attr-defined]
    return TemplateResponse(
        request,
        "admin/inventory/receive.html",
        {**admin.site.each_context(request), **context},
    )


def _received(request: HttpRequest, receipt: GoodsReceipt, document: Any) -> HttpResponse:
    lines = list(receipt.lines.all())
    good, damaged = sum(row.good for row in lines), sum(row.damaged for row in lines)
    said = f"{receipt}: {words.count(good, 'unit')} received"
    messages.success(request, f"{said}, {damaged} damaged." if damaged else f"{said}.")
    return HttpResponseRedirect(_back(document or receipt))


def _back(document: Any) -> str:
    if document is None:
        return reverse("admin:inventory_goodsreceipt_changelist")
    name = document._meta.model_name  # noqa: SLF001
    return reverse(f"admin:inventory_{name}_change", args=[document.pk])
