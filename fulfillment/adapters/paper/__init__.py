"""Paper for the floor: pick lists, packing slips, parcel labels, as PDF with barcodes."""

from django.http import HttpResponse

from fulfillment.adapters.paper.label import labels
from fulfillment.adapters.paper.lists import packing_slip, pick_list

__all__ = ["answer", "labels", "packing_slip", "pick_list"]


def answer(name: str, content: bytes) -> HttpResponse:
    """A PDF to show in the browser; its name holds a number and no person."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
