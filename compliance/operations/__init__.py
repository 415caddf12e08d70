"""Acts of compliance, one file per noun."""

from compliance.operations.documents import (
    Goods,
    NoLegalEntity,
    NotInvoiced,
    issue_credit_note,
    issue_invoice,
    read_buyer,
)

__all__ = [
    "Goods",
    "NoLegalEntity",
    "NotInvoiced",
    "issue_credit_note",
    "issue_invoice",
    "read_buyer",
]
