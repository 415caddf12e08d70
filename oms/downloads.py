"""Files as answers to a browser."""

from django.http import HttpResponse


def pdf(name: str, content: bytes) -> HttpResponse:
    """A PDF to show in the browser; its name holds a number and no person."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)
