"""Messages about bank statements and their lines; nothing in them names a payer."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from oms.money import plain
from oms.wire import message
from orders.enums import BankLineState, RemittanceOutcome
from orders.models import BankLine, BankStatement, Remittance, RemittanceRow

Outcome = Literal[tuple(each.value for each in RemittanceOutcome)]  # type: ignore[valid-type]
State = Literal[tuple(state.value for state in BankLineState)]  # type: ignore[valid-type]


@message
class BankStatementOut(msgspec.Struct):
    """A statement as it was sent; `status` is read, reading, failed (`error` says why) or unexplained.

    An unexplained CSV waits until somebody says in the back office what its columns mean.
    """

    number: str
    account: str
    status: Literal["read", "reading", "failed", "unexplained"]
    lines: int
    known: int
    matched: int
    error: str

    @classmethod
    def of(cls, row: BankStatement) -> "BankStatementOut":
        """As the API shows it."""
        waiting: Literal["reading", "unexplained"] = "reading" if row.job_id else "unexplained"
        ended: Literal["read", "failed"] = "failed" if row.error else "read"
        status = ended if row.error or row.finished_at else waiting
        return cls(
            row.number, row.account.code, status, row.lines_read, row.known, row.matched, row.error
        )


@message
class BankMatchOut(msgspec.Struct):
    """A part of a line that paid an order."""

    order: str
    amount: str


@message
class BankLineOut(msgspec.Struct):
    """A movement of an account: `amount` came in, negative went out; `matched` of it is booked."""

    number: str
    statement: str
    account: str
    booked_on: date
    amount: str
    matched: str
    currency: str
    state: State
    reference: str
    orders: list[BankMatchOut]

    @classmethod
    def of(cls, row: BankLine) -> "BankLineOut":
        """As the API shows it."""
        return cls(
            row.number,
            row.statement.number,
            row.account.code,
            row.booked_on,
            plain(row.amount, row.currency),
            plain(row.matched, row.currency),
            row.currency,
            row.state,
            row.bank_reference,
            [
                BankMatchOut(match.order.number, plain(match.amount, row.currency))
                for match in row.matches.all()
                if match.undone_id is None
            ],
        )


@message
class PaidParcelOut(msgspec.Struct):
    """A row of a remittance: what was collected for a parcel, and what became of it."""

    position: int
    tracking: str
    order: str | None
    outcome: Outcome
    expected: str | None
    collected: str
    fee: str
    said: str

    @classmethod
    def of(cls, row: RemittanceRow, currency: str) -> "PaidParcelOut":
        """As the API shows it."""
        return cls(
            row.position,
            row.tracking,
            row.order.number if row.order else None,
            row.outcome,
            None if row.expected is None else plain(row.expected, currency),
            plain(row.collected, currency),
            plain(row.fee, currency),
            row.said,
        )


@message
class RemittanceOut(msgspec.Struct):
    """A carrier's file; `status` is read, reading, failed (`error` says why) or unexplained.

    An unexplained one waits until somebody says in the back office what its columns mean.
    `net` is what the carrier hands over; `bank_line` is how it came, once it did.
    """

    number: str
    carrier: str
    currency: str
    status: Literal["read", "reading", "failed", "unexplained"]
    collected: str
    fees: str
    net: str
    bank_line: str | None
    error: str
    parcels: list[PaidParcelOut]

    @classmethod
    def of(cls, row: Remittance, parcels: Iterable[RemittanceRow]) -> "RemittanceOut":
        """As the API shows it."""
        waiting: Literal["reading", "unexplained"] = "reading" if row.job_id else "unexplained"
        ended: Literal["read", "failed"] = "failed" if row.error else "read"
        paid = row.payouts.filter(undone_at=None).select_related("line").first()
        return cls(
            number=row.number,
            carrier=row.carrier,
            currency=row.currency,
            status=ended if row.error or row.finished_at else waiting,
            collected=plain(Decimal(row.collected), row.currency),
            fees=plain(Decimal(row.fees), row.currency),
            net=plain(row.net, row.currency),
            bank_line=paid.line.number if paid else None,
            error=row.error,
            parcels=[PaidParcelOut.of(each, row.currency) for each in parcels],
        )
