"""An invoice or credit note as PDF: the same document gives the same bytes on every machine."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from compliance.adapters.paper import style
from compliance.enums import DocumentKind, TaxCategory
from compliance.models import Invoice, InvoiceLine
from compliance.queries.amounts import line_parts
from compliance.queries.law import tidy
from compliance.queries.territories import state_name
from oms.paper import load_fonts
from oms.sealed import ERASED

WIDTH = A4[0] - 2 * style.MARGIN
EXPORT_STATE = "96"
CITY_FIRST = frozenset({"GB", "IE", "IN", "US", "CA", "AU", "NZ"})  # before the postcode


def render(invoice: Invoice, buyer: dict[str, Any]) -> bytes:
    """The document on paper. `buyer` is the opened envelope, empty when erased."""
    load_fonts()
    buffer = BytesIO()
    lines = sorted(invoice.lines.all(), key=lambda line: line.position)
    paper = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=style.MARGIN - style.FRAME,
        rightMargin=style.MARGIN - style.FRAME,
        topMargin=style.MARGIN - style.FRAME,
        bottomMargin=style.BOTTOM,
        title=f"{_title(invoice)} {invoice.number}",
        author=invoice.seller["name"],
        invariant=1,
    )
    story = [
        _head(invoice),
        Spacer(0, 7 * mm),
        _parties(invoice, buyer),
        Spacer(0, 7 * mm),
        _lines(invoice, lines),
        Spacer(0, 4 * mm),
        KeepTogether([_totals(invoice), *_notes(invoice)]),
    ]
    paper.build(story, canvasmaker=_canvas_of(invoice))
    return buffer.getvalue()


def _title(invoice: Invoice) -> str:
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        return "Credit note"
    return "Tax invoice" if invoice.territory == "IN" else "Invoice"


def _head(invoice: Invoice) -> Table:
    seller = invoice.seller
    left = [
        _text(seller["name"], style.SELLER),
        _text(", ".join(_address(seller)), style.SMALL),
        _text(_registration(seller), style.SMALL),
    ]
    right = [_text(_title(invoice), style.TITLE), _text(invoice.number, style.NUMBER)]
    table = Table([[left, right]], colWidths=[WIDTH * 0.62, WIDTH * 0.38])
    table.setStyle(
        [
            *_flush(),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 1.2, style.ACCENT),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 9),
        ]
    )
    return table


def _parties(invoice: Invoice, buyer: dict[str, Any]) -> Table:
    ship_to = buyer.get("ship_to", {})
    bill = (
        [buyer.get("company", ""), buyer.get("name", ""), *_address(buyer)] if buyer else [ERASED]
    )
    if buyer.get("tax_id"):
        bill.append(f"{_id_word(buyer.get('country', ''))} {buyer['tax_id']}")
    columns = [
        _block("BILL TO", bill),
        _block("SHIP TO", [ship_to.get("name", ""), *_address(ship_to)] if buyer else [ERASED]),
        _facts(invoice),
    ]
    table = Table([columns], colWidths=[WIDTH * 0.32, WIDTH * 0.30, WIDTH * 0.38])
    table.setStyle([*_flush(), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table


def _facts(invoice: Invoice) -> Table:
    rows = [
        ("Date", _day(invoice.issued_on)),
        ("Date of supply", _day(invoice.supplied_on)),
        ("Order", invoice.order.number),
        ("Reference", invoice.source.partition(":")[2]),
    ]
    if invoice.due_on:
        rows.append(("Payable by", _day(invoice.due_on)))
    if invoice.corrects is not None:
        rows.append(("Corrects", f"{invoice.corrects.number}, {_day(invoice.corrects.issued_on)}"))
    if state := invoice.place_of_supply:
        name = "Outside India" if state == EXPORT_STATE else state_name(state)
        rows.append(("Place of supply", f"{name} ({state})"))
    cells = [[_text(label, style.SMALL), _text(value, style.TEXT)] for label, value in rows]
    table = Table(cells, colWidths=[WIDTH * 0.14, WIDTH * 0.24])
    table.setStyle(
        [*_flush(), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (0, -1), 2)]
    )
    return table


def _lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Table:
    codes = list(dict.fromkeys(group["code"] for group in invoice.tax_groups)) or ["VAT"]
    heads = ["#", "Description", "Quantity", "Unit price", "Net"]
    heads += [*codes, "Total"]
    rows = [
        [_text(head, style.HEAD if at < 2 else style.HEAD_RIGHT) for at, head in enumerate(heads)]  # noqa: PLR2004
    ]
    rows += [_line(invoice, line, codes) for line in lines]
    tax = 0.13 if len(codes) == 1 else 0.12
    widths = [0.05, 0, 0.1, 0.12, 0.12, *[tax] * len(codes), 0.13]
    widths[1] = 1 - sum(widths)
    table = Table(rows, colWidths=[WIDTH * width for width in widths], repeatRows=1)
    table.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BACKGROUND", (0, 0), (-1, 0), style.SHADE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, style.LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return table


def _line(invoice: Invoice, line: InvoiceLine, codes: Sequence[str]) -> list[Flowable]:
    details = [f"SKU {line.sku}" if line.sku else ""]
    if line.hs_code:
        details.append(f"{'HSN' if invoice.territory == 'IN' else 'HS'} {line.hs_code}")
    shown = " · ".join(detail for detail in details if detail)
    described: list[Flowable] = [_text(line.name, style.CELL)]
    if shown:
        described.append(_text(shown, style.SMALL))
    parts = line_parts(line, codes, invoice.currency)
    return [
        _text(str(line.position), style.CELL),
        described,
        _right(format_decimal(line.quantity, locale=_locale(invoice))),
        _right(_amount(invoice, line.unit_price)),
        _right(_amount(invoice, line.net)),
        *[
            [_right(_amount(invoice, amount)), _small_right(_per_cent(rate, line.category))]
            for rate, amount in parts
        ],
        _right(_amount(invoice, line.net + line.tax)),
    ]


def _totals(invoice: Invoice) -> Table:
    rows: list[list[Any]] = [[_text("Net", style.CELL), _right(_money(invoice, invoice.net))]]
    for group in invoice.tax_groups:
        rate = _per_cent(Decimal(group["rate"]), group["category"])
        base = _money(invoice, Decimal(group["base"]))
        amount = _money(invoice, Decimal(group["amount"]))
        rows.append([_text(f"{group['code']} {rate} on {base}", style.CELL), _right(amount)])
    credit = invoice.kind == DocumentKind.CREDIT_NOTE
    word = "Total credit" if credit else "Total"
    total = Paragraph(escape(_money(invoice, invoice.gross)), style.TOTAL_RIGHT)
    rows.append([_text(f"{word} {invoice.currency}", style.TOTAL), total])
    table = Table(rows, colWidths=[WIDTH * 0.34, WIDTH * 0.22], hAlign="RIGHT")
    table.setStyle(
        [
            ("LEFTPADDING", (0, 0), (-1, -1), 3),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("LINEABOVE", (0, -1), (-1, -1), 1.2, style.ACCENT),
            ("TOPPADDING", (0, -1), (-1, -1), 5),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ]
    )
    return table


def _notes(invoice: Invoice) -> list[Flowable]:
    if not invoice.notes:
        return []
    return [Spacer(0, 6 * mm), *[_text(note, style.TEXT) for note in invoice.notes]]


def _block(label: str, lines: Iterable[str]) -> list[Flowable]:
    shown = [line for line in lines if line]
    return [_text(label, style.LABEL), *[_text(line, style.TEXT) for line in dict.fromkeys(shown)]]


def _address(values: dict[str, Any]) -> list[str]:
    country = str(values.get("country", ""))
    town = [values.get("postcode", ""), values.get("city", "")]
    if country in CITY_FIRST:
        town.reverse()
    parts = [
        values.get("line1", ""),
        values.get("line2", ""),
        " ".join(part for part in town if part),
        values.get("region", ""),
        _country(country),
    ]
    return [part for part in parts if part]


@cache
def _country(code: str) -> str:
    """A country's name in English; what is no country stays as it is."""
    return str(Locale("en").territories.get(code, code))


