"""Validation: small rules, each of which may say why an order should wait for a person.

No rule refuses an order. A rule reads a Candidate and gives a Finding, or nothing; `RULES` is the
list, in the order in which findings are shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from oms.money import plain
from orders.enums import HoldKind
from orders.models import Channel
from orders.queries.countries import is_country

NO_POSTCODE = frozenset({"AE", "AO", "BS", "HK", "IE", "MO", "PA", "QA", "UG", "ZW"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order about to be validated, with what the rules may look at."""

    channel: Channel
    address: dict[str, str]
    unknown_skus: tuple[str, ...]
    total: Decimal
    stated_total: Decimal | None
    twin: str  # number of a recent order of this buyer with the same lines
    credit_limit: Decimal | None
    outstanding: Decimal  # what the buyer owes before this order
    on_account: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an order should wait."""

    kind: str
    reason: str
    details: dict[str, Any] = field(default_factory=dict)


def unknown_sku(order: Candidate) -> Finding | None:
    """A SKU that is neither a product's nor a remembered alias of the channel."""
    if not order.unknown_skus:
        return None
    skus = ", ".join(order.unknown_skus[:5])
    return Finding(HoldKind.UNKNOWN_SKU, f"Unknown SKU: {skus}", {"skus": list(order.unknown_skus)})


def incomplete_address(order: Candidate) -> Finding | None:
    """A shipping address that a carrier would not accept."""
    if missing := missing_parts(order.address):
        return Finding(
            HoldKind.INCOMPLETE_ADDRESS,
            f"The shipping address lacks: {', '.join(missing)}",
            {"missing": missing},
        )
    return None


def price_mismatch(order: Candidate) -> Finding | None:
    """The channel's total differs from the sum of its lines and charges; its figures are kept."""
    if order.stated_total is None or order.stated_total == order.total:
        return None
    return Finding(
        HoldKind.PRICE_MISMATCH,
        f"The channel says {order.stated_total}, lines and charges make {order.total}",
        {"stated": str(order.stated_total), "computed": str(order.total)},
    )


def suspected_duplicate(order: Candidate) -> Finding | None:
    """The same buyer asked for the same lines a moment ago."""
    if not order.twin:
        return None
    return Finding(
        HoldKind.SUSPECTED_DUPLICATE,
        f"Same buyer and same lines as {order.twin}",
        {"twin": order.twin},
    )


def credit_limit(order: Candidate) -> Finding | None:
    """An order on account that would take the buyer over the credit limit."""
    if not order.on_account or order.credit_limit is None:
        return None
    currency = order.channel.currency
    owed = order.outstanding + order.total
    if owed <= order.credit_limit:
        return None
    told = f"{plain(owed, currency)}, the credit limit is {plain(Decimal(order.credit_limit), currency)}"
    return Finding(
        HoldKind.CREDIT_LIMIT,
        f"The buyer would owe {told}",
        {"owed": str(owed), "limit": str(order.credit_limit)},
    )


def review_limit(order: Candidate) -> Finding | None:
    """A total above the channel's review limit."""
    limit = order.channel.review_limit
    if limit is None or order.total <= limit:
        return None
    told = plain(Decimal(limit), order.channel.currency)
    total = plain(order.total, order.channel.currency)
    return Finding(
        HoldKind.REVIEW,
        f"The total of {total} is above the review limit of {told}",
        {"total": str(order.total), "limit": str(limit)},
    )


Rule = Callable[[Candidate], Finding | None]

RULES: tuple[Rule, ...] = (
    unknown_sku,
    incomplete_address,
    price_mismatch,
    suspected_duplicate,
    credit_limit,
    review_limit,
)


def findings(order: Candidate) -> list[Finding]:
    """Everything that speaks against letting the order go on."""
    return [finding for rule in RULES if (finding := rule(order))]


def missing_parts(address: dict[str, str]) -> list[str]:
    """Which parts of an address are missing or unknown, in words."""
    missing = [
        label
        for key, label in (("name", "name"), ("line1", "street"), ("city", "city"))
        if not address.get(key, "").strip()
    ]
    country = address.get("country", "")
    if not is_country(country):
        missing.append("country")
    elif not address.get("postcode", "").strip() and country not in NO_POSTCODE:
        missing.append("postcode")
    return missing
