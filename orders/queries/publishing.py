"""What the world is told of orders and drafts, and how orders, lines and channels are named to it."""

from collections.abc import Collection
from typing import Any

from oms.telling import Many, One, Rows, told
from orders.models import Channel, Order, OrderLine

AMOUNT = One("amount", "the amount, in the order's currency")
CURRENCY = One("currency", "ISO 4217")
TOTAL = One("total", "what the buyer owes for it")
HOLD = One("hold", "id of the hold, as in `/orders/{number}/holds/{id}/`")
KIND = One("kind", "code of the hold's type")
PAYMENT = One("payment", "number of the payment")
METHOD = One("method", "card, bank_transfer, cash_on_delivery ...")
GATEWAY = (PAYMENT, One("gateway", "who holds it"), One("kind", "what was asked for"), AMOUNT)
CHANGE = One("change", "number of the change")
LINES = Rows("lines", "lines with their units", ("line:order_line", "quantity"))
UNITS = Rows(
    "units", "units by line and location", ("line:order_line", "location:location", "quantity")
)
PRODUCTS = Rows("products", "units by SKU", ("sku:product", "quantity"))
REFERENCE = One("reference", "number of the document that says so")
REVISION = One("revision", "how often it was revised, 1 at first")
REFUSAL = One("code", "code of the refusal")
RULE = One("rule", "name of the rule")
VERSION = One("version", "its version")
ABOUT = One("about", "kind of thing")
MET = One("count", "how many it met this time")
CODE_REASON = One("reason", "code of the reason")
ENDED = (
    AMOUNT,
    CURRENCY,
    CODE_REASON,
    One("whole", "true when nothing is left of the order"),
    LINES,
    PRODUCTS,
    One("change", "number of the change that did it, if one did"),
)
DRAFT = (REVISION, One("lines", "how many lines it has"), TOTAL, CURRENCY)

