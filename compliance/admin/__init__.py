"""Compliance in the back office: the audit trail and privacy requests beside documents and rates."""

from compliance.admin import audit
from compliance.admin.privacy import PrivacyRequestAdmin

__all__ = ["PrivacyRequestAdmin", "audit"]
