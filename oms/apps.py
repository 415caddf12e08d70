"""App configuration."""

from django.apps import AppConfig


class OmsConfig(AppConfig):
    """Kernel and wiring."""

    name = "oms"
    verbose_name = "System"