def _registration(seller: dict[str, str]) -> str:
    return f"{_id_word(seller['country'])} {seller['tax_id']}" if seller["tax_id"] else ""


def _id_word(country: str) -> str:
    return "GSTIN" if country == "IN" else "VAT"


def _locale(invoice: Invoice) -> str:
    return "en_IN" if invoice.currency == "INR" else "en_GB"


def _money(invoice: Invoice, amount: Decimal) -> str:
    return format_currency(amount, invoice.currency, locale=_locale(invoice))


def _amount(invoice: Invoice, amount: Decimal) -> str:
    """Without the currency's sign; unit prices below a cent keep their decimals."""
    fewest = get_currency_precision(invoice.currency)
    most = max(fewest, 4 if amount != round(amount, fewest) else fewest)
    pattern = "#,##0" + ("." + "0" * fewest + "#" * (most - fewest) if most else "")
    pattern = "#,##,##0" + pattern[5:] if _locale(invoice) == "en_IN" else pattern
    return format_decimal(amount, format=pattern, locale=_locale(invoice))


def _per_cent(rate: Decimal, category: str) -> str:
    if category in {TaxCategory.STANDARD, TaxCategory.ZERO}:
        return f"{tidy(rate)} %"
    return f"{tidy(rate)} % ({category})"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _text(text: str, shape: Any) -> Paragraph:
    return Paragraph(escape(text), shape)


def _right(text: str) -> Paragraph:
    return Paragraph(escape(text), style.CELL_RIGHT)


def _small_right(text: str) -> Paragraph:
    return Paragraph(f'<para align="right">{escape(text)}</para>', style.SMALL)


def _flush() -> list[tuple[Any, ...]]:
    return [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-2, -1), 6),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ]


def _canvas_of(invoice: Invoice) -> type[Canvas]:
    """A canvas that knows the number of pages when it draws their feet."""

    class Numbered(Canvas):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (the library's name)
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._pages:
                self.__dict__.update(page)
                _foot(self, invoice, len(self._pages))
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Canvas, invoice: Invoice, pages: int) -> None:
    seller = invoice.seller
    parts = [seller["name"], *_address(seller), _registration(seller)]
    canvas.setStrokeColor(style.LINE)
    canvas.setLineWidth(0.4)
    canvas.line(style.MARGIN, 17 * mm, A4[0] - style.MARGIN, 17 * mm)
    canvas.setFillColor(style.GREY)
    canvas.setFont(style.REGULAR, 6.5)
    canvas.drawString(style.MARGIN, 12.5 * mm, " · ".join(part for part in parts if part))
    page = f"{invoice.number} · page {canvas.getPageNumber()} of {pages}"
    canvas.drawRightString(A4[0] - style.MARGIN, 8.5 * mm, page)
