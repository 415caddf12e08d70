"""Rules that ship as templates: drafted by a click, then changed and tried before they act."""

from dataclasses import dataclass
from typing import Any

from oms.conditions import leaf
from orders.operations.rules.versions import Wording


@dataclass(frozen=True, slots=True)
class Template:
    """A rule to begin with: its name, what it is good for, and what it says."""

    name: str
    good_for: str
    wording: Wording


def _hold(kind: str, reason: str, **more: Any) -> dict[str, Any]:
    return {"do": "hold", "kind": kind, "reason": reason, **more}


def _tag(word: str) -> dict[str, Any]:
    return {"do": "tag", "tag": word}


def _mail(message: str) -> dict[str, Any]:
    return {"do": "mail", "to": "Operations", "message": message}


def _all(*leaves: dict[str, Any]) -> dict[str, Any]:
    return {"all": list(leaves)}


def _worth(about: int) -> dict[str, Any]:
    """A total of about so many euro, in whatever currency: round sums, to be edited."""
    sums = {"INR": about * 100, "JPY": about * 150}
    parts = [
        _all(leaf("currency", "eq", code), leaf("total", "gte", str(sums[code]))) for code in sums
    ]
    rest = _all(leaf("currency", "not_in", [*sums]), leaf("total", "gte", str(about)))
    return {"any": [rest, *parts]}


def _placing(conditions: dict[str, Any], *actions: dict[str, Any]) -> Wording:
    return Wording("placing", list(actions), conditions)


def _placed(conditions: dict[str, Any], *actions: dict[str, Any]) -> Wording:
    return Wording("event", list(actions), conditions, ["order.placed"])


def _every(minutes: int, conditions: dict[str, Any], *actions: dict[str, Any]) -> Wording:
    return Wording("schedule", list(actions), conditions, every_minutes=minutes)


def _things(
    subject: str, minutes: int, conditions: dict[str, Any], *actions: dict[str, Any]
) -> Wording:
    return Wording("schedule", list(actions), conditions, every_minutes=minutes, subject=subject)


TEMPLATES: dict[str, Template] = {
    "high_value": Template(
        "High-value review",
        "A person looks at expensive orders before they are released.",
        _placing(
            _worth(1_000),
            _hold("review", "High value: look before release", owner="Finance", due_hours=24),
        ),
    ),
    "countries_differ": Template(
        "Billing and shipping country differ",
        "A common sign of stolen cards.",
        _placing(
            _all(leaf("billing_differs", "yes"), _worth(200)),
            _hold("fraud", "Billing and shipping country differ", owner="Finance", due_hours=24),
        ),
    ),
    "payments_fail": Template(
        "Repeated failed payments",
        "Three payments of one order were given up, or declined by the gateway.",
        Wording(
            "event",
            [_hold("fraud", "Several payments of this order failed", owner="Finance")],
            _all(leaf("failed_payments", "gte", "3")),
            ["order.payment_voided", "order.gateway_declined"],
        ),
    ),
    "unpaid": Template(
        "Unpaid orders expire after 48 hours",
        "Stock goes back to those who pay.",
        _every(
            15,
            _all(
                leaf("payment", "in", ["unpaid"]),
                leaf("stage", "in", ["payment", "allocation"]),
                leaf("age_hours", "gte", "48"),
                leaf("methods", "has_none", ["on_account", "cash_on_delivery"]),
            ),
            {"do": "cancel", "reason": "expired"},
        ),
    ),
    "vip": Template(
        "Expedite good customers",
        "Those who bought often or much are served first.",
        _placed(
            {"any": [leaf("customer_orders", "gte", "10"), leaf("customer_spent", "gte", "5000")]},
            {"do": "priority", "value": 10},
            _tag("vip"),
        ),
    ),
    "stuck": Template(
        "Stuck in picking",
        "Handed to a location a day ago and not gone.",
        _every(
            30,
            _all(leaf("stage", "in", ["fulfilment"]), leaf("stage_hours", "gte", "24")),
            _tag("stuck"),
            {
                "do": "task",
                "title": "Find out why picking does not go on",
                "owner": "Warehouse",
                "due_hours": 4,
            },
        ),
    ),
    "address": Template(
        "Address incomplete",
        "The built-in check holds it; support gets the order, and a task to ask the buyer.",
        Wording(
            "event",
            [
                {"do": "assign", "owner": "Support"},
                {
                    "do": "task",
                    "title": "Ask the buyer for the full address",
                    "owner": "Support",
                    "due_hours": 4,
                },
            ],
            _all(leaf("holds", "has_any", ["incomplete_address"])),
            ["order.held"],
        ),
    ),
    "gift": Template(
        "Gift",
        "Tagged for the packing table.",
        _placed(_all(leaf("tags", "has_any", ["gift-wrap", "gift-message"])), _tag("gift")),
    ),
    "large": Template(
        "Large order",
        "A person decides whether it is split before a location begins.",
        _placing(
            {"any": [leaf("lines", "gte", "50"), leaf("units", "gte", "500")]},
            _hold("routing", "Large order: split it?", owner="Operations", due_hours=8),
        ),
    ),
    "late": Template(
        "Past the promised day",
        "Hurried; the customer and the channel are told.",
        _every(
            60,
            _all(leaf("late_hours", "gt", "0"), leaf("fulfilment", "in", ["unfulfilled"])),
            {"do": "priority", "value": 20},
            _tag("late"),
            {"do": "notify", "template": "delay"},
            {"do": "tell", "message": "Not shipped on the promised day"},
        ),
    ),
    "bulk_of_one": Template(
        "Many of one product",
        "Resellers buying up an offer.",
        _placing(
            _all(leaf("most_of_one", "gte", "25"), leaf("business", "no")),
            _hold("review", "Many units of one product", owner="Operations"),
        ),
    ),
    "low_stock": Template(
        "Low stock",
        "One mail and event a turn of products at their reorder point or sold out, each once a day.",
        _things(
            "product",
            60,
            {"any": [leaf("proposed", "gt", "0"), leaf("available", "lte", "0")]},
            _mail("At the reorder point, or sold out"),
            {"do": "tell", "message": "At the reorder point, or sold out"},
        ),
    ),
    "late_supplier": Template(
        "Late supplier",
        "One mail and event a turn of purchase orders past their day, each once a day.",
        _things(
            "purchase_order",
            120,
            _all(leaf("late_days", "gte", "1"), leaf("missing", "gt", "0")),
            _mail("The supplier is late"),
            {"do": "tell", "message": "The supplier is late"},
        ),
    ),
    "short": Template(
        "Waits for stock",
        "Told to the channel when an order cannot be served.",
        Wording(
            "event",
            [_tag("backorder"), {"do": "tell", "message": "Waits for stock"}],
            _all(leaf("backordered", "gt", "0")),
            ["order.backordered"],
        ),
    ),
}
