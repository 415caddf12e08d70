"""Compliance in the back office: the audit trail and privacy requests beside documents and rates."""

from compliance.admin import audit
from compliance.admin.documents import InvoiceAdmin
from compliance.admin.privacy import PrivacyRequestAdmin
from compliance.admin.rates import LegalEntityAdmin, TaxRateAdmin

__all__ = ["InvoiceAdmin", "LegalEntityAdmin", "PrivacyRequestAdmin", "TaxRateAdmin", "audit"]
