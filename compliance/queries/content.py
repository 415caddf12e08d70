"""The content of an issued document in one canonical form, and its digest."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from compliance.models import Invoice, InvoiceLine
from customers.queries import unseal_fiscal

CONTEXT = "compliance.invoice.sealed"

_HEAD = (
    "number",
    "sequence",
    "kind",
    "source",
    "seller",
    "treatment",
    "territory",
    "place_of_supply",
    "currency",
    "net",
    "tax",
    "gross",
    "tax_groups",
    "notes",
    "issued_on",
    "supplied_on",
    "issued_at",
)
_LINE = (
    "position",
    "sku",
    "name",
    "hs_code",
    "quantity",
    "unit_price",
    "net",
    "category",
    "rate",
    "tax",
)


def digest_of(invoice: Invoice, lines: Iterable[InvoiceLine]) -> str:
    """SHA-256 of everything the document says; the buyer counts as ciphertext.

    Erasing the buyer's key therefore leaves the digest as it was. A due date counts where there is
    one, so that documents issued before there were any keep theirs.
    """
    content = {name: _plain(getattr(invoice, name)) for name in _HEAD} | {
        "order": invoice.order.number,
        "entity": invoice.entity.code,
        "fiscal_year": invoice.series.fiscal_year,
        "corrects": invoice.corrects.number if invoice.corrects else None,
        "buyer": hashlib.sha256(bytes(invoice.sealed or b"")).hexdigest(),
        **({"due_on": invoice.due_on.isoformat()} if invoice.due_on else {}),
        "lines": [{name: _plain(getattr(line, name)) for name in _LINE} for line in lines],
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_unchanged(invoice: Invoice) -> bool:
    """Whether the document still says what it said when it was issued."""
    lines = sorted(invoice.lines.all(), key=lambda line: line.position)
    return digest_of(invoice, lines) == invoice.digest


def buyer_of(invoice: Invoice) -> dict[str, Any]:
    """The buyer as on the document; empty once the legal retention has ended."""
    return unseal_fiscal(invoice.subject, invoice.sealed, CONTEXT)


def _plain(value: Any) -> Any:
    """A value in the one form that does not depend on the database it came from."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value
