"""Carriers."""

from fulfillment.models import Carrier
from fulfillment.queries.pickup import CARRIER


def carriers() -> list[tuple[str, str]]:
    """Code and name of every carrier that parcels can be handed to now."""
    rows = Carrier.objects.filter(is_active=True).exclude(code=CARRIER).order_by("name")
    return list(rows.values_list("code", "name"))
