"""What bank lines say and which orders they may pay."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from django.db.models import Q, QuerySet
from stdnum import iso11649

from customers import queries as customers
from oms import sealed
from oms.money import ZERO, plain
from orders.enums import BankLineState, OrderStatus, PaymentStatus
from orders.models import BankLine, Order
from orders.queries.balance import Balance, balances

LINE = "orders.BankLine.sealed"
PAYER = "orders.PayerSearch.sealed"
MOST_WORDS = 200  # of one line that are looked up
SHORTEST, LONGEST = 4, 80
SHORTEST_DIGITS = 5  # so that a year is no order
MOST_PROPOSED = 8
MOST_OF_BUYER = 8  # orders of one buyer of which sums are tried
BY_AMOUNT = 30  # orders of the same amount that are looked at
UNPAID = (PaymentStatus.UNPAID, PaymentStatus.PARTIALLY_PAID)


@dataclass(frozen=True, slots=True)
class Part:
    """Of a line, this much would pay this order."""

    order: Order
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line may pay: `score` of 100, and why in a sentence."""

    parts: tuple[Part, ...]
    score: int
    why: str
    short: Decimal = ZERO  # what the order would still be owed
    write_off: bool = False  # and its channel lets that be given up


def open_lines() -> QuerySet[BankLine]:
    """Money that came and that nobody has booked, or not all of it, the oldest first."""
    return BankLine.objects.filter(state=BankLineState.OPEN).order_by("booked_on", "pk")


def secret_of(number: str) -> str:
    """Context by which a line that belongs to nobody yet is sealed."""
    return f"{LINE}:{number}"


def told_of(line: BankLine) -> dict[str, str]:
    """Payer, their account, text and structured reference; empty once they are erased."""
    if line.subject_id and line.subject:
        return customers.unseal_fiscal(line.subject, line.sealed, LINE)
    if not line.sealed:
        return {}
    return json.loads(sealed.open_secret(line.sealed, secret_of(line.number)))


def words_of(told: dict[str, str]) -> set[str]:
    """What in a line may be the number of something: as written, and without its spaces.

    A structured creditor reference (ISO 11649: RF, two check digits) stands for what it wraps.
    """
    raw = " ".join((told.get("text", ""), told.get("reference", "")))
    found = set(re.findall(r"[\w#][\w#/.\-]*[\w]", raw))
    found |= {piece for word in found for piece in re.split(r"[/.\-#]", word)}
    found |= {match.replace(" ", "") for match in re.findall(r"\b[A-Za-z]{2,3} \d{5,}\b", raw)}
    for text in (*found.copy(), told.get("reference", "").replace(" ", "")):
        if text[:2].upper() == "RF" and iso11649.is_valid(text):
            found.add(text[4:])
    fitting = {word for word in found if _may_be_number(word)}
    return set(sorted(fitting, key=len, reverse=True)[:MOST_WORDS])


def named_orders(lines: Iterable[tuple[BankLine, dict[str, str]]]) -> dict[int, list[Order]]:
    """By line id, the orders that a line names: by our number, the channel's, or an invoice's."""
    words = {line.pk: _either_case(words_of(told)) for line, told in lines}
    wanted = {word for each in words.values() for word in each}
    orders: dict[str, set[int]] = defaultdict(set)
    rows: dict[int, Order] = {}
    if wanted:
        is_named = Q(number__in=wanted) | Q(external_id__in=wanted) | Q(invoices__number__in=wanted)
        found_rows = Order.objects.filter(is_named).select_related("channel", "customer", "subject")
        for order in found_rows.distinct():
            rows[order.pk] = order
            for name in (order.number, order.external_id):
                orders[name].add(order.pk)
        for pk, number in Order.objects.filter(pk__in=rows).values_list("pk", "invoices__number"):
            orders[number or ""].add(pk)
    return {
        pk: [rows[key] for key in sorted({k for word in each for k in orders.get(word, ())})]
        for pk, each in words.items()
    }


def named_by(words: Iterable[str]) -> dict[str, set[int]]:
    """Ids of the orders that each word names: by our number, the channel's, or an invoice's."""
    wanted = _either_case(set(words))
    found: dict[str, set[int]] = defaultdict(set)
    if not wanted:
        return found
    is_named = Q(number__in=wanted) | Q(external_id__in=wanted) | Q(invoices__number__in=wanted)
    rows = Order.objects.filter(is_named)
    for pk, *names in rows.values_list("pk", "number", "external_id", "invoices__number"):
        for name in wanted.intersection(names):
            found[name].add(pk)
    return found


def certain(line: BankLine, orders: Sequence[Order], money: dict[int, Balance]) -> list[Part]:
    """What a line pays beyond doubt: orders that it names, and together exactly their balance.

    Nothing where money for one of them is authorised or promised elsewhere, as somebody may be
    paying twice.
    """
    owed = [
        order for order in orders if money[order.pk].balance > 0 and order.currency == line.currency
    ]
    if not owed or any(money[order.pk].authorized for order in owed):
        return []
    if sum((money[order.pk].balance for order in owed), ZERO) != line.amount - line.matched:
        return []
    return [Part(order, money[order.pk].balance) for order in owed]


