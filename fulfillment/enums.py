"""Words of the fulfillment app, and the moves that its documents may make."""

from django.db import models


class FulfillmentOrderStatus(models.TextChoices):
    """Life of the work that one location does for one order."""

    OPEN = "open"  # waits for the location
    ACCEPTED = "accepted"  # the location will do it; being picked
    PICKED = "picked"  # every unit is in the trolley
    PACKED = "packed"  # every unit is in a parcel
    READY_FOR_PICKUP = "ready_for_pickup"  # waits at the counter for its buyer
    SHIPPED = "shipped"  # handed to the carrier
    COLLECTED = "collected"  # handed to the buyer
    REJECTED = "rejected"  # the location cannot do it, see the reason
    CANCELLED = "cancelled"  # recalled before it left


FULFILLMENT_ORDER_MOVES: dict[str, set[str]] = {
    FulfillmentOrderStatus.OPEN: {
        FulfillmentOrderStatus.ACCEPTED,
        FulfillmentOrderStatus.REJECTED,
        FulfillmentOrderStatus.CANCELLED,
    },
    FulfillmentOrderStatus.ACCEPTED: {
        FulfillmentOrderStatus.PICKED,
        FulfillmentOrderStatus.SHIPPED,  # what is left was recalled or rejected
        FulfillmentOrderStatus.REJECTED,
        FulfillmentOrderStatus.CANCELLED,
    },
    FulfillmentOrderStatus.PICKED: {
        FulfillmentOrderStatus.PACKED,
        FulfillmentOrderStatus.SHIPPED,
        FulfillmentOrderStatus.REJECTED,
        FulfillmentOrderStatus.CANCELLED,
    },
    FulfillmentOrderStatus.PACKED: {
        FulfillmentOrderStatus.READY_FOR_PICKUP,
        FulfillmentOrderStatus.SHIPPED,
        FulfillmentOrderStatus.CANCELLED,
    },
    FulfillmentOrderStatus.READY_FOR_PICKUP: {
        FulfillmentOrderStatus.COLLECTED,
        FulfillmentOrderStatus.CANCELLED,  # nobody came, or it was recalled
    },
    FulfillmentOrderStatus.SHIPPED: set(),
    FulfillmentOrderStatus.COLLECTED: set(),
    FulfillmentOrderStatus.REJECTED: set(),
    FulfillmentOrderStatus.CANCELLED: set(),
}


class RejectReason(models.TextChoices):
    """Why a location cannot supply; decides what becomes of its stock figure."""

    NOT_IN_STOCK = "not_in_stock"  # on hand becomes what is really there: nothing to pick
    MISMATCH = "mismatch"  # fewer units than the figure says
    DAMAGED = "damaged"  # units are there, not sellable
    CAPACITY = "capacity"  # no time; stock is right
    CLOSED = "closed"  # location is closed; stock is right
    OTHER = "other"


class ShipmentStatus(models.TextChoices):
    """Where a shipment is; the order of the words is the order of time."""

    SHIPPED = "shipped"  # handed over
    IN_TRANSIT = "in_transit"  # the carrier has it
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"  # something is wrong; does not change progress
    DELIVERED = "delivered"  # received
    RETURNED_TO_SENDER = "returned_to_sender"  # undeliverable


class ReturnStatus(models.TextChoices):
    """Life of a return."""

    REQUESTED = "requested"  # somebody wants to send goods back
    APPROVED = "approved"  # may be sent
    DECLINED = "declined"  # may not
    WITHDRAWN = "withdrawn"  # the buyer keeps the goods after all
    EXPIRED = "expired"  # nothing was sent in time
    RECEIVED = "received"  # every unit has an outcome, or is waited for no more
    CLOSED = "closed"  # nothing is left to do


