"""Acts of compliance, one file per noun."""

from compliance.operations.documents import (
    Goods,
    NoLegalEntity,
    NotInvoiced,
    goods_of,
    issue_credit_note,
    issue_for,
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
from compliance.operations.rates import BadRate, load_rates

__all__ = [
    "BadRate",
    "Goods",
    "NoLegalEntity",
    "NotInvoiced",
    "erase_subject",
    "export_subject",
    "extend_request",
    "goods_of",
    "issue_credit_note",
    "issue_for",
    "issue_invoice",
    "load_rates",
    "open_request",
    "purge_fiscal_keys",
    "read_buyer",
]
