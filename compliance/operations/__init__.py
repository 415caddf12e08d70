"""Acts of compliance, one file per noun."""

from compliance.operations.documents import (
    Goods,
    NoLegalEntity,
    NotInvoiced,
    issue_credit_note,
    issue_invoice,
    read_buyer,
)
from compliance.operations.privacy import (
    erase_subject,
    export_subject,
    extend_request,
    open_request,
    purge_fiscal_keys,
)

__all__ = [
    "Goods",
    "NoLegalEntity",
    "NotInvoiced",
    "erase_subject",
    "export_subject",
    "extend_request",
    "issue_credit_note",
    "issue_invoice",
    "open_request",
    "purge_fiscal_keys",
    "read_buyer",
]
