"""The statement of an order: each cent that was charged or paid, entry by entry.

Charges are the steps by which the order's total moved, as its history tells them; each step names
the act behind it and, line by line, what it consists of. Payments are the transactions. Nothing is
stored for it: what is due is the sum of the charges, what was paid the sum of the payments.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from oms.models import Event
from oms.money import ZERO
from orders.enums import RETURN_CHARGES, ChargeKind, EntryKind, TransactionKind
from orders.models import Order, OrderCharge, OrderLine, PaymentTransaction, RefundGrant
from orders.queries.balance import Balance, balance
from orders.queries.totals import charge_total, share
from orders.queries.versions import placed_worths

CHARGED = {  # event -> what it did to the total
    "order.placed": EntryKind.PLACED,
    "order.split_off": EntryKind.SPLIT_OFF,
    "order.changed": EntryKind.CHANGED,
    "order.units_moved": EntryKind.MOVED,
    "order.cancelled": EntryKind.CANCELLED,
    "order.return_credited": EntryKind.RETURNED,
    "order.return_charged": EntryKind.CHARGED_AGAIN,
}
CREDIT_NOTE = "credit_note"  # as compliance calls it, which stands above
OPENING = {EntryKind.PLACED, EntryKind.SPLIT_OFF}
SIGN = {  # what a transaction adds to what was paid; the others only reserve or give up
    TransactionKind.CAPTURE: 1,
    TransactionKind.MOVED_IN: 1,
    TransactionKind.REFUND: -1,
    TransactionKind.MOVED_OUT: -1,
    TransactionKind.REVERSED: 1,
    TransactionKind.UNDONE: -1,
}
KIND_OF = {
    TransactionKind.AUTHORIZE: EntryKind.AUTHORIZED,
    TransactionKind.CAPTURE: EntryKind.CAPTURED,
    TransactionKind.REFUND: EntryKind.REFUNDED,
    TransactionKind.VOID: EntryKind.VOIDED,
    TransactionKind.MOVED_OUT: EntryKind.MOVED_OUT,
    TransactionKind.MOVED_IN: EntryKind.MOVED_IN,
    TransactionKind.REVERSED: EntryKind.REVERSED,
    TransactionKind.UNDONE: EntryKind.UNDONE,
}


@dataclass(frozen=True, slots=True)
class Part:
    """What an entry consists of; `before` and `after` are units, empty where none changed.

    A line as it was placed tells its price, and the discount and tax of all its units, too.
    """

    label: str
    amount: Decimal
    before: int | None = None
    after: int | None = None
    unit_price: Decimal | None = None
    discount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Entry:
    """One step: `charged` and `paid` move the balance, `amount` alone only tells."""

    kind: EntryKind
    at: datetime
    by: str
    amount: Decimal
    charged: Decimal = ZERO
    paid: Decimal = ZERO
    reason: str = ""
    reference: str = ""  # change, return, cancellation or the gateway's name for it
    document: str = ""  # number of the credit note, where one was issued
    parts: tuple[Part, ...] = ()
    balance: Decimal = ZERO  # owed by the buyer after it


@dataclass(frozen=True, slots=True)
class Paper:
    """An issued invoice or credit note."""

    pk: int
    number: str
    kind: str
    source: str  # shipment or return
    gross: Decimal  # negative on a credit note
    issued_on: date


@dataclass(frozen=True, slots=True)
class Statement:
    """All entries, oldest first, with the figures that they add up to."""

    entries: tuple[Entry, ...]
    money: Balance
    papers: tuple[Paper, ...] = field(default=())

    @property
    def charged(self) -> Decimal:
        """What all charges come to."""
        return sum((row.charged for row in self.entries), ZERO)

    @property
    def paid(self) -> Decimal:
        """What came in less what went out."""
        return sum((row.paid for row in self.entries), ZERO)

    @property
    def documented(self) -> Decimal:
        """Invoices less credit notes."""
        return sum((paper.gross for paper in self.papers), ZERO)

    @property
    def adds_up(self) -> bool:
        """Whether the entries prove what the order says is due and paid."""
        return (self.charged, self.paid) == (self.money.due, self.money.received)


def statement_of(order: Order) -> Statement:
    """Read an order's statement: eight statements of SQL, however long it is."""
    papers = _papers(order)
    entries = [*_charges(order, papers), *_transactions(order), *_grants(order)]
    return Statement(tuple(_running(entries)), balance(order), tuple(papers))


def _running(entries: Iterable[Entry]) -> Iterator[Entry]:
    owed = ZERO
    for entry in sorted(entries, key=lambda row: (row.kind not in OPENING, row.at)):
        owed += entry.charged - entry.paid
        yield replace(entry, balance=owed)


# --- Charges ----------------------------------------------------------------------------------


def _charges(order: Order, papers: Sequence[Paper]) -> Iterator[Entry]:
    """A history row whose total differs from the one before is an entry of its own."""
    events, explain = _money_events(order), _Explainer(order)
    credited = {paper.source: paper.number for paper in papers if paper.gross < 0}
    before = ZERO
    for total, at, why in _history(order):
        by, _, names = why.partition(": ")
        told = {name: events[name].popleft() for name in names.split(", ") if events.get(name)}
        parts = {name: explain.parts(event) for name, event in told.items()}
        if amount := total - before:
            name = next((name for name in CHARGED if name in told), "")
            kind = CHARGED.get(name) or (EntryKind.CORRECTED if before else EntryKind.PLACED)
            found = explain.opening() if kind in OPENING else parts.get(name, ())
            reason, reference = explain.words(told.get(name))
            yield Entry(
                kind,
                order.placed_at if kind == EntryKind.PLACED else at,
                by,
                amount,
                charged=amount,
                reason=reason,
                reference=reference,
                document=credited.get(reference, ""),
                parts=found if sum((part.amount for part in found), ZERO) == amount else (),
            )
        before = total


