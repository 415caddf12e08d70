"""Words of the orders app, and the moves that an order may make."""

from django.db import models


class OrderStatus(models.TextChoices):
    """Life of the document."""

    PLACED = "placed"  # asked for; being validated, allocated, paid
    CONFIRMED = "confirmed"  # handed to at least one location
    CLOSED = "closed"  # everything delivered or cancelled, nothing owed
    CANCELLED = "cancelled"  # nothing will be shipped


ORDER_MOVES: dict[str, set[str]] = {
    OrderStatus.PLACED: {OrderStatus.CONFIRMED, OrderStatus.CANCELLED},
    OrderStatus.CONFIRMED: {OrderStatus.CLOSED, OrderStatus.CANCELLED},
    OrderStatus.CLOSED: {OrderStatus.CONFIRMED},  # a return or replacement reopens it
    OrderStatus.CANCELLED: set(),
}


class DraftStatus(models.TextChoices):
    """Life of a draft."""

    OPEN = "open"  # being put together, or offered as a quote
    SUBMITTED = "submitted"  # an order was placed with its content
    DISCARDED = "discarded"  # nothing came of it


DRAFT_MOVES: dict[str, set[str]] = {
    DraftStatus.OPEN: {DraftStatus.SUBMITTED, DraftStatus.DISCARDED},
    DraftStatus.SUBMITTED: set(),
    DraftStatus.DISCARDED: set(),
}


class Stage(models.TextChoices):
    """Where in the pipeline an order stands; computed from facts."""

    PLACEMENT = "placement", "Placement"  # a draft
    VALIDATION = "validation", "Validation"  # a hold is open
    ALLOCATION = "allocation", "Allocation"  # waits for stock
    PAYMENT = "payment", "Payment"  # waits for money
    FULFILMENT = "fulfilment", "Fulfilment"  # a location is picking or packing
    SHIPPING = "shipping", "Shipping"  # on its way
    REPORTING = "reporting", "Reporting"  # done; counts in the books


# Stages of orders whose goods have not all left; and those of them that no location works on.
NOT_LEFT = ("validation", "allocation", "payment", "fulfilment")
WAITING = ("validation", "allocation", "payment")


class PaymentStatus(models.TextChoices):
    """Money received against money due."""

    NOT_DUE = "not_due", "Nothing due"  # nothing to pay, and nothing was paid
    UNPAID = "unpaid"  # nothing
    AUTHORIZED = "authorized"  # the whole is reserved on the payer's side
    PARTIALLY_PAID = "partially_paid"  # something
    PAID = "paid"  # exactly what is due
    OVERPAID = "overpaid"  # more than is due: refund
    REFUNDED = "refunded"  # everything went back


class FulfillmentStatus(models.TextChoices):
    """Goods sent against goods due."""

    UNFULFILLED = "unfulfilled"  # nothing has left
    PARTIALLY_SHIPPED = "partially_shipped"  # something has left
    SHIPPED = "shipped"  # everything due has left
    PARTIALLY_RETURNED = "partially_returned"  # something came back
    RETURNED = "returned"  # everything came back


class OverLimit(models.TextChoices):
    """What becomes of an order that would pass a limit on backorders or pre-orders."""

    REFUSE = "refuse", "Refuse the order"
    HOLD = "hold", "Take it and let a person decide"


class HoldKind(models.TextChoices):
    """Codes of the hold types that ship; people add types of their own (`orders.models.HoldType`)."""

    UNKNOWN_SKU = "unknown_sku", "Unknown SKU"  # map it to a product
    INCOMPLETE_ADDRESS = "incomplete_address"  # complete the address
    UNKNOWN_SHIPPING = "unknown_shipping", "Unknown shipping method"  # say which of ours it is
    INCOMPLETE_CONTACT = "incomplete_contact"  # an e-mail address that cannot be one
    TAX_ID = "tax_id", "Tax ID"  # one that cannot be one; it is taxed as without
    PRICE_MISMATCH = "price_mismatch"  # the channel's figures do not add up
    SUSPECTED_DUPLICATE = "suspected_duplicate"  # same buyer, same lines, short time
    CREDIT_LIMIT = "credit_limit"  # would owe more than allowed
    REVIEW = "review"  # amount over the channel's review limit
    FRAUD = "fraud"  # somebody or something suspects fraud
    CUSTOMER_REQUEST = "customer_request"  # the buyer asked to wait
    OUT_OF_STOCK = "out_of_stock"  # location rejected and nothing else can serve
    ROUTING = "routing", "Routing decision"  # a person decides from where it is served
    PAYMENT = "payment", "Payment lost"  # an authorisation ended before the money was taken
    APPROVAL = "approval", "Approval by the company"  # beyond what its buyer may order
    PURCHASE_ORDER = "purchase_order", "Purchase order number"  # missing, or used before
    PREPAYMENT = "prepayment"  # its terms want money first
    REFERENCE_TAKEN = "reference_taken", "Payment of another order"  # by the gateway's reference
    OTHER = "other"  # see the reason
    REMORSE = "remorse", "Time to change one's mind"  # the channel's window after placing
    CANCELLING = "cancelling", "Being cancelled"  # somebody asked; it can still be undone
    AWAITS_RETURN = (
        "awaits_return",
        "Awaits a return",
    )  # a replacement that leaves when goods are here


