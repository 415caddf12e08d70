"""What rules look at beside orders: products and purchase orders, with what may be asked of them."""

from collections.abc import Iterator

from django.utils import timezone

from inventory.queries.watched import Watched, watched_products, watched_purchases
from oms.conditions import Field, fields_by_name
from orders.enums import RuleSubject

OF_PRODUCT = (
    Field("sku", "SKU", "text"),
    Field("goods_class", "Product class", "text"),
    Field("on_hand", "Units on hand", "number"),
    Field("available", "Units available", "number"),
    Field("quarantined", "Units in quarantine", "number"),
    Field("proposed", "Units proposed to be ordered", "number"),
    Field("preorder", "Sold as a pre-order", "flag"),
)
OF_PURCHASE = (
    Field("supplier", "Supplier", "text"),
    Field("deliver_to", "Deliver to", "text"),
    Field("late_days", "Lateness", "number", unit="days"),
    Field("missing", "Units not come yet", "number"),
    Field("currency", "Currency", "text"),
)
FIELDS = {
    RuleSubject.PRODUCT: fields_by_name(OF_PRODUCT),
    RuleSubject.PURCHASE_ORDER: fields_by_name(OF_PURCHASE),
}
WHOM = {  # completes "once a day for each ..."
    RuleSubject.PRODUCT: "product",
    RuleSubject.PURCHASE_ORDER: "purchase order on its way",
}


def watched(subject: str) -> Iterator[Watched]:
    """Everything that a rule of this subject looks at."""
    if subject == RuleSubject.PRODUCT:
        return watched_products()
    return watched_purchases(timezone.localdate())