def _history(order: Order) -> Iterable[tuple[Decimal, datetime, str]]:
    rows = order.history.order_by("history_date", "history_id")  # type: ignore[attr-defined]
    found = rows.values_list("total", "history_date", "history_change_reason")
    return ((total, at, why or "") for total, at, why in found)


def _money_events(order: Order) -> dict[str, deque[Event]]:
    """The events that move a total, by name, each in the sequence in which it happened."""
    found: dict[str, deque[Event]] = defaultdict(deque)
    rows = Event.objects.filter(
        subject_type="orders.order", subject_id=order.pk, name__in=CHARGED.keys() - {"order.placed"}
    )
    for event in rows.order_by("sequence"):
        found[event.name].append(event)
    return found


class _Explainer:
    """Takes the events of one order in their sequence and says what each consists of."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.lines = {line.pk: line for line in order.lines.order_by("position")}
        self.charges = list(order.charges.order_by("pk"))
        self.changes = {row.number: row for row in order.changes.all()}
        self.cancelled: dict[int, int] = defaultdict(int)
        self.credited: dict[int, int] = defaultdict(int)

    def opening(self) -> tuple[Part, ...]:
        """Lines and charges as they were placed, before anything was changed or cancelled."""
        first = self.order.versions.filter(number=1).values_list("content", flat=True).first()
        if first:
            return tuple(Part(*row) for row in placed_worths(first))
        lines = [
            Part(
                line.sku,
                line.total,
                None,
                line.quantity,
                line.unit_price,
                line.discount,
                line.tax_amount,
            )
            for line in self.lines.values()
        ]
        return (*lines, *self._charged(lambda row: row.kind not in RETURN_CHARGES))

    def parts(self, event: Event) -> tuple[Part, ...]:
        """What an event consists of; none where its facts do not tell."""
        if event.name == "order.changed":
            change = self.changes.get(event.facts.get("change", ""))
            rows = change.outcome.get("parts", []) if change else []
            return tuple(Part(row[0], Decimal(row[1]), row[2], row[3]) for row in rows)
        if event.name == "order.return_credited":
            return self._credited(event)
        if "lines" in event.facts and event.name in {"order.cancelled", "order.units_moved"}:
            return self._taken_off(event)
        return ()

    def words(self, event: Event | None) -> tuple[str, str]:
        """Why it happened, and the number of the paper that it happened by."""
        if event is None:
            return "", ""
        facts = event.facts
        change = self.changes.get(facts.get("change", ""))
        reason = facts.get("reason", "") or (change.reason if change else "")
        reference = facts.get("change") or facts.get("reference") or facts.get("to") or ""
        return reason, reference or facts.get("source", "")

    def _taken_off(self, event: Event) -> tuple[Part, ...]:
        rows = []
        for pk, units in event.facts["lines"]:
            line = self.lines[pk]
            wanted = line.quantity - self.cancelled[pk]
            self.cancelled[pk] += units
            was, is_now = (self._worth(line, count) for count in (wanted, wanted - units))
            rows.append(Part(line.sku, is_now - was, wanted, wanted - units))
        gone = self._charged(lambda _row: True, sign=-1) if event.facts.get("whole") else ()
        return (*rows, *gone)

    def _credited(self, event: Event) -> tuple[Part, ...]:
        rows = []
        for pk, count in event.facts["lines"]:
            line, before = self.lines[pk], self.credited[pk]
            self.credited[pk] += count
            credit = self._worth(line, before + count) - self._worth(line, before)
            rows.append(Part(line.sku, -credit, after=count))
        if fee := Decimal(event.facts["fee"]):
            rows.append(Part(str(ChargeKind.RETURN_FEE.label), fee))
        return tuple(rows)

    def _worth(self, line: OrderLine, units: int) -> Decimal:
        return share(line.total, units, line.quantity, self.order.currency)

    def _charged(self, wanted: Callable[[OrderCharge], bool], *, sign: int = 1) -> tuple[Part, ...]:
        return tuple(
            Part(
                row.description or str(row.get_kind_display()), sign * charge_total(self.order, row)
            )
            for row in self.charges
            if wanted(row)
        )


# --- Payments ---------------------------------------------------------------------------------


def _transactions(order: Order) -> Iterator[Entry]:
    rows = PaymentTransaction.objects.filter(payment__order=order).select_related("payment")
    for row in rows.order_by("pk"):
        kind = TransactionKind(row.kind)
        yield Entry(
            KIND_OF[kind],
            row.at,
            row.by,
            row.amount,
            paid=SIGN.get(kind, 0) * row.amount,
            reason=row.payment.get_method_display(),
            reference=row.reference or row.payment.reference or row.payment.number,
        )


def _grants(order: Order) -> Iterator[Entry]:
    for row in RefundGrant.objects.filter(order=order).order_by("pk"):
        yield Entry(
            EntryKind.GRANTED,
            row.at,
            row.by,
            row.amount,
            reason=row.reason,
            reference=row.reference,
        )


def _papers(order: Order) -> list[Paper]:
    """Invoices and credit notes, read by the name under which they hang on the order."""
    issued = getattr(order, "invoices", None)
    rows = issued.order_by("pk") if issued is not None else ()
    return [
        Paper(
            row.pk,
            row.number,
            row.kind,
            row.source.rpartition(":")[2],
            -row.gross if row.kind == CREDIT_NOTE else row.gross,
            row.issued_on,
        )
        for row in rows
    ]
