"""What the world is told of stock and supply, and how products and places are named to it."""

from collections.abc import Collection

from inventory.models import Location, Product, StockLevel
from oms.telling import Many, One, Rows, told

SKU = One("sku", "SKU of the product")
PRODUCT = One("product", "SKU of the product", "product")
PLACE = One("location", "code of the location", "location")
LOCATION = One("location", "code of the location")
REASON = One("reason", "code of the reason")
LINES = One("lines", "how many lines")
REFERENCE = One("reference", "number that the other side gave it")
SUPPLIER = One("supplier", "code of the supplier")
VERSION = One("version", "number of the version")
BEFORE = One("before", "until now")
AFTER = One("after", "from now on")
BASKET = Rows("units", "units by SKU", ("sku:product", "quantity"))
ORDERED = (SUPPLIER, LOCATION)
MOVED = (One("source", "location it leaves"), One("destination", "location it goes to"))
RECEIPT = (
    One("receipt", "number of the receipt"),
    LOCATION,
    REFERENCE,
    One("good", "units in good condition"),
    One("damaged", "damaged units"),
)
STATUS = One("status", "how the document stands now")
PROPOSAL = (
    One("product", "SKU of the product"),
    LOCATION,
    One("quantity", "units"),
    One("kind", "purchase or transfer"),
)
POSTED = (
    LOCATION,
    LINES,
    One("found", "units that are more than the book said"),
    One("missing", "units that are fewer"),
    One("value", "what the difference is worth"),
)
FENCE = (
    SKU,
    PLACE,
    One("channel", "code of the channel it is kept for", "channel"),
    One("group", "customer group it is kept for"),
    One("amount", "units kept"),
    One("share", "percent of what there was, if it was set so"),
)

