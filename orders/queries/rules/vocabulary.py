"""What a rule may ask about an order. Nothing here is personal data: runs keep what they saw."""

from typing import Any

from django.db.models import TextChoices

from customers.queries import segment_choices
from oms.conditions import Field, builder, fields_by_name
from oms.words import sentence_case
from orders.enums import (
    FulfillmentStatus,
    PaymentMethod,
    PaymentStatus,
    RuleSubject,
    Stage,
)
from orders.queries.hold_types import hold_names
from orders.queries.rules.subjects import FIELDS


def _choices(kind: type[TextChoices]) -> tuple[tuple[str, str], ...]:
    """Values with labels that stand in the middle of a sentence."""
    return tuple((value, sentence_case(str(label))) for value, label in kind.choices)


# Known while an order is placed, without asking the database.
FIRST = (
    Field("channel", "Channel", "text"),
    Field("total", "Order total", "number"),
    Field("goods", "Value of goods", "number"),
    Field("currency", "Currency", "text"),
    Field("lines", "Lines", "number"),
    Field("units", "Units", "number"),
    Field("most_of_one", "Units of the largest line", "number"),
    Field("skus", "SKUs", "set"),
    Field("country", "Destination country", "text"),
    Field("region", "Destination region", "text"),
    Field("area", "Postcode area", "text"),
    Field("pickup", "Collected in a store", "flag"),
    Field("business", "Business customer", "flag"),
    Field("methods", "Payment methods", "set", choices=_choices(PaymentMethod)),
    Field("tags", "Tags", "set"),
    Field("priority", "Priority", "number"),
    Field("charges", "Shipping and other charges", "number"),
)  # fmt: skip
# Of the buyer: asked of customers, and only where a rule asks.
BUYER = (
    Field("customer_tags", "Customer tags", "set", folded=True),
    Field("customer_segments", "Customer segments", "set", choices=segment_choices),
)
# Known only while it is placed: addresses are sealed afterwards.
SEALED = (
    Field("billing_country", "Billing country", "text"),
    Field("billing_differs", "Billing country differs from shipping", "flag"),
    Field("address_lacks", "Missing in the address", "set"),
)
# Known once it is placed.
LATER = (
    Field("stage", "Stage", "choice", choices=_choices(Stage)),
    Field("stage_hours", "Time in this stage", "number", unit="hours"),
    Field("age_hours", "Age", "number", unit="hours"),
    Field("late_hours", "Lateness against the promised ship date", "number", unit="hours"),
    Field("payment", "Payment", "choice", choices=_choices(PaymentStatus)),
    Field("voided", "Payments given up", "number"),
    Field("failed_payments", "Payments given up or declined", "number"),
    Field("fulfilment", "Goods sent", "choice", choices=_choices(FulfillmentStatus)),
    Field("released", "Units with a location", "number"),
    Field("backordered", "Units without stock", "number"),
    Field("holds", "Open holds", "set", choices=hold_names),
    Field("customer_orders", "Earlier orders", "number"),
    Field("customer_spent", "Worth of earlier orders", "number"),
)  # fmt: skip
AT_PLACING = fields_by_name([*FIRST, *BUYER, *SEALED])
AFTERWARDS = fields_by_name([*FIRST, *BUYER, *LATER])
EVERY = {**AT_PLACING, **AFTERWARDS}
BY_SUBJECT = {RuleSubject.ORDER: EVERY, **FIELDS}
ANY = {
    name: field for fields in reversed(list(BY_SUBJECT.values())) for name, field in fields.items()
}
NOW_ONLY = frozenset(field.name for field in BUYER)  # in trials: nobody kept how they were

# Events that may wake a rule, as a person reads them.
EVENTS: dict[str, str] = {
    "order.placed": "an order is placed",
    "order.changed": "an order is changed",
    "order.held": "an order is put on hold",
    "order.hold_lifted": "a hold is lifted",
    "order.hold_escalated": "a hold is escalated",
    "order.tagged": "tags change",
    "order.priority_set": "the priority changes",
    "order.address_corrected": "the address is corrected",
    "order.payment_authorized": "a payment is authorised",
    "order.payment_captured": "money arrives",
    "order.payment_voided": "a payment is given up",
    "order.gateway_declined": "a gateway declines",
    "order.backordered": "stock is missing",
    "order.promise_changed": "the promise changes",
    "order.shipped": "goods are shipped",
    "order.delivered": "goods are delivered",
    "order.returned": "goods come back",
    "order.cancelled": "an order or line is cancelled",
}


def rules_builder() -> list[dict[str, Any]]:
    """The fields for a form, each with the subject that it can be asked of."""
    return [
        {**row, "subject": subject}
        for subject, fields in BY_SUBJECT.items()
        for row in builder(fields.values())
    ]


def vocabulary(moment: str, subject: str = RuleSubject.ORDER) -> dict[str, Field]:
    """The fields a rule of this moment may ask about."""
    if subject in FIELDS:
        return FIELDS[RuleSubject(subject)]
    return AT_PLACING if moment == "placing" else AFTERWARDS


def asked(tree: object) -> set[str]:
    """Names of the fields that a sound tree asks about."""
    if not isinstance(tree, dict):
        return set()
    if "field" in tree:
        return {tree["field"]}
    return {name for members in tree.values() for member in members for name in asked(member)}
