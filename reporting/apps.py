"""App configuration."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Reporting."""

    name = "reporting"