BY_SYSTEM = (HoldKind.REMORSE, HoldKind.CANCELLING)  # placed and ended by operations alone


class ReleaseTest(models.TextChoices):
    """What lifts a hold by itself."""

    SKU_KNOWN = "sku_known", "Every SKU is known"
    ADDRESS_COMPLETE = "address_complete", "Address complete"
    PAID = "paid", "Paid or authorised"
    CREDIT_FREE = "credit_free", "Within the credit limit"
    PREPAID = "prepaid", "Paid or authorised, promises not counted"
    NUMBER_GIVEN = "number_given", "Purchase order number given and new"
    DUE = "due", "Its due time has come"
    CONDITION = "condition", "A condition of its own"


# Tests whose answer changes without anything happening to the order; a chore asks them.
ASKED_AGAIN = (ReleaseTest.CREDIT_FREE, ReleaseTest.DUE, ReleaseTest.CONDITION)


class LiftedBy(models.TextChoices):
    """Who may lift a hold."""

    ANYONE = "anyone", "Whoever may lift holds"
    OWNERS = "owners", "The group that looks after it"
    NOBODY = "nobody", "Nobody: its test lifts it"


class ChargeKind(models.TextChoices):
    """What is charged beside goods."""

    SHIPPING = "shipping"
    HANDLING = "handling"
    GIFT_WRAP = "gift_wrap"
    COD_FEE = "cod_fee", "COD fee"
    FEE = "fee"
    DISCOUNT = "discount"  # negative
    RETURN = "return"  # negative: credit for goods that came back
    RETURN_FEE = "return_fee", "Return fee"  # taken off such a credit
    NOT_RETURNED = "not_returned", "Not returned"  # credited before, and never sent back
    ADJUSTMENT = "adjustment"  # either sign
    ROUNDING = "rounding"  # either sign, below one minor unit per line


# Written by returns alone, and documented by their own credit notes and invoices.
RETURN_CHARGES = (ChargeKind.RETURN, ChargeKind.RETURN_FEE, ChargeKind.NOT_RETURNED)


class PaymentMethod(models.TextChoices):
    """How money comes in."""

    MANUAL = "manual"  # somebody recorded it
    CARD = "card"  # captured by the channel's gateway
    BANK_TRANSFER = "bank_transfer"
    CASH_ON_DELIVERY = "cash_on_delivery"
    ON_ACCOUNT = "on_account"  # payment terms
    STORE_CREDIT = "store_credit"  # a gift card, or what we owed the buyer
    WRITE_OFF = "write_off", "Written off"  # a small difference that nobody will ask for


# Methods that somebody may record; the others have acts of their own behind them.
RECORDED = [
    method
    for method in PaymentMethod
    if method not in {PaymentMethod.STORE_CREDIT, PaymentMethod.WRITE_OFF}
]


class CreditKind(models.TextChoices):
    """Who may spend store credit."""

    GIFT_CARD = "gift_card"  # whoever has its code
    STORE_CREDIT = "store_credit"  # one customer


class CreditEntryKind(models.TextChoices):
    """Why store credit became more or less."""

    ISSUED = "issued"  # sold, or given
    REDEEMED = "redeemed"  # paid for an order
    REFUNDED = "refunded"  # came back from an order
    EXPIRED = "expired"  # its time has passed


class Gateway(models.TextChoices):
    """Who holds card payments for us and moves them when asked."""

    STRIPE = "stripe"  # payments are its payment intents


