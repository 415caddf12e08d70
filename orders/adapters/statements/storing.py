"""Storing what a bank's file says, and booking what is beyond doubt; by a worker or a command."""

from collections.abc import Callable, Iterator
from typing import IO

from oms.errors import DomainError
from orders.adapters.statements.bank import bank_rows
from orders.adapters.statements.tables import Layout, NotReadable
from orders.models import BankLine, BankStatement
from orders.operations import bank_lines, bank_matching

PIECE = 200  # lines matched between two words about progress
Progress = Callable[[int, int], None]


def read_statement(
    statement: BankStatement, content: IO[bytes], *, by: str, progress: Progress | None = None
) -> BankStatement:
    """Store the lines, book those that say beyond doubt what they pay, and end the statement."""
    account = statement.account
    layout = Layout.of(account.columns) if account.columns else None
    try:
        entries = list(bank_rows(content, layout, account.currency, account.iban))
        bank_lines.add_lines(statement, entries, by=by)
    except (NotReadable, DomainError) as broken:
        return bank_lines.finish_statement(statement, by=by, error=str(broken))
    matched = _match(statement, by, progress)
    return bank_lines.finish_statement(statement, by=by, matched=matched)


def match_again(*, by: str, progress: Progress | None = None) -> int:
    """Look at every open line anew, as orders may have come since; how many were booked."""
    found = list(BankLine.objects.filter(state="open").order_by("pk").values_list("pk", flat=True))
    return _in_pieces(found, by, progress)


def sentence(statement: BankStatement) -> str:
    """What reading came to."""
    new = statement.lines_read - statement.known
    return (
        f"{statement.lines_read:,} lines, {new:,} of them new; "
        f"{statement.matched:,} booked by their reference."
    )


def _match(statement: BankStatement, by: str, progress: Progress | None) -> int:
    rows = statement.lines.filter(state="open").order_by("pk")
    return _in_pieces(list(rows.values_list("pk", flat=True)), by, progress)


def _in_pieces(keys: list[int], by: str, progress: Progress | None) -> int:
    done = 0
    for at, lines in _pieces(keys):
        done += bank_matching.match_lines(lines, by=by)
        if progress:
            progress(at, len(keys))
    return done


def _pieces(keys: list[int]) -> Iterator[tuple[int, list[BankLine]]]:
    for at in range(0, len(keys), PIECE):
        rows = BankLine.objects.filter(pk__in=keys[at : at + PIECE]).select_related("subject")
        yield min(at + PIECE, len(keys)), list(rows.order_by("pk"))
