"""Words of the inventory app."""

from django.db import models


class LocationKind(models.TextChoices):
    """What kind of place holds stock."""

    WAREHOUSE = "warehouse"  # our own
    STORE = "store"  # sells over the counter as well
    THIRD_PARTY = "third_party"  # a logistics provider's
    SUPPLIER = "supplier"  # drop shipment


class StockCondition(models.TextChoices):
    """What state units at a location are in; each has its own counter and its own balance."""

    AVAILABLE = "available"  # good and countable: sellable or reserved; `on_hand`
    QUARANTINED = "quarantined"  # set apart until somebody has looked
    DAMAGED = "damaged"  # not sellable; waits to be scrapped


class MovementKind(models.TextChoices):
    """Why stock changed, or changed its condition."""

    RECEIVED = "received"  # from a supplier
    ISSUED = "issued"  # left with a shipment
    ADJUSTED = "adjusted"  # somebody says so, with a reason
    COUNTED = "counted"  # a count found another figure
    TRANSFERRED_OUT = "transferred_out"  # to another location
    TRANSFERRED_IN = "transferred_in"  # from another location
    RETURNED = "returned"  # came back from a customer
    SCRAPPED = "scrapped"  # written off: destroyed or given away
    QUARANTINED = "quarantined"  # set apart, not sellable until restored
    DAMAGED = "damaged"  # found damaged, not sellable
    RESTORED = "restored"  # out of quarantine or damage: good again
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


class CountStatus(models.TextChoices):
    """Life of a count."""

    PLANNED = "planned"  # waits for somebody to go and count
    COUNTING = "counting"  # somebody counts
    RECOUNT = "recount"  # differences above tolerance are counted by somebody else
    TO_APPROVE = "to_approve"  # differences wait for a decision and for posting
    POSTED = "posted"  # the ledger says what was found
    CANCELLED = "cancelled"


COUNT_MOVES: dict[str, set[str]] = {
    CountStatus.PLANNED: {CountStatus.COUNTING, CountStatus.CANCELLED},
    CountStatus.COUNTING: {
        CountStatus.RECOUNT,
        CountStatus.TO_APPROVE,
        CountStatus.POSTED,
        CountStatus.CANCELLED,
    },
    CountStatus.RECOUNT: {CountStatus.TO_APPROVE, CountStatus.POSTED, CountStatus.CANCELLED},
    CountStatus.TO_APPROVE: {CountStatus.RECOUNT, CountStatus.POSTED, CountStatus.CANCELLED},
    CountStatus.POSTED: set(),
    CountStatus.CANCELLED: set(),
}


class CountCause(models.TextChoices):
    """Why something is counted."""

    CYCLE = "cycle"  # its turn has come
    REQUESTED = "requested"  # somebody wants to know
    REJECTED = "rejected"  # a location could not supply what the figure says


class CountLineState(models.TextChoices):
    """Where one line of a count stands."""

    TO_COUNT = "to_count"
    TO_RECOUNT = "to_recount"  # by somebody who did not count it before
    TO_APPROVE = "to_approve"  # above tolerance, twice or more
    APPROVED = "approved"  # will be posted
    KEPT = "kept"  # the book figure stays, for a reason that is written down
    MATCHED = "matched"  # found what the book says
    POSTED = "posted"  # the difference is in the ledger


class AbcClass(models.TextChoices):
    """How much a stock level matters: A carries most of what is issued."""

    A = "A"
    B = "B"
    C = "C"


class AbcMeasure(models.TextChoices):
    """By what the classes are told apart."""

    VALUE = "value"  # issued units at cost
    QUANTITY = "quantity"  # issued units


class SoftPurpose(models.TextChoices):
    """What units are set aside for."""

    CART = "cart"  # a buyer at a checkout: minutes
    QUOTE = "quote"  # an offer that a customer thinks about: days


class SoftState(models.TextChoices):
    """Life of a soft reservation."""

    OPEN = "open"  # its units are kept
    CONSUMED = "consumed"  # an order was placed with it
    RELEASED = "released"  # given up by whoever asked for it
    EXPIRED = "expired"  # nobody came in time
