"""Booking bank lines: each part of a line pays one order, once, and can be undone by an entry.

Locks: the orders in key order, then the line; whoever comes second finds what is left of it.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from oms.money import ZERO, plain
from orders.enums import BankLineState, MatchedBy, PaymentMethod, TransactionKind
from orders.models import (
    BankLine,
    BankMatch,
    GatewayPayout,
    Order,
    Payment,
)
from orders.operations import payments, payments_writing_off, pipeline
from orders.operations.bank_lines import hand_over
from orders.operations.erased_payers import forget_decided
from orders.operations.payments_booking import hold_unpaid
from orders.queries.balance import balances
from orders.queries.bank import Part, certain, named_orders, told_of


class LineNotOpen(DomainError):
    """Somebody else booked or ignored it, or less of it is left."""

    code = "line_not_open"
    message = "{number} is {state}; {left} {currency} of it are left."


class NothingToUndo(DomainError):
    """Nothing was decided about the line."""

    code = "nothing_to_undo"
    message = "Nothing of {number} is booked or ignored."


class LineChanged(DomainError):
    """What is taken back is what the person saw."""

    code = "line_changed"
    message = "Somebody booked more of {number} a moment ago. Look at it again."


class OtherCurrency(DomainError):
    """A line pays orders of its own currency."""

    code = "other_currency"
    message = "{number} is in {own}, order {order} in {currency}."


@transaction.atomic
def book_line(
    line: BankLine,
    parts: Sequence[Part],
    *,
    by: str,
    how: str = MatchedBy.PERSON,
    write_off: bool = False,
) -> list[BankMatch]:
    """Book what a line pays: each part on its order, as a receipt that names the line.

    Amounts are positive and at most what is left of the line; more than an order owes overpays it,
    and less leaves a balance, which `write_off` gives up where the order's channel allows that. A
    payment that the order expects, on account or by transfer, is filled first. Raises LineNotOpen
    when somebody was faster, OtherCurrency, AmountNotPositive and NotWrittenOff.
    """
    works = _locked(parts, by)
    line = BankLine.objects.lock_one(line.pk)
    total = sum((part.amount for part in parts), ZERO)
    refuse_closed(line, total)
    for part in parts:
        _refuse_other_currency(line, part.order)

    told = told_of(line)
    turn = line.matches.count()
    matches = []
    for part in parts:
        for amount, payment in _into(works[part.order.pk], part.amount, line.number):
            turn += 1
            matches.append(_match(line, works[part.order.pk], payment, amount, how, turn))
    line.matched += total
    hand_over(line, told, works[parts[0].order.pk].order)
    decide(line, by=by)
    events.record(
        "bank_line.booked",
        line,
        by=by,
        how=how,
        orders=[[part.order.number, plain(part.amount, line.currency)] for part in parts],
    )
    for work in works.values():
        payments.finish(work, work.order.payments.latest("pk"))
        if write_off:
            _write_off(work.order, line, by)
    return matches


def match_lines(lines: Iterable[BankLine], *, by: str) -> int:
    """Book every line that says beyond doubt what it pays, each by itself; how many."""
    told = [(line, told_of(line)) for line in lines if line.state == BankLineState.OPEN]
    named = named_orders(told)
    done = 0
    for line, _ in told:
        orders = named[line.pk]
        if orders and (parts := certain(line, orders, balances(orders))):
            done += _book_certain(line, parts, by)
    return done


@transaction.atomic
def undo_line(line: BankLine, *, by: str, reason: str) -> BankLine:
    """Take back whatever was decided about a line; it waits for somebody again.

    What it paid leaves each order by an entry of its own, and so does what was written off because
    it was short; an order that could still ship and is no longer covered is held. Raises NothingToUndo, LineChanged when more was booked meanwhile, and
    AmountTooHigh where the money was refunded.
    """
    orders = Order.objects.filter(bank_matches__line=line, bank_matches__undone=None)
    works = {order.pk: pipeline.lock(order, by=by) for order in orders.distinct().order_by("pk")}
    line = BankLine.objects.lock_one(line.pk)
    matches = list(line.matches.filter(undone=None).select_related("transaction__payment"))
    payouts = [rows.filter(undone_at=None) for rows in (line.payouts, line.remittance_payouts)]
    is_payout = any(rows.exists() for rows in payouts)
    if not matches and line.state != BankLineState.IGNORED and not is_payout:
        raise NothingToUndo(number=line.number)
    if any(match.order_id not in works for match in matches):
        raise LineChanged(number=line.number)

    for match in matches:
        _undo(works[match.order_id], match)
    for work in works.values():
        payments_writing_off.take_back(work, reason=_short_by(line))
    for rows in payouts:
        rows.update(undone_by=by, undone_at=timezone.now())
    line.matched, line.reason = ZERO, ""
    decide(line, by=by)
    events.record("bank_line.undone", line, by=by, reason=reason)
    for work in works.values():
        hold_unpaid(work, work.order.payments.latest("pk"), f"was booked by mistake ({line})")
        payments.finish(work, work.order.payments.latest("pk"))
    return line


@transaction.atomic
def ignore_line(line: BankLine, *, by: str, reason: str) -> BankLine:
    """Say that what is left of a line is nothing that any order is owed. Raises LineNotOpen."""
    line = BankLine.objects.lock_one(line.pk)
    refuse_closed(line, line.amount - line.matched)

    line.reason = reason
    decide(line, by=by, state=BankLineState.IGNORED)
    events.record("bank_line.ignored", line, by=by, reason=reason)
    return line


@transaction.atomic
def book_payout(line: BankLine, *, by: str, gateway: str, fee: Decimal) -> GatewayPayout:
    """Say that a line is what a gateway paid out, after it kept its fee; both clear its captures.

    Raises LineNotOpen, AmountNotPositive for a negative fee, and NoSuchAmount for parts of a cent.
    """
    line = BankLine.objects.lock_one(line.pk)
    refuse_closed(line, line.amount)
    if fee < 0:
        raise payments.AmountNotPositive
    payments.refuse_parts(fee, line.currency)

    payout = GatewayPayout.objects.create(
        line=line, gateway=gateway, amount=line.amount, fee=fee, currency=line.currency, by=by
    )
    line.matched = line.amount
    decide(line, by=by)
    events.record("bank_line.paid_out", line, by=by, gateway=gateway, fee=plain(fee, line.currency))
    return payout


def _locked(parts: Sequence[Part], by: str) -> dict[int, pipeline.Work]:
    if not parts or any(part.amount <= 0 for part in parts):
        raise payments.AmountNotPositive
    orders = {part.order.pk: part.order for part in parts}
    return {pk: pipeline.lock(orders[pk], by=by) for pk in sorted(orders)}


def refuse_closed(line: BankLine, wanted: Decimal) -> None:
    """Raise LineNotOpen unless so much of a locked line is left."""
    left = line.amount - line.matched
    if line.state != BankLineState.OPEN or wanted > left or left <= 0:
        raise LineNotOpen(
            number=line.number,
            state=line.get_state_display().lower(),
            left=plain(max(left, ZERO), line.currency),
            currency=line.currency,
        )


def _refuse_other_currency(line: BankLine, order: Order) -> None:
    if order.currency != line.currency:
        raise OtherCurrency(
            number=line.number, own=line.currency, order=order.number, currency=order.currency
        )


def _into(work: pipeline.Work, amount: Decimal, number: str) -> list[tuple[Decimal, Payment]]:
    """The payments that take an amount: what is owed on account, what is expected, a new one."""
    found, left = [], amount
    rows = work.order.payments.filter(method=PaymentMethod.ON_ACCOUNT).order_by("pk")
    for payment in rows:
        if (part := min(left, payments.open_amount(payment))) > 0:
            found.append((part, payment))
            left -= part
    if left > 0:
        expected = work.order.payments.filter(
            method=PaymentMethod.BANK_TRANSFER, transactions=None, shares_reference=False
        )
        payment = expected.order_by("pk").first() or payments.payment_of(
            work.order, PaymentMethod.BANK_TRANSFER, left, number
        )
        found.append((left, payment))
    return found


def _match(
    line: BankLine, work: pipeline.Work, payment: Payment, amount: Decimal, how: str, turn: int
) -> BankMatch:
    reference = line.number if turn == 1 else f"{line.number}/{turn}"
    row = payments.record_transaction(work, payment, TransactionKind.CAPTURE, amount, reference)
    return BankMatch.objects.create(
        line=line,
        order=work.order,
        transaction=row,
        amount=amount,
        how=how,
        by=work.by,
        at=work.now,
    )


def _undo(work: pipeline.Work, match: BankMatch) -> None:
    payment = match.transaction.payment
    limit = payments.refundable_amount(payment)
    payments.refuse_more_than(match.amount, limit, payment.currency)
    match.undone = payments.record_transaction(
        work, payment, TransactionKind.UNDONE, match.amount, match.transaction.reference
    )
    match.save(update_fields=["undone"])


def decide(line: BankLine, *, by: str, state: str = "") -> None:
    """Write down where a locked line stands by what is matched of it, and who said so."""
    whole = line.matched == line.amount
    line.state = state or (BankLineState.MATCHED if whole else BankLineState.OPEN)
    line.decided_by, line.decided_at = by, timezone.now()
    forget_decided(line, by=by)
    line.save()


def _write_off(order: Order, line: BankLine, by: str) -> None:
    money = balances([order])[order.pk]
    if money.balance > 0:
        payments_writing_off.write_off(order, by=by, reason=_short_by(line))


def _short_by(line: BankLine) -> str:
    return f"Short by {line}"


def _book_certain(line: BankLine, parts: list[Part], by: str) -> bool:
    """Under lock the balances are looked at again: somebody may have paid meanwhile."""
    with transaction.atomic():
        for order in sorted({part.order.pk: part.order for part in parts}.values(), key=_key):
            pipeline.lock_order(order)
        fresh = BankLine.objects.lock_one(line.pk)
        if fresh.state != BankLineState.OPEN or fresh.matched != line.matched:
            return False
        orders = [part.order for part in parts]
        if (
            certain(
                fresh, orders, balances(list(Order.objects.filter(pk__in=[o.pk for o in orders])))
            )
            != parts
        ):
            return False
        book_line(fresh, parts, by=by, how=MatchedBy.REFERENCE)
    return True


def _key(order: Order) -> int:
    return order.pk
