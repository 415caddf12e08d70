"""Messages about bank statements and their lines; nothing in them names a payer."""

from datetime import date
from typing import Literal

import msgspec

from oms.money import plain
from oms.wire import message
from orders.enums import BankLineState
from orders.models import BankLine, BankStatement

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
