"""What must hold for bank lines and remittances: what they say and what is booked are the same."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum

from oms.ledgers import Invariant
from oms.money import ZERO
from orders.enums import BankLineState, PaymentMethod, RemittanceOutcome, TransactionKind
from orders.models import (
    BankLine,
    BankMatch,
    GatewayPayout,
    Payment,
    PaymentTransaction,
    Remittance,
    RemittancePayout,
    RemittanceRow,
)
from orders.queries.balance import COLUMN_UNIT

BOOKED = (RemittanceOutcome.PAID, RemittanceOutcome.SHORT, RemittanceOutcome.OVER)


def money_invariants() -> list[Invariant]:
    """The invariants of bank lines and remittances."""
    return [
        Invariant(
            "order.bank_lines",
            "What is matched of a bank line is what its matches and payouts come to.",
            count=BankLine.objects.count,
            violations=_wrong_lines,
            repair=_repair_lines,
        ),
        Invariant(
            "order.bank_matches",
            "Each match has its receipt on its order, and each undone one what takes it back.",
            count=BankMatch.objects.count,
            violations=_wrong_matches,
        ),
        Invariant(
            "order.remittance_rows",
            "What a carrier collected for a parcel is booked on its order, or reported and not booked.",
            count=RemittanceRow.objects.count,
            violations=_wrong_rows,
        ),
        Invariant(
            "order.remittances",
            "A remittance comes to what its rows say.",
            count=Remittance.objects.count,
            violations=_wrong_remittances,
            repair=_repair_remittances,
        ),
    ]


def _lines() -> Iterator[tuple[BankLine, dict[str, object]]]:
    """Lines whose cached figure or state is another than their matches and payouts say."""
    matches = _sums(BankMatch.objects.filter(undone=None), "line")
    payouts = _sums(GatewayPayout.objects.filter(undone_at=None), "line")
    handed = _sums(RemittancePayout.objects.filter(undone_at=None), "line")
    for line in BankLine.objects.order_by("pk").iterator(chunk_size=2_000):
        booked = matches.get(line.pk, ZERO) + payouts.get(line.pk, ZERO)
        booked += handed.get(line.pk, ZERO)
        facts: dict[str, object] = {"matched": booked, "state": _state_of(line, booked)}
        if any(getattr(line, name) != value for name, value in facts.items()):
            yield line, facts


def _state_of(line: BankLine, booked: Decimal) -> str:
    if line.amount <= 0:
        return BankLineState.WENT_OUT
    if booked == line.amount:
        return BankLineState.MATCHED
    if line.state == BankLineState.MATCHED:
        return BankLineState.OPEN
    return line.state


def _wrong_lines() -> Iterator[str]:
    for line, facts in _lines():
        yield (
            f"{line}: {line.matched} matched and {line.state}, "
            f"its matches come to {facts['matched']}: {facts['state']}"
        )


def _repair_lines() -> Iterator[str]:
    for line, facts in _lines():
        BankLine.objects.filter(pk=line.pk).update(**facts)
        yield f"{line}: set matched to {facts['matched']}, state to {facts['state']}"


def _wrong_matches() -> Iterator[str]:
    receipt = Q(
        transaction__kind=TransactionKind.CAPTURE,
        transaction__amount=F("amount"),
        transaction__payment__order=F("order"),
        transaction__payment__currency=F("line__currency"),
    )
    back = Q(undone=None) | Q(
        undone__kind=TransactionKind.UNDONE,
        undone__amount=F("amount"),
        undone__payment=F("transaction__payment"),
    )
    rows = BankMatch.objects.exclude(receipt & back).select_related("line", "order", "transaction")
    for match in rows.order_by("pk"):
        row = match.transaction
        yield f"{match.line}: {match.amount} of {match.order}, booked {row.kind} {row.amount}"
    loose = PaymentTransaction.objects.filter(
        kind=TransactionKind.UNDONE, undone_bank_match=None
    ).select_related("payment")
    given_up = Payment.objects.filter(
        method=PaymentMethod.WRITE_OFF,
        transactions__kind=TransactionKind.CAPTURE,
        transactions__amount=OuterRef("amount"),
        transactions__reference=OuterRef("reference"),
    )
    loose = loose.exclude(Exists(given_up.filter(pk=OuterRef("payment"))))
    for row in loose.order_by("pk"):
        yield f"{row.payment}: {row.amount} undone of no bank line"


def _wrong_rows() -> Iterator[str]:
    rows = RemittanceRow.objects.select_related("remittance", "order", "transaction")
    booked = Q(outcome__in=BOOKED, collected__gt=0)
    for row in rows.exclude(booked).exclude(transaction=None):
        yield f"{row.remittance} row {row.position}: {row.outcome}, yet booked"
    for row in rows.filter(booked, transaction=None):
        yield f"{row.remittance} row {row.position}: {row.collected} collected and not booked"
    found = rows.filter(booked).exclude(transaction=None).order_by("pk")
    receipts = PaymentTransaction.objects.filter(
        kind=TransactionKind.CAPTURE, payment__order__remittance_rows__in=found.values("pk")
    )
    sums: dict[tuple[int, str], Decimal] = {}
    seen = receipts.distinct().values_list("payment__order", "reference", "amount", "pk")
    for order, reference, amount, _ in seen:
        sums[order, reference] = sums.get((order, reference), ZERO) + amount
    for row in found.iterator():
        receipt = row.transaction
        came = sums.get((row.order_id or 0, receipt.reference if receipt else ""), ZERO)
        if came != row.collected:
            yield f"{row.remittance} row {row.position}: {row.collected} collected, {came} booked"


def _remittances() -> Iterator[tuple[Remittance, dict[str, object]]]:
    own = RemittanceRow.objects.exclude(outcome=RemittanceOutcome.KNOWN)
    came, kept = _sums(own, "remittance", "collected"), _sums(own, "remittance", "fee")
    for row in Remittance.objects.exclude(finished_at=None).order_by("pk"):
        facts: dict[str, object] = {
            "collected": came.get(row.pk, ZERO),
            "fees": kept.get(row.pk, ZERO),
        }
        if any(getattr(row, name) != value for name, value in facts.items()):
            yield row, facts


def _wrong_remittances() -> Iterator[str]:
    other = RemittancePayout.objects.filter(undone_at=None).exclude(
        amount=F("remittance__collected") - F("remittance__fees"),
        line__currency=F("remittance__currency"),
    )
    for paid in other.select_related("remittance", "line").order_by("pk"):
        yield f"{paid.remittance}: {paid.remittance.net} handed over, {paid.line} says {paid.amount}"
    for row, facts in _remittances():
        yield (
            f"{row}: {row.collected} collected and {row.fees} kept, "
            f"its rows say {facts['collected']} and {facts['fees']}"
        )


def _repair_remittances() -> Iterator[str]:
    for row, facts in _remittances():
        Remittance.objects.filter(pk=row.pk).update(**facts)
        yield f"{row}: set collected to {facts['collected']}, fees to {facts['fees']}"


def _sums(rows: QuerySet, key: str, column: str = "amount") -> dict[int, Decimal]:
    found = rows.order_by().values_list(key).annotate(found=Sum(column))
    return {pk: Decimal(total).quantize(COLUMN_UNIT) for pk, total in found}
