"""The finder and the rows of forms that take lines of products."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from inventory import queries
from inventory.forms.lines import (
    MOST_LINES,
    SHEETS,
    Sheet,
    Typed,
    about,
    looked_up,
    parse,
    proposed,
    sent,
)

SHOWN = 8
FIELD = "lines"


@require_GET
def find(request: HttpRequest, sheet: str) -> HttpResponse:
    """Products found by what is being typed, with their stock at the form's location."""
    asked = _sheet(request, sheet)
    at = about(asked, request.GET).at
    text = request.GET.get(f"{FIELD}-add", "")
    found = queries.find_products(text, most=SHOWN, at=at.code if at else "")
    context = {
        "found": found, "q": text.strip(), "place": at, "unpriced": True, "strict": True,
        "bare": not asked.place,
    }  # fmt: skip
    return TemplateResponse(request, "admin/inventory/products_found.html", context)


@require_POST
def rows(request: HttpRequest, sheet: str) -> HttpResponse:
    """Rows of what is added, or those that the page has anew, for another supplier or location."""
    asked = _sheet(request, sheet)
    told: Any = request.GET or request.POST
    known = about(asked, told)
    text = request.POST.get(f"{FIELD}-add", "")
    typed = _added(text, asked) if text else sent(request.POST, FIELD)
    found = proposed(looked_up(typed[:MOST_LINES], asked, known), known)
    context = {"rows": found, "sheet": asked, "name": FIELD}
    return TemplateResponse(request, "admin/inventory/lines/rows.html", context)


def _added(text: str, sheet: Sheet) -> list[Typed]:
    """What was pasted; or the product that was scanned, or found by what was typed."""
    lines = parse(text, sheet)
    if "\n" in text or "\t" in text or not lines:
        return lines
    if len(queries.products_by_code({line.code for line in lines})) == len(lines):
        return lines
    if product := queries.product_with_code(text):  # its SKU has a space
        return [Typed(product.sku)]
    if found := queries.find_products(text, most=1):
        return [Typed(found[0].sku)]
    return lines if all(line.quantity.isdecimal() for line in lines) else [Typed(text)]


def _sheet(request: HttpRequest, name: str) -> Sheet:
    sheet = SHEETS.get(name)
    if sheet is None:
        raise Http404
    if not request.user.has_perm(sheet.permission):
        raise PermissionDenied
    return sheet