def proposals(line: BankLine) -> list[Proposal]:
    """What an open line may pay, the likeliest first."""
    left, told = line.amount - line.matched, told_of(line)
    named = named_orders([(line, told)])[line.pk]
    buyers = _orders_of(told.get("payer", ""), line.currency)
    same = _orders_worth(left, line.currency)
    known = {order.pk: order for order in (*named, *buyers, *same)}
    money = balances(known.values())
    found = [_named(line, order, money[order.pk], left) for order in named]
    found += _whole(certain(line, named, money)) + _together(line, named, money)
    paying = {order.pk for order in buyers}
    exact = [order for order in known.values() if money[order.pk].balance == left]
    exact = [order for order in exact if order not in named and order.currency == line.currency]
    for order in exact:
        found.append(_exact(order, left, by_name=order.pk in paying, alone=len(exact) == 1))
    found += _sums([order for order in buyers if order not in named], money, left)
    best: dict[tuple[tuple[int, Decimal], ...], Proposal] = {}
    for proposal in sorted(found, key=lambda each: -each.score):
        best.setdefault(tuple((p.order.pk, p.amount) for p in proposal.parts), proposal)
    return list(best.values())[:MOST_PROPOSED]


def _either_case(words: set[str]) -> set[str]:
    return words | {word.upper() for word in words}


def _may_be_number(word: str) -> bool:
    if not SHORTEST <= len(word) <= LONGEST or not any(sign.isdigit() for sign in word):
        return False
    return not word.isdigit() or len(word) >= SHORTEST_DIGITS


def _together(line: BankLine, orders: Sequence[Order], money: dict[int, Balance]) -> list[Proposal]:
    """Several orders that a line names and pays in full, with something left over."""
    owed = [row for row in orders if money[row.pk].balance > 0 and row.currency == line.currency]
    over = line.amount - line.matched - sum((money[row.pk].balance for row in owed), ZERO)
    if len(owed) <= 1 or over <= 0:
        return []
    parts = tuple(Part(row, money[row.pk].balance) for row in owed)
    rest = f"{plain(over, line.currency)} {line.currency}"
    return [Proposal(parts, 85, f"It names these orders and pays them all; {rest} stay open.")]


def _whole(parts: list[Part]) -> list[Proposal]:
    if len(parts) <= 1:
        return []
    return [Proposal(tuple(parts), 99, "It names these orders, and is what they owe together.")]


def _named(line: BankLine, order: Order, money: Balance, left: Decimal) -> Proposal:
    """An order that the line names; how the amounts compare decides the score."""
    owed, currency = money.balance, order.currency
    if currency != line.currency:
        return Proposal((), 0, f"It names {order}, which is in {currency}.")
    if owed == left:
        why = "It names this order, and is exactly what it owes."
        if money.authorized:
            return Proposal(
                (Part(order, left),), 80, why[:-1] + "; a card payment is authorised, too."
            )
        return Proposal((Part(order, left),), 98, why)
    if owed <= 0:
        return Proposal(
            (Part(order, left),), 30, "It names this order, which owes nothing: an overpayment."
        )
    if left > owed:
        over = plain(left - owed, currency)
        return Proposal(
            (Part(order, left),), 70, f"It names this order and overpays it by {over} {currency}."
        )
    short = owed - left
    given_up = short <= order.channel.write_off_limit
    why = f"It names this order and is {plain(short, currency)} {currency} short"
    why += ", which may be written off." if given_up else _others(line, short)
    return Proposal((Part(order, left),), 90 if given_up else 75, why, short, given_up)


def _others(line: BankLine, short: Decimal) -> str:
    """Another open line that would make up for what is missing."""
    rows = open_lines().filter(account=line.account_id, amount=short).exclude(pk=line.pk)
    other = rows.values_list("number", flat=True).first()
    return f"; {other} would make up for it." if other else ": a part of it."


def _exact(order: Order, left: Decimal, *, by_name: bool, alone: bool) -> Proposal:
    if by_name:
        why, score = "The payer has the name of its buyer, and it owes exactly this.", 65
    elif alone:
        why, score = "The only open order that owes exactly this.", 50
    else:
        why, score = "It owes exactly this, as others do.", 35
    return Proposal((Part(order, left),), score, why)


def _sums(orders: Sequence[Order], money: dict[int, Balance], left: Decimal) -> list[Proposal]:
    """Several orders of whoever has the payer's name that owe exactly this together."""
    owed = [order for order in orders if money[order.pk].balance > 0][:MOST_OF_BUYER]
    for size in range(2, len(owed) + 1):
        for chosen in combinations(owed, size):
            if sum((money[order.pk].balance for order in chosen), ZERO) == left:
                parts = tuple(Part(order, money[order.pk].balance) for order in chosen)
                why = "Orders of a buyer with the payer's name, which owe exactly this together."
                return [Proposal(parts, 60, why)]
    return [
        Proposal(
            (Part(order, left),), 40, "The payer has the name of its buyer; it would be a part.",
            money[order.pk].balance - left,
        )
        for order in owed[:3]
        if money[order.pk].balance > left
    ]  # fmt: skip


def _orders_of(payer: str, currency: str) -> list[Order]:
    words = re.findall(r"[^\W\d_]{2,}", payer)[:4]
    if len(words) <= 1:
        return []
    people = customers.find_customers(" ".join(words))
    rows = _unpaid(currency).filter(customer__in=people.values("pk"))
    return list(rows.order_by("placed_at", "pk")[:MOST_OF_BUYER])


def _orders_worth(amount: Decimal, currency: str) -> list[Order]:
    rows = _unpaid(currency).filter(total=amount)
    return list(rows.order_by("-pk")[:BY_AMOUNT])


def _unpaid(currency: str) -> QuerySet[Order]:
    rows = Order.objects.filter(payment_status__in=UNPAID, currency=currency)
    return rows.exclude(status=OrderStatus.CANCELLED).select_related(
        "channel", "customer", "subject"
    )
