"""Messages of the API about an order's statement."""

from datetime import date, datetime
from typing import Literal

import msgspec

from oms.money import plain
from oms.wire import message, utc
from orders.enums import EntryKind
from orders.models import Order
from orders.queries.statement import Entry, Paper, Part, Statement
from orders.serializers.orders import BalanceOut

Kind = Literal[tuple(kind.value for kind in EntryKind)]  # type: ignore[valid-type]


@message
class PartOut(msgspec.Struct):
    """What an entry consists of; `units_before` and `units_after` where units changed."""

    label: str
    amount: str
    units_before: int | None
    units_after: int | None

    @classmethod
    def of(cls, part: Part, currency: str) -> "PartOut":
        """As the API shows it."""
        return cls(part.label, plain(part.amount, currency), part.before, part.after)


@message
class EntryOut(msgspec.Struct):
    """One entry: `charged` less `paid` moves `balance`, what the buyer owes after it.

    `authorized`, `voided` and `granted` move nothing; `amount` says how much they speak of.
    """

    kind: Kind
    at: datetime
    by: str
    amount: str
    charged: str
    paid: str
    balance: str
    reason: str
    reference: str
    document: str
    parts: list[PartOut]

    @classmethod
    def of(cls, entry: Entry, currency: str) -> "EntryOut":
        """As the API shows it."""
        return cls(
            entry.kind,
            utc(entry.at),
            entry.by,
            plain(entry.amount, currency),
            plain(entry.charged, currency),
            plain(entry.paid, currency),
            plain(entry.balance, currency),
            entry.reason,
            entry.reference,
            entry.document,
            [PartOut.of(part, currency) for part in entry.parts],
        )


@message
class PaperOut(msgspec.Struct):
    """An invoice, or a credit note with a negative amount; `source` is its shipment or return."""

    number: str
    kind: str
    source: str
    gross: str
    issued_on: date

    @classmethod
    def of(cls, paper: Paper, currency: str) -> "PaperOut":
        """As the API shows it."""
        gross = plain(paper.gross, currency)
        return cls(paper.number, paper.kind, paper.source, gross, paper.issued_on)


@message
class StatementOut(msgspec.Struct):
    """Every cent of an order: entries oldest first, the balance that they prove, documents."""

    order: str
    currency: str
    entries: list[EntryOut]
    charged: str
    paid: str
    adds_up: bool
    balance: BalanceOut
    documents: list[PaperOut]

    @classmethod
    def of(cls, order: Order, statement: Statement) -> "StatementOut":
        """As the API shows it."""
        money = order.currency
        return cls(
            order.number,
            money,
            [EntryOut.of(entry, money) for entry in statement.entries],
            plain(statement.charged, money),
            plain(statement.paid, money),
            statement.adds_up,
            BalanceOut.of(statement.money, money),
            [PaperOut.of(paper, money) for paper in statement.papers],
        )