class CapturePolicy(models.TextChoices):
    """When money that a gateway holds is taken."""

    PLACEMENT = "placement", "At placement"  # at once, unless a hold is open
    SHIPMENT = "shipment", "At shipment"  # what left, with its share of charges and tax
    BY_HAND = "by_hand", "By hand"  # by the button alone


class RequestState(models.TextChoices):
    """Life of what a gateway is asked for."""

    WAITING = "waiting"  # to be sent, or sent and not answered: tried again
    DONE = "done"  # the gateway did it
    DECLINED = "declined"  # the gateway will not; a person decides
    GIVEN_UP = "given_up"  # no answer for days; a person decides
    WITHDRAWN = "withdrawn"  # not sent any more: its order was cancelled
    OTHERWISE = "otherwise", "Done otherwise"  # a person moved the money another way


class TransactionKind(models.TextChoices):
    """What happened to money."""

    AUTHORIZE = "authorize"  # reserved on the payer's side
    CAPTURE = "capture"  # received
    REFUND = "refund"  # sent back
    VOID = "void"  # authorisation given up
    MOVED_OUT = "moved_out"  # received here, belongs to an order that was split off or merged
    MOVED_IN = "moved_in"  # received by that other order's payment
    REVERSED = "reversed", "Refund failed"  # a refund that came back: it was not sent after all
    UNDONE = "undone", "Booking undone"  # a receipt that was another order's, or nobody's


class BankLineState(models.TextChoices):
    """Where a line of a bank statement stands."""

    OPEN = "open"  # money that nobody has booked, or not all of it
    MATCHED = "matched", "Booked"  # all of it paid orders, or was a payout
    IGNORED = "ignored"  # nothing of ours; the reason says why
    WENT_OUT = "out", "Went out"  # money that left; kept for the record


class MatchedBy(models.TextChoices):
    """Who found out what a bank line pays."""

    REFERENCE = "reference", "By its reference"  # named in the line, and the exact amount
    PERSON = "person", "By a person"


class RemittanceOutcome(models.TextChoices):
    """What became of a parcel that a carrier collected for."""

    PAID = "paid"  # exactly what was to be collected
    SHORT = "short"  # less; the rest is still owed
    OVER = "over"  # more; the rest is the buyer's
    KNOWN = "known", "Known"  # booked from an earlier row
    NOTHING_DUE = "not_due", "Nothing due"  # the order is not cash on delivery, or has been paid
    MISSING = "missing", "No such parcel"  # no parcel with this number
    BROKEN = "broken", "Not readable"  # an amount or number that is none


class EntryKind(models.TextChoices):
    """What an entry of an order's statement tells."""

    PLACED = "placed"  # what was ordered
    SPLIT_OFF = "split_off", "Split off another order"  # what came over from it
    CHANGED = "changed"  # by an order change
    MOVED = "moved", "Moved to another order"  # units that are owed there now
    CANCELLED = "cancelled"  # what will not be supplied
    RETURNED = "returned"  # credit for goods that come back, less fees
    CHARGED_AGAIN = "charged_again", "Charged again"  # credited goods that never came
    CORRECTED = "corrected"  # by whatever else, such as a SKU that became known
    AUTHORIZED = "authorized", "Authorised"  # reserved by the payer; moves no balance
    CAPTURED = "captured", "Received"  # money that came
    REFUNDED = "refunded", "Refund paid"  # money that went back
    VOIDED = "voided", "Given up"  # authorisation or promise
    MOVED_OUT = "moved_out", "Payment moved to another order"
    MOVED_IN = "moved_in", "Payment moved from another order"
    REVERSED = "reversed", "Refund failed"  # the money is here again
    UNDONE = "undone", "Booking undone"  # it was booked here by mistake
    GRANTED = "granted", "Refund granted"  # decided; moves no balance until it is paid


class CancelReason(models.TextChoices):
    """Why an order or line is cancelled."""

    CUSTOMER = "customer"  # asked for it
    INVENTORY = "inventory"  # cannot be supplied
    FRAUD = "fraud"
    DECLINED = "declined"  # payment was refused
    EXPIRED = "expired"  # unpaid for too long
    STAFF = "staff"  # our mistake
    OTHER = "other"
    MOVED = "moved"  # not cancelled at all: the units are in another order now


GIVEN_REASONS = [reason for reason in CancelReason if reason != CancelReason.MOVED]