TOLD = {
    "draft.opened": told("somebody begins to put an order together", *DRAFT),
    "draft.revised": told("what it says is another now", *DRAFT),
    "draft.quoted": told(
        "it is offered to the buyer", One("valid_until", "last moment to accept"), TOTAL, CURRENCY
    ),
    "draft.quote_sent": told("the buyer gets the link of the quote", REVISION),
    "draft.quote_withdrawn": told("the offer stands no more"),
    "draft.quote_accepted": told("the buyer said yes", REVISION),
    "draft.quote_refused": told(
        "the buyer said yes, but no order could be placed", REVISION, REFUSAL
    ),
    "draft.stock_kept": told("units are set aside for it", One("until", "until when")),
    "draft.stock_given_back": told("they are not any more"),
    "draft.submitted": told(
        "an order was placed with it", One("order", "number of the order", "order")
    ),
    "draft.sent_back": told(
        "its company wants an order otherwise; this is to be changed and placed again",
        One("order_number", "number of the order that was declined"),
    ),
    "draft.discarded": told("nothing comes of it"),
    "order.placed": told(
        "an order came in",
        TOTAL,
        CURRENCY,
        One("units", "how many units it has"),
        One("lines", "how many lines it has"),
        One("day", "day of placing, UTC"),
        PRODUCTS,
    ),
    "order.held": told("something speaks against letting it go on", HOLD, KIND),
    "order.hold_lifted": told("that is settled", HOLD, KIND),
    "order.hold_escalated": told(
        "nobody settled it in time",
        HOLD,
        KIND,
        One("owner", "role that looked after it"),
        One("to", "role that does now"),
    ),
    "order.approval_asked": told(
        "somebody at its company is asked", HOLD, One("approver", "number of that customer")
    ),
    "order.approved": told("its company lets it go on", HOLD),
    "order.declined": told(
        "its company does not want it", HOLD, One("sent_back", "true when a draft was made of it")
    ),
    "order.decision_refused": told(
        "its company decided, but that could not be done",
        One("decision", "approve or decline"),
        REFUSAL,
    ),
    "order.purchase_order_set": told("its buyer's own number was given or corrected"),
    "price_list.prices_set": told(
        "prices of a list were set",
        One("added", "how many are new"),
        One("changed", "how many are others now"),
    ),
    "price_list.prices_removed": told(
        "prices of a product were taken out of a list", One("removed", "how many there were")
    ),
    "price_list.removed": told("there is no such list any more", One("prices", "how many it had")),
    "order.hold_claimed": told("somebody works on it", HOLD, KIND),
    "order.hold_given_back": told("nobody works on it any more", HOLD, KIND),
    "order.allocated": told("stock is reserved for units of it", UNITS),
    "order.rerouted": told("units are served from elsewhere now", UNITS),
    "order.backordered": told(
        "units wait for stock", LINES, One("first", "false when it was told before")
    ),
    "order.promise_changed": told(
        "it is promised for another time",
        One("promised_at", "ship by, now"),
        One("before", "ship by, until now"),
        One("arrives_on", "day on which the supply arrives"),
        CODE_REASON,
    ),
    "order.priority_set": told(
        "it has another priority", One("before", "priority before"), One("after", "priority now")
    ),
    "order.payment_promised": told("a payer promised money", PAYMENT, METHOD, AMOUNT),
    "order.payment_authorized": told("the payer's side reserved money", PAYMENT, METHOD, AMOUNT),
    "order.payment_captured": told("money came in", PAYMENT, METHOD, AMOUNT),
    "order.payment_voided": told("reserved money was given up", PAYMENT, METHOD, AMOUNT),
    "order.payment_moved_in": told("money came from another order", PAYMENT, METHOD, AMOUNT),
    "order.payment_moved_out": told("money went to another order", PAYMENT, METHOD, AMOUNT),
    "order.gateway_asked": told("the payment gateway was asked for something", *GATEWAY),
    "order.gateway_declined": told("the gateway said no", *GATEWAY),
    "order.gateway_unanswered": told(
        "the gateway did not answer", *GATEWAY, One("state", "waiting, or given_up")
    ),
    "order.gateway_done_otherwise": told(
        "what the gateway refused was done another way",
        *GATEWAY,
        METHOD,
        One("reference", "by which the money is found again"),
    ),
    "order.payment_undone": told("money was booked by mistake", PAYMENT, METHOD, AMOUNT),
    "order.refund_failed": told(
        "a refund was not sent after all; the money is here", PAYMENT, METHOD, AMOUNT
    ),
    "bank_account.columns_explained": told("what a bank's columns mean is known"),
    "bank_statement.sent": told(
        "a bank statement came", One("account", "code of the account"), One("form", "csv or camt")
    ),
    "bank_statement.read": told(
        "its lines are stored",
        One("lines", "how many it has"),
        One("known", "of them, from an earlier one"),
        One("matched", "booked by their reference"),
        One("failed", "true when it could not be read"),
    ),
    "bank_line.read": told("money moved", One("statement", "number of the statement")),
    "price_list.set": told(
        "for whom a price list is, and when", One("active", "false when it is out of force")
    ),
    "bank_line.booked": told(
        "it paid orders",
        One("how", "reference, or person"),
        One("orders", "numbers of the orders, each with its amount"),
    ),
    "bank_line.handed_over": told(
        "it is what a carrier handed over", One("remittances", "number and amount of each")
    ),
    "bank_line.forgotten": told("its payer was erased, and so was what it said"),
    "bank_line.undone": told("that was a mistake"),
    "bank_line.ignored": told("it is nothing that orders are owed"),
    "bank_line.paid_out": told(
        "a gateway paid out", One("gateway", "which"), One("fee", "what it kept")
    ),
    "remittance.sent": told("a carrier's remittance came", One("carrier", "its code")),
    "remittance.columns_explained": told("what a carrier's columns mean is known"),
    "remittance.read": told(
        "it is booked",
        One("rows", "parcels"),
        One("collected", "in all"),
        One("fees", "what the carrier keeps"),
        One("failed", "true when it could not be read"),
    ),
    "order.balance_written_off": told("a small rest is not asked for any more", AMOUNT),
    "order.confirmed": told("the first units were handed to a location"),
    "order.released": told("units were handed to locations", UNITS),
    "order.recalled": told("units were taken back from a location", UNITS),
    "order.rest_collected": told(
        "units that a location gave up wait for the next re-routing window",
        UNITS,
        One("until", "when it closes"),
    ),
    "order.withdrawn": told("units were taken back from a location and stay reserved", UNITS),
    "order.changed": told(
        "lines, prices, charges or the address are others now",
        CHANGE,
        One("steps", "kinds of its steps"),
    ),
    "order.split_off": told(
        "units of another order became this one",
        CHANGE,
        One("source", "number of the other order"),
        LINES,
    ),
    "order.merged": told(
        "another order's units are in this one now",
        CHANGE,
        One("source", "number of the other order"),
    ),
    "order.units_moved": told(
        "units left for another order, by a split or a merge",
        *ENDED,
        One("to", "number of the other order"),
    ),
    "order.cancelled": told("units, or all of it, will not be supplied", *ENDED),
    "order.cancellation_scheduled": told(
        "it will be cancelled at a time", One("at", "when"), CODE_REASON
    ),
    "order.cancellation_dropped": told("it will not"),
    "order.shipped": told("units have left", One("reference", "number of the shipment"), UNITS),
    "order.delivered": told("units have arrived", UNITS),
    "order.undelivered": told(
        "units will not arrive: they are lost, or come back",
        One("reference", "number of the shipment"),
        Rows("lines", "units by line, all of the order", ("line:order_line", "quantity")),
    ),
    "order.ready_for_pickup": told(
        "units wait at the counter",
        One("work", "number of the fulfilment order"),
        One("location", "code of the location", "location"),
        One("until", "last day"),
    ),
    "order.return_announced": told("the channel announced a return", REFERENCE, LINES),
    "order.return_offered": told("the buyer gets the link to the return page"),
    "order.returned": told("units came back", One("reference", "number of the return"), UNITS),
    "order.return_credited": told(
        "the price of returned units was given back, less fees",
        One("reference", "number of the return"),
        One("credit", "what is given back"),
        One("fee", "what is kept of it"),
        LINES,
    ),
    "order.return_charged": told(
        "what was credited and never came is charged again",
        One("reference", "number of the return"),
        AMOUNT,
    ),
    "order.exchanged": told(
        "another order is sent in place of returned units",
        One("reference", "number of the return"),
        One("replacement", "number of the other order"),
    ),
    "order.refund_granted": told("money will go back", AMOUNT, REFERENCE),
    "order.refund_paid": told("money went back", PAYMENT, METHOD, AMOUNT),
    "order.sku_remembered": told(
        "what the channel calls a product is remembered",
        One("sku", "the channel's word"),
        One("product", "SKU of the product", "product"),
    ),
    "order.sku_solved": told(
        "an unknown SKU is known now",
        One("sku", "the channel's word"),
        One("product", "SKU of the product", "product"),
    ),
    "order.prices_remembered": told(
        "prices of the channel's own were accepted for its later orders, too",
        Many("products", "SKUs", "product"),
    ),
    "order.country_remembered": told(
        "what the channel calls a country is remembered", One("country", "ISO 3166 code")
    ),
    "order.shipping_remembered": told(
        "what the channel calls a way of shipping is remembered",
        One("words", "the channel's words"),
        One("method", "ours"),
    ),
    "order.address_corrected": told("its address is another now"),
    "order.tagged": told(
        "its tags are others now", One("added", "tags put on"), One("removed", "tags taken off")
    ),
    "order.assigned": told("somebody else looks after it"),
    "order.carrier_chosen": told(
        "it is to go with a carrier", One("carrier", "code"), One("service", "code")
    ),
    "order.task_created": told("somebody is to do something about it", One("owner", "role")),
    "order.task_claimed": told("somebody works on that"),
    "order.task_given_back": told("nobody works on that any more"),
    "order.task_done": told("that is done"),
    "order.rule_ran": told("a rule acted on it", RULE, VERSION),
    "order.rule_stopped": told("a rule was stopped that called itself again", RULE, VERSION),
    "order.rule_told": told(
        "a rule tells you of it", RULE, One("message", "what the rule's author wrote")
    ),
    "order.rule_mailed": told("a rule writes to a colleague about it", RULE),
    "order.closed": told("delivered and paid"),
    "rule.drafted": told("a rule is being written", VERSION),
    "rule.activated": told("it is in force", VERSION),
    "rule.switched_off": told("it is not any more", VERSION),
    "rule.renamed": told(
        "it has another name", One("before", "name before"), One("after", "name now")
    ),
    "rule.moved": told(
        "it is asked at another place", One("before", "place before"), One("after", "place now")
    ),
    "rule.notified": told("a rule writes to the customer", RULE, One("template", "of the message")),
    "rule.mailed": told("a rule writes to colleagues", RULE, ABOUT, MET),
    "rule.told": told(
        "a rule tells you of products or purchase orders, in one event for up to 200",
        RULE,
        ABOUT,
        MET,
        One("labels", "their SKUs or numbers"),
        One("label", "the SKU or number, in events of earlier releases"),
        One("message", "what the rule's author wrote"),
    ),
    "hold_type.added": told("there is a new type of hold", One("code", "its code")),
    "hold_type.changed": told("a type of hold says something else", One("code", "its code")),
    "import.begun": told(
        "a file of orders is being read",
        One("dry_run", "true when nothing is placed"),
        One("size", "bytes"),
    ),
    "import.finished": told(
        "it was read",
        One("dry_run", "true when nothing was placed"),
        One("placed", "orders placed"),
        One("known", "orders that were here already"),
        One("failed", "orders left out"),
    ),
    "import.failed_rows_read": told("somebody took the rows that failed"),
    "import.upload_forgotten": told("the file was deleted"),
    "demo.loaded": told("the demo was loaded"),
}


def orders_named(keys: Collection[int]) -> dict[int, str]:
    """Numbers of orders."""
    return dict(Order.objects.filter(pk__in=keys).values_list("pk", "number"))


def lines_named(keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Order lines: place on the order, SKU and id as the channel sent them."""
    rows = OrderLine.objects.filter(pk__in=keys)
    return {
        pk: {"line": position, "sku": sku, "external_id": external_id}
        for pk, position, sku, external_id in rows.values_list(
            "pk", "position", "sku", "external_id"
        )
    }


def channels_named(keys: Collection[int]) -> dict[int, str]:
    """Codes of channels."""
    return dict(Channel.objects.filter(pk__in=keys).values_list("pk", "code"))


def order_subjects(keys: Collection[int]) -> dict[int, dict[str, str]]:
    """What the subject of an order's event says beside its number: the channel's own number."""
    rows = Order.objects.filter(pk__in=keys).values_list("pk", "external_id")
    return {pk: {"external_id": external_id} for pk, external_id in rows}
