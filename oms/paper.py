"""What printed papers share: styles, barcodes, ruled tables."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

FONTS = Path(__file__).parent / "fonts"  # of all languages in Latin, Greek and Cyrillic letters
REGULAR, BOLD = "Document", "Document-Bold"

PLAIN = ParagraphStyle("plain", fontName=REGULAR, fontSize=9, leading=12)
STRONG = ParagraphStyle("strong", parent=PLAIN, fontName=BOLD)
TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=16, leading=20)
MARGIN = 16 * mm
LINES = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
    ]
)


@cache
def load_fonts() -> None:
    """Register the fonts with their bold face, once a process."""
    pdfmetrics.registerFont(TTFont(REGULAR, FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, FONTS / "DejaVuSans-Bold.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, REGULAR, BOLD)


def text(value: Any, style: ParagraphStyle = PLAIN) -> Paragraph:
    """A paragraph in which what people typed stays text."""
    load_fonts()
    return Paragraph(escape(str(value)).replace("\n", "<br/>"), style)


def width_of(value: str) -> float:
    """How wide a plain text is on one line, in millimetres."""
    load_fonts()
    return pdfmetrics.stringWidth(value, REGULAR, PLAIN.fontSize) / mm


def barcode(value: str, height: float = 9 * mm, width: float = 0.3 * mm) -> Flowable:
    """A Code 128 barcode, narrow bar 0.3 mm, readable by hand scanners."""
    plain = value.encode("ascii", "replace").decode()
    return Code128(plain, barHeight=height, barWidth=width, humanReadable=True, quiet=False)


def table(rows: list[list[Any]], widths: list[float]) -> Table:
    """A ruled table whose first row is repeated on each page."""
    return Table(rows, colWidths=[width * mm for width in widths], style=LINES, repeatRows=1)


def build(story: list[Flowable], title: str, size: tuple[float, float] = A4) -> bytes:
    """The PDF, the same bytes for the same content."""
    load_fonts()
    buffer = BytesIO()
    margin = MARGIN if size == A4 else 6 * mm
    SimpleDocTemplate(
        buffer,
        pagesize=size,
        title=title,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        invariant=1,
    ).build(story)
    return buffer.getvalue()
