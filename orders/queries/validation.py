"""Validation: small rules, each of which may say why an order should wait for a person.

No rule refuses an order. A rule reads a Candidate and gives a Finding, or nothing; `RULES` is the
list, in the order in which findings are shown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from customers import queries as customers
from customers.enums import RepeatedNumber
from oms.countries import is_country
from oms.money import plain
from orders.enums import HoldKind
from orders.models import Business, Channel
from orders.queries.exposure import Exposure
from orders.queries.intake import shipping_words
from orders.queries.prices import Price
from orders.queries.spending import Spending
from orders.queries.tax_ids import is_tax_id
from orders.queries.terms import is_prepaid

NO_POSTCODE = frozenset({"AE", "AO", "BS", "HK", "IE", "MO", "PA", "QA", "UG", "ZW"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order about to be validated, with what the rules may look at."""

    channel: Channel
    address: dict[str, str]
    email: str
    shipping: str  # words of a way of shipping that nobody has named yet
    unknown_skus: tuple[str, ...]
    total: Decimal
    stated_total: Decimal | None
    twin: str  # number of a recent order of this buyer with the same lines
    on_account: bool
    exposures: tuple[Exposure, ...] = ()  # what those who are liable owe before this order
    business: Business | None = None
    number_needed: bool = False
    repeats: str = ""  # an earlier order of the company with the same purchase order number
    spending: Spending | None = None
    tax_id: str = ""
    off_list: tuple[tuple[str, Decimal, Price], ...] = ()  # SKU, stated price, that of the lists


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


def unknown_shipping(order: Candidate) -> Finding | None:
    """Words for a way of shipping that the channel is not known to use, where it has them checked."""
    if not order.shipping:
        return None
    reason = f"Unknown shipping method: {order.shipping}"
    return Finding(HoldKind.UNKNOWN_SHIPPING, reason, {"words": shipping_words(order.shipping)})


def incomplete_contact(order: Candidate) -> Finding | None:
    """An e-mail address that no mail can reach; a buyer who left none wants none."""
    if not order.email.strip() or customers.is_email(order.email):
        return None
    return Finding(HoldKind.INCOMPLETE_CONTACT, "The e-mail address of the buyer cannot be one")


def wrong_tax_id(order: Candidate) -> Finding | None:
    """A tax ID whose form or check digits are none of its country; the order is taxed as without."""
    country = order.address.get("country", "")
    if not order.tax_id.strip() or not is_country(country) or is_tax_id(order.tax_id, country):
        return None
    reason = f"The buyer's tax ID cannot be one of {country}; taxed as without one"
    return Finding(HoldKind.TAX_ID, reason, {"country": country})


def price_mismatch(order: Candidate) -> Finding | None:
    """The channel's total differs from the sum of its lines and charges; its figures are kept.

    So do, where a channel wants that, prices that differ from the price lists.
    """
    if order.stated_total is None or order.stated_total == order.total:
        return _off_list(order)
    currency = order.channel.currency
    stated, computed = (plain(each, currency) for each in (order.stated_total, order.total))
    return Finding(
        HoldKind.PRICE_MISMATCH,
        f"The channel says {stated} {currency}, lines and charges make {computed} {currency}",
        {"stated": str(order.stated_total), "computed": str(order.total)},
    )


def _off_list(order: Candidate) -> Finding | None:
    if not order.off_list:
        return None
    currency = order.channel.currency
    rows = [
        {
            "sku": sku,
            "stated": plain(stated, currency),
            "listed": plain(listed.unit_price, currency) if listed.unit_price is not None else "",
            "list": listed.price_list,
        }
        for sku, stated, listed in order.off_list
    ]
    first = rows[0]
    more = f" (and {len(rows) - 1} more lines)" if len(rows) > 1 else ""
    listed = f"{first['listed']} {currency}" if first["listed"] else "nothing"
    reason = f"{first['sku']} at {first['stated']} {currency}, the price list says {listed}{more}"
    return Finding(HoldKind.PRICE_MISMATCH, reason, {"lines": rows[:100]})


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
    """An order on account that would take the buyer, or the company, over the credit limit."""
    if not order.on_account:
        return None
    for exposure in order.exposures:
        if found := beyond_credit(exposure.more(order.total), order.total):
            return found
    return None


def beyond_credit(exposure: Exposure, total: Decimal) -> Finding | None:
    """Why an order of this total, which the exposure counts, has no credit."""
    if not exposure.is_over:
        return None
    details = {**exposure.figures, "total": plain(total, exposure.currency)}
    return Finding(HoldKind.CREDIT_LIMIT, exposure.words, details)


def purchase_order(order: Candidate) -> Finding | None:
    """A purchase order number that the company wants and did not get, or that it used before."""
    if order.business is None or order.business.company is None:
        return None
    company, number = order.business.company, order.business.purchase_order_number
    if order.number_needed and not number:
        reason = f"{company} orders by purchase order number only, and none was given"
        return Finding(HoldKind.PURCHASE_ORDER, reason)
    if order.repeats and company.repeated_number == RepeatedNumber.HOLD:
        reason = f"{company} used purchase order {number} before, for {order.repeats}"
        return Finding(HoldKind.PURCHASE_ORDER, reason, {"order": order.repeats})
    return None


def prepayment(order: Candidate) -> Finding | None:
    """Terms that want money before anything is released; its test lifts it when that is here."""
    if order.business is None or not is_prepaid(order.business.terms):
        return None
    reason = f"To be paid before release ({order.business.terms['name']})"
    return Finding(HoldKind.PREPAYMENT, reason)


def buyer_limit(order: Candidate) -> Finding | None:
    """An order beyond what its buyer may spend for the company, at once or in a period."""
    if order.spending is None or not (why := order.spending.beyond(order.total)):
        return None
    return Finding(HoldKind.APPROVAL, why, order.spending.figures(order.total))


def review_limit(order: Candidate) -> Finding | None:
    """A total above the channel's review limit."""
    limit = order.channel.review_limit
    if limit is None or order.total <= limit:
        return None
    currency = order.channel.currency
    told, total = (f"{plain(each, currency)} {currency}" for each in (Decimal(limit), order.total))
    return Finding(
        HoldKind.REVIEW,
        f"The total of {total} is above the review limit of {told}",
        {"total": str(order.total), "limit": str(limit)},
    )


Rule = Callable[[Candidate], Finding | None]

RULES: tuple[Rule, ...] = (
    unknown_sku,
    unknown_shipping,
    incomplete_address,
    incomplete_contact,
    wrong_tax_id,
    price_mismatch,
    suspected_duplicate,
    credit_limit,
    purchase_order,
    buyer_limit,
    prepayment,
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