RETURN_MOVES: dict[str, set[str]] = {
    ReturnStatus.REQUESTED: {
        ReturnStatus.APPROVED,
        ReturnStatus.DECLINED,
        ReturnStatus.WITHDRAWN,
        ReturnStatus.CLOSED,  # refunded without goods
    },
    ReturnStatus.APPROVED: {
        ReturnStatus.RECEIVED,
        ReturnStatus.CLOSED,  # refunded without goods
        ReturnStatus.DECLINED,
        ReturnStatus.WITHDRAWN,
        ReturnStatus.EXPIRED,
    },
    ReturnStatus.RECEIVED: {ReturnStatus.CLOSED},
    ReturnStatus.DECLINED: set(),
    ReturnStatus.WITHDRAWN: set(),
    ReturnStatus.EXPIRED: {ReturnStatus.APPROVED},  # the goods come after all
    ReturnStatus.CLOSED: set(),
}


class Fault(models.TextChoices):
    """Whose doing it is that goods come back."""

    BUYER = "buyer"  # changed their mind: the policy's window, fee and label apply
    SELLER = "seller"  # broken, wrong, not as described: they come back whatever the policy says
    CARRIER = "carrier"  # lost time or broke it; for the buyer the same as the seller's fault


class ExchangeTiming(models.TextChoices):
    """When the replacement of an exchange may leave."""

    AT_ONCE = "at_once", "At once; charged if the goods never come"
    ON_RECEIPT = "on_receipt", "When the goods are here"


class ExchangeStatus(models.TextChoices):
    """Life of an exchange; each end says what became of the replacement."""

    OPEN = "open"  # reserved or sent, and the goods are on their way
    DONE = "done"  # the goods came
    REFUNDED = "refunded"  # it could not be supplied: the return is refunded
    CANCELLED = "cancelled"  # the goods never came, and it had not left
    CHARGED = "charged"  # goods never came, and what has left stays charged


EXCHANGE_MOVES: dict[str, set[str]] = {
    ExchangeStatus.OPEN: {
        ExchangeStatus.DONE,
        ExchangeStatus.REFUNDED,
        ExchangeStatus.CANCELLED,
        ExchangeStatus.CHARGED,
    },
    ExchangeStatus.DONE: set(),
    ExchangeStatus.REFUNDED: set(),
    ExchangeStatus.CANCELLED: set(),
    ExchangeStatus.CHARGED: set(),
}


class StandardReason(models.TextChoices):
    """Codes of the reasons that ship; the list is data and can be added to."""

    UNWANTED = "unwanted"  # changed mind
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    LATE = "late"
    UNDELIVERED = "undelivered"  # return to origin
    OTHER = "other"


class GoodsState(models.TextChoices):
    """In what state goods are, as the buyer says; the better the later."""

    USED = "used", "Used"
    UNUSED = "unused", "Unused, opened"
    UNOPENED = "unopened", "Unopened"


class LabelPayer(models.TextChoices):
    """Who pays the way back when the buyer has changed their mind."""

    SELLER = "seller", "Us"
    BUYER = "buyer", "The buyer, to the carrier"
    DEDUCTED = "deducted", "The buyer, taken off the refund"


class RefundTiming(models.TextChoices):
    """When the price of a unit is credited."""

    APPROVAL = "approval", "When the return is approved"
    RECEIPT = "receipt", "When the goods are here"
    INSPECTION = "inspection", "When quarantined goods were looked at"


class Outcome(models.TextChoices):
    """What becomes of a returned unit."""

    RESTOCK = "restock"  # sellable again
    QUARANTINE = "quarantine"  # set apart for a decision
    SCRAP = "scrap"  # destroyed
    SEND_BACK = "send_back"  # to the sender, not ours


class ClaimKind(models.TextChoices):
    """What a carrier did to a parcel."""

    LOST = "lost", "Lost"  # never arrived
    DAMAGED = "damaged", "Damaged"
    SHORT = "short", "Short"  # arrived, and something is missing from it
    LATE = "late", "Late"  # arrived, after the time that was agreed


class ClaimRemedy(models.TextChoices):
    """What the buyer gets at once, whatever the carrier says later."""

    NOTHING = "nothing", "Nothing yet"
    REFUND = "refund", "A refund without goods"
    REPLACEMENT = "replacement", "The same goods again, from stock"


