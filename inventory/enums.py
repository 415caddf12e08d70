"""Words of the inventory app."""

from django.db import models


class LocationKind(models.TextChoices):
    """What kind of place holds stock."""

    WAREHOUSE = "warehouse"  # our own
    STORE = "store"  # sells over the counter as well
    THIRD_PARTY = "third_party"  # a logistics provider's
    SUPPLIER = "supplier"  # drop shipment


class MovementKind(models.TextChoices):
    """Why on-hand stock changed."""

    RECEIVED = "received"  # from a supplier
    ISSUED = "issued"  # left with a shipment
    ADJUSTED = "adjusted"  # somebody says so, with a reason
    COUNTED = "counted"  # a count found another figure
    TRANSFERRED_OUT = "transferred_out"  # to another location
    TRANSFERRED_IN = "transferred_in"  # from another location
    RETURNED = "returned"  # came back sellable
    SCRAPPED = "scrapped"  # destroyed
    QUARANTINED = "quarantined"  # set apart, not sellable
    CORRECTED = "corrected"  # undoes a wrong movement


class ReservationState(models.TextChoices):
    """Life of a reservation."""

    OPEN = "open"  # counts as reserved
    CONSUMED = "consumed"  # shipped
    RELEASED = "released"  # given back


class SupplyKind(models.TextChoices):
    """What kind of document says that stock will come."""

    PURCHASE_ORDER = "purchase_order"  # from a supplier
    TRANSFER = "transfer"  # from another location
    RETURN = "return"  # back from a customer
