"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class ComplianceConfig(AppConfig):
    """Compliance."""

    name = "compliance"

    def ready(self) -> None:
        """Forget the law kept in memory when this process changes a part of it."""
        from compliance.queries.law import forget

        for label in (
            "compliance.LegalEntity",
            "compliance.EntityLocation",
            "compliance.TaxRate",
            "inventory.Location",
        ):
            post_save.connect(forget, sender=label, dispatch_uid=f"law {label}")
            post_delete.connect(forget, sender=label, dispatch_uid=f"law {label}")
