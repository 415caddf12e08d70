"""Carriers."""

from fulfillment.models import Carrier, FulfillmentOrder, Shipment
from fulfillment.queries.pickup import CARRIER

LATELY = 500  # shipments looked at for what is usual


def carriers() -> list[tuple[str, str]]:
    """Code and name of every carrier that parcels can be handed to now."""
    rows = Carrier.objects.filter(is_active=True).exclude(code=CARRIER).order_by("name")
    return list(rows.values_list("code", "name"))


def carrier_services() -> list[tuple[str, str]]:
    """Services of the carriers that parcels can be handed to now, each with its carrier's name."""
    rows = Carrier.objects.filter(is_active=True).exclude(code=CARRIER).order_by("name")
    return [(name, row.name) for row in rows for name in row.service_names]


def usual_carrier(document: FulfillmentOrder) -> tuple[str, str]:
    """Code of the carrier of the latest shipment to the country, and its service; empty if none.

    Looks at the last LATELY shipments of all, so that it costs the same however many there are.
    """
    lately = Shipment.objects.exclude(carrier__code=CARRIER).order_by("-pk")
    rows = lately.values_list("order__ship_country", "carrier__code", "service")[:LATELY]
    country = document.order.ship_country
    return next(((code, service) for there, code, service in rows if there == country), ("", ""))


def tracking_looks_odd(code: str, number: str) -> str:
    """Name of the carrier whose tracking numbers look different; empty if it fits or is unknown."""
    carrier = Carrier.objects.filter(code=code).first()
    return carrier.name if carrier and number and not carrier.knows(number) else ""
