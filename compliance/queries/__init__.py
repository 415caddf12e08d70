"""Questions of compliance, one file per noun."""

from compliance.queries.content import buyer_of, is_unchanged
from compliance.queries.documents import documents_of, order, undocumented
from compliance.queries.law import has_entity
from compliance.queries.ledger import invariants
from compliance.queries.taxes import assess_taxes

__all__ = [
    "assess_taxes",
    "buyer_of",
    "documents_of",
    "has_entity",
    "invariants",
    "is_unchanged",
    "order",
    "undocumented",
]
