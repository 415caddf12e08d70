"""Money and documents side by side, and the proof that the daily facts are right."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.module_loading import import_string

from oms.ledgers import Invariant
from oms.money import quantize
from orders.enums import TransactionKind
from orders.models import PaymentTransaction
from reporting.models import DailyProduct, DailySales, DailyShipping
from reporting.queries import facts

TITLES = (
    "Date (UTC for money, issue date for documents)",
    "Entry",
    "Document",
    "Order",
    "Channel",
    "Method or source",
    "Reference",
    "Currency",
    "Invoiced",
    "Received",
)
CHUNK = 2_000
SIGNS = {
    TransactionKind.CAPTURE: 1,
    TransactionKind.REFUND: -1,
    TransactionKind.MOVED_IN: 1,
    TransactionKind.MOVED_OUT: -1,
    TransactionKind.REVERSED: 1,
    TransactionKind.UNDONE: -1,
}
CREDIT_NOTE = "credit_note"


def ledger_size(first: date, last: date) -> int:
    """How many entries the ledger of these days has."""
    return _documents(first, last).count() + _transactions(first, last).count()


def ledger(first: date, last: date) -> Iterator[list[list[Any]]]:
    """Documents issued, then money moved, in pieces; what is owed back is negative.

    Authorisations move no money and are left out. For each order that is settled, the sum of
    Invoiced equals the sum of Received.
    """
    yield from _pieces(_documents(first, last), _document)
    yield from _pieces(_transactions(first, last), _transaction)


def _documents(first: date, last: date) -> models.QuerySet[Any]:
    rows = apps.get_model("compliance.Invoice")._default_manager  # noqa: SLF001
    return rows.filter(issued_on__range=(first, last)).select_related("order__channel")


def _transactions(first: date, last: date) -> models.QuerySet[PaymentTransaction]:
    start = datetime.combine(first, time.min, tzinfo=UTC)
    end = datetime.combine(last + timedelta(days=1), time.min, tzinfo=UTC)
    return PaymentTransaction.objects.filter(
        kind__in=SIGNS, at__gte=start, at__lt=end
    ).select_related("payment__order__channel")


def _pieces(
    rows: models.QuerySet[Any], said: Callable[[Any], list[Any]]
) -> Iterator[list[list[Any]]]:
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = found[-1].pk
        yield [said(row) for row in found]


def _document(row: Any) -> list[Any]:
    gross = quantize(-row.gross if row.kind == CREDIT_NOTE else row.gross, row.currency)
    order = row.order
    return [
        row.issued_on,
        row.get_kind_display(),
        row.number,
        order.number,
        order.channel.code,
        row.source,
        "",
        row.currency,
        gross,
        None,
    ]


def _transaction(row: PaymentTransaction) -> list[Any]:
    payment, order = row.payment, row.payment.order
    amount = quantize(SIGNS[TransactionKind(row.kind)] * row.amount, payment.currency)
    return [
        row.at,
        row.get_kind_display(),
        payment.number,
        order.number,
        order.channel.code,
        payment.get_method_display(),
        row.reference or payment.reference,
        payment.currency,
        None,
        amount,
    ]


def invariants() -> list[Invariant]:
    """The daily facts, each against the events that were counted."""
    return [
        _invariant("reports.sales", "Daily sales equal what counted events say.", DailySales),
        _invariant(
            "reports.shipping", "Daily shipping equals what counted events say.", DailyShipping
        ),
        _invariant(
            "reports.products", "Daily products equal what counted events say.", DailyProduct
        ),
    ]


def _invariant(name: str, sentence: str, table: type[models.Model]) -> Invariant:
    return Invariant(
        name,
        sentence,
        count=table._default_manager.count,  # noqa: SLF001 (documented manager hook)
        violations=lambda: facts.differences(table),
        repair=import_string("reporting.operations.repair"),
    )