class ClaimStatus(models.TextChoices):
    """Life of a claim against a carrier."""

    OPEN = "open"  # written down; the carrier does not know of it
    SENT = "sent"  # the carrier has it and owes an answer
    ACCEPTED = "accepted"  # it pays what was claimed
    PARTLY_ACCEPTED = "partly_accepted"  # it pays less
    DECLINED = "declined"  # it pays nothing
    PAID = "paid"  # everything it accepted is here
    WRITTEN_OFF = "written_off"  # nobody waits for the rest any more
    WITHDRAWN = "withdrawn"  # we do not claim it any more


CLAIM_MOVES: dict[str, set[str]] = {
    ClaimStatus.OPEN: {ClaimStatus.SENT, ClaimStatus.WITHDRAWN},
    ClaimStatus.SENT: {
        ClaimStatus.ACCEPTED,
        ClaimStatus.PARTLY_ACCEPTED,
        ClaimStatus.DECLINED,
        ClaimStatus.WITHDRAWN,
        ClaimStatus.WRITTEN_OFF,
    },
    ClaimStatus.ACCEPTED: {ClaimStatus.PAID, ClaimStatus.WRITTEN_OFF},
    ClaimStatus.PARTLY_ACCEPTED: {ClaimStatus.PAID, ClaimStatus.WRITTEN_OFF},
    ClaimStatus.DECLINED: {ClaimStatus.SENT, ClaimStatus.WITHDRAWN},  # with more evidence
    ClaimStatus.PAID: set(),
    ClaimStatus.WRITTEN_OFF: set(),
    ClaimStatus.WITHDRAWN: set(),
}
CLAIM_MOVES_BACK: dict[str, set[str]] = {  # only by taking back the entry that ended it
    ClaimStatus.PAID: {ClaimStatus.ACCEPTED, ClaimStatus.PARTLY_ACCEPTED},
    ClaimStatus.WRITTEN_OFF: {
        ClaimStatus.SENT,
        ClaimStatus.ACCEPTED,
        ClaimStatus.PARTLY_ACCEPTED,
    },
}


class ClaimEntryKind(models.TextChoices):
    """What moved in the ledger of claims."""

    RECEIVED = "received", "Received"  # from the carrier
    WRITTEN_OFF = "written_off", "Written off"  # it will not come
    UNDONE = "undone", "Undone"  # one of the others, taken back


class Convention(models.TextChoices):
    """By whose law a carrier's liability is limited, in special drawing rights a kilogram."""

    NONE = "", "None; only what the terms say"
    CMR = "cmr", "CMR (by road)"
    MONTREAL = "montreal", "Montreal (by air)"


class OriginReason(models.TextChoices):
    """Why a carrier brings a parcel back."""

    REFUSED = "refused", "Refused"  # the buyer did not take it
    ADDRESS_UNKNOWN = "address_unknown", "Address unknown"
    UNCOLLECTED = "uncollected", "Not collected"  # nobody fetched it from the shop or locker
    DAMAGED = "damaged", "Damaged on the way"
    OTHER = "other", "Other"


class OriginDecision(models.TextChoices):
    """What becomes of a parcel that came back."""

    WAITING = "waiting", "To be decided"
    HOLD = "hold", "Kept until later"
    RESHIP = "reship", "Sent once more"
    REFUND = "refund", "Refunded"
    SETTLED = "settled", "Made good before"


ORIGIN_MOVES: dict[str, set[str]] = {
    OriginDecision.WAITING: {
        OriginDecision.HOLD,
        OriginDecision.RESHIP,
        OriginDecision.REFUND,
    },
    OriginDecision.HOLD: {OriginDecision.RESHIP, OriginDecision.REFUND},
    OriginDecision.RESHIP: set(),
    OriginDecision.REFUND: set(),
    OriginDecision.SETTLED: set(),
}
