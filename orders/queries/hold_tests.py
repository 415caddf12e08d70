"""Tests that lift holds by themselves: what each asks of an order, and what it saw.

A verdict is kept with the hold that it ended, so nothing in it is personal data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from customers import queries as customers
from oms.conditions import compiled, sentence
from oms.money import plain
from orders.enums import ReleaseTest
from orders.models import Hold, HoldType, Order, OrderLine
from orders.queries.balance import Balance
from orders.queries.exposure import exposures_of
from orders.queries.rules.facts import facts_of, kept
from orders.queries.rules.vocabulary import AFTERWARDS, asked
from orders.queries.sealing import CONTEXT
from orders.queries.terms import business_of, repeated_in
from orders.queries.validation import missing_parts


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as it is now, as far as tests look at it."""

    order: Order
    lines: Sequence[OrderLine]
    money: Balance
    now: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test found: whether the hold may end, in words and figures."""

    passed: bool
    said: str
    saw: dict[str, Any] = field(default_factory=dict)


def judge(hold: Hold, standing: Standing) -> Verdict:
    """Ask the test of the hold's type, read with it; a type without one never passes."""
    test = TESTS.get(hold.type.test)
    return test(hold, standing) if test else Verdict(passed=False, said="")


def test_words(kind: HoldType) -> str:
    """When a type's holds end by themselves; nothing where they do not."""
    if kind.test == ReleaseTest.CONDITION:
        return sentence(kind.conditions, AFTERWARDS)
    return str(kind.get_test_display()) if kind.test else ""


def _sku_known(_hold: Hold, standing: Standing) -> Verdict:
    unknown = sum(line.product_id is None for line in standing.lines)
    said = f"{unknown} lines have an unknown SKU" if unknown else "every SKU is known"
    return Verdict(not unknown, said, {"unknown_lines": unknown})


def _address_complete(_hold: Hold, standing: Standing) -> Verdict:
    order = standing.order
    values = customers.unseal(order.subject, order.sealed, CONTEXT)
    missing = missing_parts(values.get("shipping_address") or {})
    said = f"the address lacks {', '.join(missing)}" if missing else "the address is complete"
    return Verdict(not missing, said, {"missing": missing})


def _paid(_hold: Hold, standing: Standing) -> Verdict:
    money, currency = standing.money, standing.order.currency
    have = money.received + money.authorized + money.deferred
    said = f"{plain(have, currency)} of {plain(money.due, currency)} {currency} paid or promised"
    saw = {"due": plain(money.due, currency), "covered": plain(have, currency)}
    return Verdict(money.covers_due, said, saw)


def _credit_free(_hold: Hold, standing: Standing) -> Verdict:
    order = standing.order
    accounts = customers.credit_accounts(order.customer) if order.customer else []
    if not accounts:
        return Verdict(passed=True, said="the buyer has no credit limit")
    found = exposures_of(accounts, order.currency, waiting=order.pk)
    worst = min(found, key=lambda exposure: (not exposure.is_over, exposure.free))
    told = worst.figures
    said = f"{worst.account.name} owes {told['owed']} of at most {told['limit']} {order.currency}"
    return Verdict(not worst.is_over, said, told)


def _prepaid(_hold: Hold, standing: Standing) -> Verdict:
    money, currency = standing.money, standing.order.currency
    have = money.received + money.authorized
    said = f"{plain(have, currency)} of {plain(money.due, currency)} {currency} paid"
    saw = {"due": plain(money.due, currency), "paid": plain(have, currency)}
    return Verdict(have >= money.due, said, saw)


def _number_given(_hold: Hold, standing: Standing) -> Verdict:
    row = business_of(standing.order)
    number = row.purchase_order_number if row else ""
    other = repeated_in(row) if row and number else ""
    if not number:
        return Verdict(passed=False, said="it has no purchase order number", saw={"number": ""})
    said = f"{number} was used for {other}" if other else f"purchase order {number}"
    return Verdict(not other, said, {"number": number, "order": other})


def _due(hold: Hold, standing: Standing) -> Verdict:
    if hold.due_at is None:
        return Verdict(passed=False, said="it has no due time")
    come = hold.due_at <= standing.now
    said = "its time has come" if come else "its time has not come"
    return Verdict(come, said, {"due": hold.due_at.isoformat()})


def _condition(hold: Hold, standing: Standing) -> Verdict:
    tree = hold.type.conditions
    names = asked(tree)
    facts = facts_of([standing.order], standing.now, names)[standing.order.pk]
    passed = compiled(tree, AFTERWARDS)(facts)
    said = f"{sentence(tree, AFTERWARDS)}: {'yes' if passed else 'not yet'}"
    return Verdict(passed, said, kept(facts, names))


TESTS: dict[str, Callable[[Hold, Standing], Verdict]] = {
    ReleaseTest.SKU_KNOWN: _sku_known,
    ReleaseTest.ADDRESS_COMPLETE: _address_complete,
    ReleaseTest.PAID: _paid,
    ReleaseTest.CREDIT_FREE: _credit_free,
    ReleaseTest.PREPAID: _prepaid,
    ReleaseTest.NUMBER_GIVEN: _number_given,
    ReleaseTest.DUE: _due,
    ReleaseTest.CONDITION: _condition,
}
