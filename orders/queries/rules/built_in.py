"""The checks that are built in, as the page of rules lists them: what each looks at, and its hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orders.enums import HoldKind
from orders.queries import validation


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One check of new orders; it comes before every rule, and is set where `set_in` says."""

    check: Callable[[Any], Any]
    name: str
    says: str
    hold: str
    set_in: str = ""


BUILT_IN = (
    BuiltIn(
        validation.unknown_sku,
        "Unknown SKU",
        "A line names neither one of our products nor what this channel is known to call one.",
        HoldKind.UNKNOWN_SKU,
    ),
    BuiltIn(
        validation.unknown_shipping,
        "Unknown shipping method",
        "Where the channel is set to: nobody has named yet what it calls a way of shipping.",
        HoldKind.UNKNOWN_SHIPPING,
        "Channel: knows shipping methods; what was named is in Shipping aliases",
    ),
    BuiltIn(
        validation.incomplete_address,
        "Incomplete address",
        "The shipping address lacks a name, street, city, country, or a postcode where there are any.",
        HoldKind.INCOMPLETE_ADDRESS,
    ),
    BuiltIn(
        validation.incomplete_contact,
        "Incomplete contact",
        "The buyer's e-mail address cannot be one: it has no @, or spaces. No mail is sent to it.",
        HoldKind.INCOMPLETE_CONTACT,
    ),
    BuiltIn(
        validation.wrong_tax_id,
        "Tax ID",
        "The buyer's tax ID has another form or other check digits than those of its country: VAT "
        "numbers of the EU and the UK, Indian GSTINs. The order is taxed as without one.",
        HoldKind.TAX_ID,
    ),
    BuiltIn(
        validation.price_mismatch,
        "Price mismatch",
        "The total that the channel states differs from what its own figures add up to; or, where "
        "the channel is set to compare, a price differs from the price lists.",
        HoldKind.PRICE_MISMATCH,
        "Channel: compares prices; what was accepted is in Known prices",
    ),
    BuiltIn(
        validation.suspected_duplicate,
        "Suspected duplicate",
        "The same buyer ordered the same lines a short time before.",
        HoldKind.SUSPECTED_DUPLICATE,
        "Channel: duplicate window",
    ),
    BuiltIn(
        validation.credit_limit,
        "Credit limit",
        "On account, the buyer would owe more than they may.",
        HoldKind.CREDIT_LIMIT,
        "Customer or company: credit limit",
    ),
    BuiltIn(
        validation.purchase_order,
        "Purchase order number",
        "The buyer's company wants a number on every order, or has used this one before.",
        HoldKind.PURCHASE_ORDER,
        "Company: terms",
    ),
    BuiltIn(
        validation.buyer_limit,
        "Buyer's limit",
        "The order is more than its buyer may spend for the company; an approver decides.",
        HoldKind.APPROVAL,
        "Customer: role and limits",
    ),
    BuiltIn(
        validation.prepayment,
        "Prepayment",
        "The payment terms want money before anything is released.",
        HoldKind.PREPAYMENT,
        "Payment terms",
    ),
    BuiltIn(
        validation.review_limit,
        "Review limit",
        "The total is above what the channel lets through unseen.",
        HoldKind.REVIEW,
        "Channel: review limit",
    ),
)
