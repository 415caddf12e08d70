"""What colleagues know of those who buy most: tags, notes, consents, and segments of customers."""

from typing import Any

from django.db.models import Count

from customers import operations as customers
from customers.enums import ConsentPurpose
from oms.conditions import leaf
from oms.demo import world

KNOWN = 40  # customers of whom something is known
NOTES = (
    "Wants everything in one parcel; a second one is refused at the door.",
    "Was sent a broken teapot in September. Another one went out the same day, and they were pleased.",
    "Orders for three shops. Ask which one an order is for before a return is approved.",
)
TAGS = ("vip", "trade fair", "press")
NEWS = "Yes, write to me about new products, at most once a month. I can stop it with one click."
SEGMENTS: dict[str, dict[str, Any]] = {
    "Regulars": {"all": [leaf("orders", "gte", "3")]},
    "Big spenders in pounds": {
        "all": [leaf("currency", "eq", "GBP"), leaf("lifetime_value", "gte", "1000")]
    },
    "Not seen for two months": {"all": [leaf("last_order_days", "gte", "60")]},
    "Sends much back": {"all": [leaf("returned_percent", "gte", "20")]},
    "May be written to": {"all": [leaf("consents", "has_any", ["marketing_email"])]},
}


def get_to_know() -> None:
    """Say it of the best buyers; what is there already stays as it is."""
    clerk, support = world.user_of("Operations"), world.user_of("Support")
    if not world.table("customers.CustomerNote").exists():
        for place, customer in enumerate(_best()):
            _say(customer, place, support)
    made = [
        customers.define_segment(name, conditions, by=clerk, note="As agreed with marketing")
        for name, conditions in SEGMENTS.items()
        if not world.table("customers.Segment").filter(name=name).exists()
    ]
    customers.fill_segments(version.segment_id for version in made)


def _best() -> list[Any]:
    orders = world.table("orders.Order").order_by().values_list("customer")
    counted = orders.annotate(count=Count("pk")).order_by("-count", "customer")
    keys = [key for key, _ in counted[:KNOWN] if key is not None]
    rows = world.table("customers.Customer").filter(subject__erased_at=None).in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def _say(customer: Any, place: int, by: str) -> None:
    if place < len(NOTES):
        customers.add_note(customer, by=by, text=NOTES[place])
    if place % len(TAGS) == 0 or place < len(TAGS):
        customers.tag_customer(customer, by=by, add=[TAGS[place % len(TAGS)]])
    if place % 2:
        return
    news: dict[str, Any] = {
        "source": "checkout of the shop",
        "wording": NEWS,
        "version": "newsletter 3",
    }
    customers.give_consent(customer, ConsentPurpose.MARKETING_EMAIL, by=by, **news)
    if place % 10 == 0:
        customers.withdraw_consent(
            customer, ConsentPurpose.MARKETING_EMAIL, by=by, source="phone call"
        )
