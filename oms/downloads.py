"""Files as answers to a browser."""

from django.http import HttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def pdf(name: str, content: bytes) -> HttpResponse:
    """A PDF to show in the browser; its name holds a number and no person."""
    headers = {
        "Content-Disposition": f'inline; filename="{name}.pdf"',
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def harmless(text: str) -> str:
    """Text that a spreadsheet takes for text: what others wrote must not become a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
