"""App configuration."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers."""

    name = "customers"
