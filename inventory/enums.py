"""Words of the inventory app."""

from django.db import models


class LocationKind(models.TextChoices):
    """What kind of place holds stock."""

    WAREHOUSE = "warehouse"  # our own
    STORE = "store"  # sells over the counter as well
    THIRD_PARTY = "third_party"  # a logistics provider's
    SUPPLIER = "supplier"  # drop shipment


class Tracking(models.TextChoices):
    """How closely units of a product are told apart."""

    NONE = "none"  # by quantity alone
    LOT = "lot"  # by what was made together, with an expiry date where there is one
    SERIAL = "serial"  # every unit by its own number


class StockCondition(models.TextChoices):
    """What state units at a location are in; each has its own counter and its own balance."""

    AVAILABLE = "available"  # good and countable: sellable or reserved; `on_hand`
    QUARANTINED = "quarantined"  # set apart until somebody has looked
    DAMAGED = "damaged"  # not sellable; waits to be scrapped


COUNTERS = {  # condition -> the counter of a stock level that holds its units
    StockCondition.AVAILABLE: "on_hand",
    StockCondition.QUARANTINED: "quarantined",
    StockCondition.DAMAGED: "damaged",
}


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


class LimitKind(models.TextChoices):
    """How units are sold before they are there."""

    BACKORDER = "backorder"  # they were there, and will be again
    PREORDER = "preorder", "Pre-order"  # the product does not exist yet


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


class PurchaseOrderStatus(models.TextChoices):
    """Life of a purchase order."""

    DRAFT = "draft"  # being written; the supplier knows nothing
    SENT = "sent"  # the supplier has it; nothing has come
    PARTIALLY_RECEIVED = "partially_received"  # some units have come
    CLOSED = "closed"  # all has come, or no more is expected
    CANCELLED = "cancelled"  # withdrawn before anything came


PURCHASE_ORDER_MOVES = {
    PurchaseOrderStatus.DRAFT: {PurchaseOrderStatus.SENT, PurchaseOrderStatus.CANCELLED},
    PurchaseOrderStatus.SENT: {
        PurchaseOrderStatus.PARTIALLY_RECEIVED,
        PurchaseOrderStatus.CLOSED,
        PurchaseOrderStatus.CANCELLED,
    },
    PurchaseOrderStatus.PARTIALLY_RECEIVED: {PurchaseOrderStatus.CLOSED},
    PurchaseOrderStatus.CLOSED: set(),
    PurchaseOrderStatus.CANCELLED: set(),
}


class OverDelivery(models.TextChoices):
    """What to do with more units than were ordered."""

    REFUSE = "refuse"  # ask first; nothing is written
    ACCEPT = "accept"  # they stay, and stand on the order as over


class TransferStatus(models.TextChoices):
    """Life of a transfer between two locations."""

    REQUESTED = "requested"  # the source has not sent it
    SHIPPED = "shipped"  # on its way
    PARTIALLY_RECEIVED = "partially_received"  # some units have come
    RECEIVED = "received"  # every shipped unit has come, or its absence is explained
    CANCELLED = "cancelled"  # called off; what was on its way is explained


TRANSFER_MOVES = {
    TransferStatus.REQUESTED: {TransferStatus.SHIPPED, TransferStatus.CANCELLED},
    TransferStatus.SHIPPED: {
        TransferStatus.PARTIALLY_RECEIVED,
        TransferStatus.RECEIVED,
        TransferStatus.CANCELLED,
    },
    TransferStatus.PARTIALLY_RECEIVED: {TransferStatus.RECEIVED},
    TransferStatus.RECEIVED: set(),
    TransferStatus.CANCELLED: set(),
}


class MissingUnits(models.TextChoices):
    """What becomes of units that left their source and did not come."""

    WRITE_OFF = "write_off"  # they are lost; their value is an expense
    WRITE_BACK = "write_back"  # they are at the source again