class OrderLinkKind(models.TextChoices):
    """How one order came out of another."""

    SPLIT = "split"  # units were split off into a new order
    MERGE = "merge"  # the whole order was merged into another
    EXCHANGE = "exchange"  # it replaces goods of this one


class PromiseReason(models.TextChoices):
    """Why an order got this promise."""

    PLACED = "placed"  # the first one
    SUPPLY_SLIPPED = "supply_slipped"  # what it waits for comes later
    SUPPLY_SOONER = "supply_sooner"  # what it waits for comes sooner
    SUPPLY_LOST = "supply_lost"  # what it waits for is no longer expected
    ALLOCATION_LOST = "allocation_lost"  # its stock was not there
    REORDERED = "reordered"  # somebody decided who is served first
    EXPEDITED = "expedited"  # somebody hurries it
    CUSTOMER_ASKED = "customer_asked"  # the buyer wants another day
    STAFF = "staff"  # somebody decided otherwise; see the note


class AllocationCriterion(models.TextChoices):
    """By what those who wait for the same product are put in line."""

    PRIORITY = "priority", "Priority"  # higher first
    PROMISE = "promise", "Promise date"  # earlier first
    AGE = "age", "Age"  # older first
    CHANNEL = "channel", "Channel"  # lower rank first


DEFAULT_POLICY = (
    AllocationCriterion.PRIORITY.value,
    AllocationCriterion.PROMISE.value,
    AllocationCriterion.AGE.value,
)


class ChangeStatus(models.TextChoices):
    """Life of an order change."""

    DRAFT = "draft"  # being put together; nothing has happened
    CONFIRMED = "confirmed"  # done, all of it at once
    DISCARDED = "discarded"  # nothing happened and nothing will


class ChangeStep(models.TextChoices):
    """One thing that an order change does."""

    ADD_LINE = "add_line"  # another product, or more of one at another price
    SET_QUANTITY = "set_quantity"  # of a line, in units wanted
    SET_PRICE = "set_price"  # per unit, of what has not shipped
    SET_DISCOUNT = "set_discount"  # of the whole line
    SET_ADDRESS = "set_address"  # where it goes; what was to be collected is sent there
    SET_PICKUP = "set_pickup"  # where the buyer collects it
    SET_TAX_ID = "set_tax_id"  # the buyer's, or that there is none
    ADD_CHARGE = "add_charge"  # or, negative, a reduction of the whole order
    REMOVE_CHARGE = "remove_charge"  # that no invoice shows
    SPLIT_OFF = "split_off"  # units of a line go into an order of their own
    MERGE_FROM = "merge_from"  # another order's units come into this one


class RuleMoment(models.TextChoices):
    """When a rule looks at an order."""

    PLACING = "placing", "While an order is placed"  # in the same transaction, before anything else
    EVENT = "event", "When something happens"  # right after its commit
    SCHEDULE = "schedule", "Again and again"  # at open orders; acts once on each


class RuleSubject(models.TextChoices):
    """What a rule looks at."""

    ORDER = "order", "Orders"
    PRODUCT = "product", "Products"  # by schedule, once a day each
    PURCHASE_ORDER = "purchase_order", "Purchase orders"  # the same


class RuleState(models.TextChoices):
    """Life of a version of a rule."""

    DRAFT = "draft"  # may change; acts on nothing
    ACTIVE = "active", "In force"  # acts
    RETIRED = "retired"  # was in force; kept because its runs point at it


class RuleOutcome(models.TextChoices):
    """How a run ended."""

    DONE = "done"  # every action was taken
    FAILED = "failed"  # an action was refused; the others were taken
    STOPPED = "stopped"  # the rule's own effects called it again


class RuleAction(models.TextChoices):
    """What a rule does to an order."""

    HOLD = "hold", "Put on hold"
    LIFT = "lift", "Lift holds"
    TAG = "tag", "Add a tag"
    UNTAG = "untag", "Remove a tag"
    PRIORITY = "priority", "Set the priority"
    ROUTE = "route", "Route by a tag"  # that routing rules ask about
    SHIP_WITH = "ship_with", "Choose the carrier"
    ASSIGN = "assign", "Assign an owner"
    TASK = "task", "Give a task"
    NOTIFY = "notify", "Write to the customer"  # in the words of a message template
    MAIL = "mail", "Mail a colleague"
    CANCEL = "cancel", "Cancel"
    CANCEL_LATER = "cancel_later", "Cancel after a time"
    TELL = "tell", "Tell by webhook"  # records order.rule_told, which endpoints can subscribe to
