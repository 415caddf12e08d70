"""Documents on paper: PDF."""

from typing import Any

from django.http import HttpResponse

from compliance.models import Invoice
from oms.deferred import deferred

__all__ = ["answer", "render"]

render = deferred("compliance.adapters.paper.document.render")


def answer(invoice: Invoice, buyer: dict[str, Any]) -> HttpResponse:
    """The document as a download; its name holds a number and no person."""
    headers = {
        "Content-Disposition": f'attachment; filename="{invoice.number}.pdf"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(render(invoice, buyer), content_type="application/pdf", headers=headers)
