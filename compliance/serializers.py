"""Issued documents as the API shows them; the buyer is on the PDF, whose reading is recorded."""

from datetime import date, datetime

import msgspec

from compliance.models import Invoice, InvoiceLine
from oms.money import plain
from oms.wire import message, utc


@message
class TaxGroupOut(msgspec.Struct):
    """Tax of one rate and part."""

    code: str
    category: str
    rate: str
    base: str
    amount: str


@message
class InvoiceLineOut(msgspec.Struct):
    """A line; `order_line` is the position in the order, empty for charges."""

    position: int
    order_line: int | None
    sku: str
    name: str
    hs_code: str
    quantity: int
    unit_price: str
    net: str
    category: str
    rate: str
    tax: str

    @classmethod
    def of(cls, line: InvoiceLine, currency: str) -> "InvoiceLineOut":
        """As the API shows it."""
        return cls(
            position=line.position,
            order_line=line.order_line.position if line.order_line else None,
            sku=line.sku,
            name=line.name,
            hs_code=line.hs_code,
            quantity=line.quantity,
            unit_price=plain(line.unit_price, currency),
            net=plain(line.net, currency),
            category=line.category,
            rate=format(line.rate.normalize(), "f"),
            tax=plain(line.tax, currency),
        )


@message
class InvoiceSummaryOut(msgspec.Struct):
    """An invoice or credit note in a list; amounts of credit notes are positive."""

    number: str
    kind: str
    order: str
    source: str
    corrects: str | None
    seller: str
    treatment: str
    territory: str
    currency: str
    net: str
    tax: str
    gross: str
    issued_on: date
    due_on: date | None
    supplied_on: date
    issued_at: datetime | None
    digest: str

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceSummaryOut":
        """As the API shows it."""
        return cls(**_head(invoice))


@message
class InvoiceOut(msgspec.Struct):
    """An invoice or credit note."""

    number: str
    kind: str
    order: str
    source: str
    corrects: str | None
    seller: str
    treatment: str
    territory: str
    currency: str
    net: str
    tax: str
    gross: str
    issued_on: date
    due_on: date | None
    supplied_on: date
    issued_at: datetime | None
    digest: str
    place_of_supply: str
    notes: list[str]
    tax_groups: list[TaxGroupOut]
    lines: list[InvoiceLineOut]

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceOut":
        """As the API shows it; lines are best prefetched with their order lines."""
        lines = sorted(invoice.lines.all(), key=lambda line: line.position)
        return cls(
            **_head(invoice),
            place_of_supply=invoice.place_of_supply,
            notes=invoice.notes,
            tax_groups=[TaxGroupOut(**group) for group in invoice.tax_groups],
            lines=[InvoiceLineOut.of(line, invoice.currency) for line in lines],
        )


def _head(invoice: Invoice) -> dict:
    currency = invoice.currency
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "order": invoice.order.number,
        "source": invoice.source.partition(":")[2],
        "corrects": invoice.corrects.number if invoice.corrects else None,
        "seller": invoice.entity.code,
        "treatment": invoice.treatment,
        "territory": invoice.territory,
        "currency": currency,
        "net": plain(invoice.net, currency),
        "tax": plain(invoice.tax, currency),
        "gross": plain(invoice.gross, currency),
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "supplied_on": invoice.supplied_on,
        "issued_at": utc(invoice.issued_at),
        "digest": invoice.digest,
    }