class DiscrepancyReason(models.TextChoices):
    """Why units of a transfer did not come."""

    LOST = "lost"  # in transit
    DAMAGED = "damaged"  # destroyed in transit
    NEVER_LEFT = "never_left"  # they were found at the source
    RETURNED = "returned"  # the carrier brought them back
    MISCOUNTED = "miscounted"  # fewer were packed than the papers say
    CALLED_OFF = "called_off"  # the destination does not want them any more


class CostBasis(models.TextChoices):
    """Where the cost of units that came in is taken from."""

    STATED = "stated"  # the movement names a unit cost
    CARRIED = "carried"  # what they cost at the location they come from
    ISSUED = "issued"  # what they cost when they left with the order
    AVERAGE = "average"  # the mean of what is on hand
    LAST = "last"  # the last mean before nothing was left
    STANDARD = "standard"  # the cost on the product
    UNKNOWN = "unknown"  # none of these: valued at nothing until somebody says
    LANDED = "landed"  # freight, duty and the like on units that came before
    REPAIRED = "repaired"  # earlier releases made it worth less than nothing; put back


class LandedCostKind(models.TextChoices):
    """What was paid to bring goods in."""

    FREIGHT = "freight"
    DUTY = "duty"
    INSURANCE = "insurance"
    HANDLING = "handling"
    OTHER = "other"


class SpreadBy(models.TextChoices):
    """By what a landed cost is divided over the units of a receipt."""

    VALUE = "value"  # what the units cost
    WEIGHT = "weight"  # what the units weigh
    QUANTITY = "quantity"  # how many they are


class ReviewMethod(models.TextChoices):
    """When stock is looked at."""

    CONTINUOUS = "continuous"  # order a lot once the position is at the reorder point
    PERIODIC = "periodic"  # order up to a level every so many days


class LotRule(models.TextChoices):
    """How much is ordered at once under continuous review."""

    EOQ = "eoq", "Economic quantity"
    MIN_MAX = "min_max", "Minimum to maximum"  # up to the maximum once the minimum is reached
    FIXED = "fixed", "Fixed quantity"  # always the same quantity


class ProposalState(models.TextChoices):
    """Life of a replenishment proposal."""

    OPEN = "open"  # nobody has decided
    ACCEPTED = "accepted"  # it is a draft document now
    DISMISSED = "dismissed"  # somebody said no
    SUPERSEDED = "superseded"  # a later calculation stands in its place


class RuleSetState(models.TextChoices):
    """Life of a version of the routing rules."""

    DRAFT = "draft"  # may be changed; decides nothing
    ACTIVE = "active"  # decides
    RETIRED = "retired"  # decided once; kept for reading


class OnFailure(models.TextChoices):
    """What a routing rule does when it cannot serve everything."""

    NEXT = "next", "Try the next rule"
    SPLIT = "split", "Split into as many parcels as it takes"
    BACKORDER = "backorder", "Serve what it can; the rest waits for stock"
    HOLD = "hold", "Serve nothing; put the order on hold"
    QUEUE = "queue", "Serve nothing; queue it for a person"


class Verdict(models.TextChoices):
    """What came of a sourcing run."""

    COMPLETE = "complete"  # everything is served
    PARTIAL = "partial"  # some of it; the rest waits
    NONE = "none"  # nothing could be served
    HOLD = "hold"  # nothing was served, the rule asked for a hold
    QUEUE = "queue"  # nothing was served, the rule asked for a person


class Reach(models.TextChoices):
    """How far a parcel goes."""

    DOMESTIC = "domestic"  # within the location's country
    ABROAD = "abroad"  # to another country


class PromiseSource(models.TextChoices):
    """What promised units are made of."""

    STOCK = "stock"  # available now
    PURCHASE_ORDER = "purchase_order"  # from a supplier
    TRANSFER = "transfer"  # from another location
    RETURN = "return"  # back from a customer
    PREORDER = "preorder", "Pre-order"  # sold before it exists


class ReportStatus(models.TextChoices):
    """Life of an inventory report."""

    DRAFT = "draft"  # stated and compared; nothing is moved
    POSTED = "posted"  # its differences are in the ledger
    DISCARDED = "discarded"  # given up
