"""App configuration."""

from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    """Fulfillment."""

    name = "fulfillment"
    verbose_name = "Fulfilment"
