"""The quote as PDF: what is offered, to whom, at what price, until when."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from babel.numbers import format_decimal
from django.utils import timezone
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from customers import operations as customers
from customers.queries import said_in
from oms.paper import BOLD, REGULAR, load_fonts
from orders.models import DraftOrder
from orders.operations.quoting import stock_said
from orders.queries.drafts import CONTEXT
from orders.queries.quote_words import language_of, say
from orders.queries.quotes import last_day, offered

MARGIN = 20 * mm
WIDTHS = [88 * mm, 18 * mm, 30 * mm, 34 * mm]
TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=9.5, leading=13)
FAINT = ParagraphStyle("faint", parent=TEXT, fontSize=8, leading=11, textColor=HexColor("#687385"))
STRONG = ParagraphStyle("strong", parent=TEXT, fontName=BOLD)
TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=24)
RIGHT = ParagraphStyle("right", parent=TEXT, alignment=TA_RIGHT)
TOTAL = ParagraphStyle("total", parent=STRONG, alignment=TA_RIGHT)
RULES = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor("#1d2530")),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, HexColor("#d9dee6")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
)


def quote(document: DraftOrder, *, by: str) -> bytes:
    """The offer as it stands, in its buyer's language.

    The reading of the address is recorded, an erased one is left out.
    """
    load_fonts()
    language = language_of(document)
    offer = said_in(language, offered(document))
    story = [*_head(document, language, by), _lines(language, offer), Spacer(1, 4 * mm)]
    story += [_sums(language, offer), Spacer(1, 8 * mm), _text(_terms(document, language), FAINT)]
    buffer = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    title = f"{say(language, 'quote')} {document.number}"
    SimpleDocTemplate(
        buffer, pagesize=A4, title=title, lang=language, invariant=1, **margins
    ).build(story)
    return buffer.getvalue()


def _head(document: DraftOrder, language: str, by: str) -> list[Flowable]:
    story: list[Flowable] = [_text(document.channel.name, FAINT)]
    story += [_text(f"{say(language, 'quote')} {document.number}", TITLE)]
    if document.quoted_at and document.valid_until:
        made, until = timezone.localdate(document.quoted_at), last_day(document.valid_until)
        story.append(_text(say(language, "dated", made=made, until=until)))
    story += [Spacer(1, 6 * mm), *(_text(line) for line in _address(document, by))]
    if place := document.pickup_location:
        where = f"{place.name}, {place.postcode} {place.city}"
        story.append(_text(f"{say(language, 'collected')} {where}"))
    return [*story, Spacer(1, 8 * mm)]


def _address(document: DraftOrder, by: str) -> list[str]:
    if document.subject is None:
        return []
    what = f"orders.draftorder {document.number}"
    opened = customers.disclose(document.subject, document.sealed, CONTEXT, by=by, what=what)
    contact, parts = opened.get("contact", {}), opened.get("billing_address", {})
    town = f"{parts.get('postcode', '')} {parts.get('city', '')}".strip()
    names = dict.fromkeys((contact.get("company"), contact.get("name"), parts.get("name")))
    rows = (*names, parts.get("line1"), parts.get("line2"), town, parts.get("country"))
    return [row for row in rows if row]


def _lines(language: str, offer: dict[str, Any]) -> Table:
    titles = [say(language, name) for name in ("product", "units", "price", "sum")]
    rows: list[list[Any]] = [
        [_text(titles[0], FAINT), *(_text(title, RIGHT) for title in titles[1:])]
    ]
    for line in offer["lines"]:
        less = say(language, "less", amount=line["discount"]) if line["discount"] else ""
        off = f"<br/>{escape(less)}" if less else ""
        price = Paragraph(escape(line["unit_price"]) + off, RIGHT)
        sku = f"<font size=7.5>{escape(line['sku'])}</font>"
        name = Paragraph(f"{escape(line['name'])}<br/>{sku}", TEXT)
        units = format_decimal(line["quantity"], locale=language)
        rows.append([name, _text(units, RIGHT), price, _text(line["total"], RIGHT)])
    return Table(rows, colWidths=WIDTHS, style=RULES, repeatRows=1)


def _sums(language: str, offer: dict[str, Any]) -> Table:
    rows = [
        [_text(charge["name"], RIGHT), _text(charge["total"], RIGHT)] for charge in offer["charges"]
    ]
    rows.append([_text(say(language, "tax"), RIGHT), _text(offer["tax"], RIGHT)])
    rows.append([_text(say(language, "total"), TOTAL), _text(offer["total"], TOTAL)])
    style = TableStyle([("RIGHTPADDING", (-1, 0), (-1, -1), 0)])
    return Table(rows, colWidths=[sum(WIDTHS[:3]), WIDTHS[3]], style=style)


def _terms(document: DraftOrder, language: str) -> str:
    if document.valid_until is None:
        return say(language, "draft")
    return f"{stock_said(language, document)} {say(language, 'how')}"


def _text(value: object, style: ParagraphStyle = TEXT) -> Paragraph:
    """A paragraph in which what people typed stays text."""
    return Paragraph(escape(str(value)), style)