TOLD = {
    "availability.changed": told(
        "a channel may sell more or fewer units of a product",
        SKU,
        One("quantity", "units it may sell now"),
        One("previous", "what it was told before"),
    ),
    "stock.increased": told(
        "locations have more to promise",
        Rows("levels", "which product, where", ("sku:product", "location:location")),
        One("cause", "what brought it"),
    ),
    "stock.corrected": told("a movement was undone by its opposite", PRODUCT, REASON),
    "stock.repaired": told("a copied figure was set to what its ledger says", PRODUCT),
    "stock.safety_stock_set": told("units are left at a location", PRODUCT, BEFORE, AFTER),
    "channel_safety_stock.set": told("a channel leaves units at every location", BEFORE, AFTER),
    "selling_limit.set": told(
        "a channel may sell so many units ahead",
        SKU,
        One("channel", "code of the channel", "channel"),
        One("kind", "backorder or preorder"),
        BEFORE,
        AFTER,
    ),
    "product.created": told("a product is new", One("fields", "what is said of it")),
    "product.changed": told("something else is said of it", One("fields", "what")),
    "product.supply_changed": told(
        "other units of it will arrive, or on another day",
        One("kind", "kind of document"),
        One("reference", "its number"),
    ),
    "product.tracking_set": told("its lots or serial numbers are kept, or no more", BEFORE, AFTER),
    "lot.created": told("a lot was met for the first time", PRODUCT, One("code", "its code")),
    "lot.held": told("nothing of a lot leaves", PRODUCT, REASON),
    "lot.released": told("it may leave again", PRODUCT, REASON),
    "fence.set": told("units are kept for a channel or a group of customers", *FENCE),
    "fence.changed": told("more or fewer are", *FENCE, BEFORE),
    "fence.lifted": told("no more are", *FENCE, One("freed", "units set free")),
    "fence.repaired": told("its figures were set to what their ledger says", SKU),
    "soft_reservation.opened": told(
        "units are set aside for a basket", One("token", "name of the basket"), BASKET
    ),
    "soft_reservation.changed": told("others are", One("token", "name of the basket"), BASKET),
    "soft_reservation.extended": told(
        "for longer", One("token", "name of the basket"), One("until", "until when")
    ),
    "soft_reservation.consumed": told(
        "an order took them",
        One("token", "name of the basket"),
        One("order", "number of the order"),
    ),
    "soft_reservation.released": told("they were given back", One("token", "name of the basket")),
    "soft_reservation.expired": told("nobody came in time", One("token", "name of the basket")),
    "purchase_order.drafted": told("goods are to be ordered", SUPPLIER, LINES),
    "purchase_order.rewritten": told("its lines are others now", LINES),
    "purchase_order.sent": told(
        "the supplier has it", *ORDERED, One("expected_on", "day of arrival")
    ),
    "purchase_order.confirmed": told("the supplier said yes", *ORDERED, REFERENCE),
    "purchase_order.received": told("goods of it came", *RECEIPT, STATUS),
    "purchase_order.receipt_undone": told(
        "a receipt was a mistake", One("receipt", "number of the receipt"), STATUS
    ),
    "purchase_order.closed": told(
        "no more is expected", *ORDERED, One("missing", "units that never came")
    ),
    "purchase_order.cancelled": told("it was withdrawn", *ORDERED),
    "goods_receipt.received": told("goods came that no document announced", *RECEIPT),
    "goods_receipt.undone": told("that was a mistake", RECEIPT[0], REFERENCE, REASON),
    "goods_receipt.cost_added": told(
        "freight, duty or the like was spread over its units",
        One("kind", "of cost"),
        One("amount", "how much"),
        One("expensed", "how much of it for units that are gone"),
    ),
    "transfer.requested": told(
        "units are to go to another location", *MOVED, One("units", "how many")
    ),
    "transfer.shipped": told("they are on their way", *MOVED, One("units", "how many")),
    "transfer.received": told("units of it came", *RECEIPT, STATUS),
    "transfer.discrepancy_settled": told(
        "what did not come is explained",
        *MOVED,
        One("outcome", "written off, or written back"),
        REASON,
        One("units", "how many"),
    ),
    "transfer.cancelled": told("it was called off", *MOVED),
    "supplier.offers_saved": told(
        "a supplier sells products at a price", Many("products", "their SKUs", "product")
    ),
    "supplier.offer_withdrawn": told("it sells one no more", PRODUCT),
    "replenishment.accepted": told("more of a product will be ordered or moved", *PROPOSAL),
    "replenishment.dismissed": told("a proposal to do so was turned down", *PROPOSAL),
    "count.planned": told("goods are to be counted", LOCATION, LINES, One("cause", "why")),
    "count.assigned": told("somebody is to do it"),
    "count.counting": told("somebody counts", LOCATION),
    "count.recount": told("some lines are counted again", LOCATION, LINES),
    "count.to_approve": told("differences wait for a decision", LOCATION),
    "count.line_added": told("one product more is counted", PRODUCT),
    "count.partly_posted": told(
        "differences of some lines are booked",
        *POSTED,
        One("waiting", "lines that wait for a decision"),
    ),
    "count.posted": told("all differences are booked", *POSTED),
    "count.cancelled": told("it ends without booking what is left", LOCATION),
    "inventory_report.posted": told(
        "what differed in a warehouse system's report is booked",
        LOCATION,
        REFERENCE,
        One("as_of", "moment of the report"),
    ),
    "location.classified": told("its products were sorted by turnover", One("levels", "how many")),
    "reason.added": told("there is a new reason code", One("code", "its code")),
    "reason.changed": told(
        "a reason code says something else", One("code", "its code"), One("is_active", "in use")
    ),
    "routing.drafted": told("routing rules are being written", VERSION),
    "routing.changed": told("they are others now", VERSION),
    "routing.activated": told("they are in force", VERSION),
    "routing.retired": told("they are not any more", VERSION),
}


def products_named(keys: Collection[int]) -> dict[int, str]:
    """SKUs of products."""
    return dict(Product.objects.filter(pk__in=keys).values_list("pk", "sku"))


def locations_named(keys: Collection[int]) -> dict[int, str]:
    """Codes of locations."""
    return dict(Location.objects.filter(pk__in=keys).values_list("pk", "code"))


def level_subjects(keys: Collection[int]) -> dict[int, dict[str, str]]:
    """What the subject of a stock level's event says: its SKU at its location's code."""
    rows = StockLevel.objects.filter(pk__in=keys).values_list(
        "pk", "product__sku", "location__code"
    )
    return {pk: {"id": f"{sku}@{code}", "sku": sku, "location": code} for pk, sku, code in rows}
