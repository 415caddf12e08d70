"""The quote as PDF: what is offered, to whom, at what price, until when."""

from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from customers import operations as customers
from oms import words
from oms.paper import BOLD, REGULAR, load_fonts
from oms.words import sentence_case
from orders.models import DraftOrder
from orders.queries.drafts import CONTEXT

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
    """The offer as it stands; the reading of the address is recorded, an erased one is left out."""
    load_fonts()
    story = [*_head(document, by), _lines(document), Spacer(1, 4 * mm), _sums(document)]
    story += [Spacer(1, 8 * mm), _text(_terms(document), FAINT)]
    buffer = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    title = f"Quote {document.number}"
    SimpleDocTemplate(buffer, pagesize=A4, title=title, invariant=1, **margins).build(story)
    return buffer.getvalue()


def _head(document: DraftOrder, by: str) -> list[Flowable]:
    story: list[Flowable] = [_text(document.channel.name, FAINT)]
    story += [_text(f"Quote {document.number}", TITLE)]
    if document.quoted_at and document.valid_until:
        made, until = (timezone.localtime(at) for at in (document.quoted_at, document.valid_until))
        story.append(_text(f"{made:%d %B %Y}, valid until {until:%d %B %Y}"))
    story += [Spacer(1, 6 * mm), *(_text(line) for line in _address(document, by))]
    if place := document.pickup_location:
        story.append(_text(f"To be collected at {place.name}, {place.postcode} {place.city}"))
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


def _lines(document: DraftOrder) -> Table:
    rows: list[list[Any]] = [
        [_text("Product", FAINT), *(_text(title, RIGHT) for title in ("Units", "Price", "Total"))]
    ]
    for line in document.lines.order_by("position"):
        off = f"<br/>less {words.money(line.discount, document.currency)}" if line.discount else ""
        price = Paragraph(words.money(line.unit_price, document.currency) + off, RIGHT)
        name = Paragraph(f"{escape(line.name)}<br/><font size=7.5>{escape(line.sku)}</font>", TEXT)
        total = _text(words.money(line.total, document.currency), RIGHT)
        rows.append([name, _text(f"{line.quantity:,}", RIGHT), price, total])
    return Table(rows, colWidths=WIDTHS, style=RULES, repeatRows=1)


def _sums(document: DraftOrder) -> Table:
    said = [
        (sentence_case(charge.description or charge.get_kind_display()), _charged(document, charge))
        for charge in document.charges.order_by("pk")
    ]
    rows = [[_text(label, RIGHT), _text(amount, RIGHT)] for label, amount in said]
    rows.append([_text("of which tax", RIGHT), _text(_money(document, document.tax_total), RIGHT)])
    rows.append([_text("Total", TOTAL), _text(_money(document, document.total), TOTAL)])
    style = TableStyle([("RIGHTPADDING", (-1, 0), (-1, -1), 0)])
    return Table(rows, colWidths=[sum(WIDTHS[:3]), WIDTHS[3]], style=style)


def _charged(document: DraftOrder, charge: Any) -> str:
    extra = 0 if document.price_includes_tax else charge.tax_amount
    return _money(document, charge.amount + extra)


def _money(document: DraftOrder, amount: Any) -> str:
    return words.money(amount, document.currency)


def _terms(document: DraftOrder) -> str:
    if document.valid_until is None:
        return "A draft, not an offer."
    return "Goods are not reserved by this quote. Accept it by the link that came with it."


def _text(value: object, style: ParagraphStyle = TEXT) -> Paragraph:
    """A paragraph in which what people typed stays text."""
    return Paragraph(escape(str(value)), style)
