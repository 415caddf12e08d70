"""Questions of compliance."""

from compliance.queries.taxes import assess_taxes

__all__ = ["assess_taxes"]
