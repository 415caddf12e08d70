"""Bank statements: sent once, read by a worker, each line stored once however often it comes."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from customers import queries as customers
from oms import events, jobs, numbers, sealed
from oms.errors import DomainError
from oms.models import Job
from orders.enums import BankLineState
from orders.models import BankAccount, BankLine, BankStatement
from orders.operations import sent_files
from orders.queries.bank import LINE, secret_of
from orders.queries.bank_repeats import Entry, told_otherwise

FORMS = ("csv", "camt")


class StatementRead(DomainError):
    """What a statement's columns mean is said before it is read."""

    code = "statement_read"
    message = "{number} was read, or is being read."


class WrongCurrency(DomainError):
    """An account has one currency."""

    code = "wrong_currency"
    message = "A line is in {currency}; the account {account} is in {own}."


@transaction.atomic
def begin_statement(
    account: BankAccount, content: IO[bytes], *, by: str, form: str
) -> BankStatement:
    """Take a bank's file and have a worker read it; the same file again is the same statement.

    A CSV whose columns nobody has explained yet waits for `explain_columns`. It is sealed until it
    was read and is then deleted: its lines stay.
    """
    digest = sent_files.digest_of(content)
    BankAccount.objects.select_for_update().get(pk=account.pk)
    known = BankStatement.objects.filter(account=account, digest=digest).first()
    if known and not known.error:
        return known

    statement = known or BankStatement(
        number=numbers.take("bank_statement")[0], account=account, digest=digest, created_by=by
    )
    statement.form, statement.error = form, ""
    if not statement.upload:
        sent_files.keep(statement, content)
    statement.save()
    events.record("bank_statement.sent", statement, by=by, account=account.code, form=form)
    if form == "camt" or account.columns:
        _put_in_line(statement, by=by)
    return statement


@transaction.atomic
def begin_local_statement(
    account: BankAccount, content: IO[bytes], *, by: str, form: str
) -> BankStatement:
    """Begin a statement whose file lies with whoever runs the command, and stays theirs."""
    digest = sent_files.digest_of(content)
    BankAccount.objects.select_for_update().get(pk=account.pk)
    known = BankStatement.objects.filter(account=account, digest=digest).first()
    if known:
        return known
    statement = BankStatement.objects.create(
        number=numbers.take("bank_statement")[0],
        account=account,
        digest=digest,
        form=form,
        created_by=by,
    )
    events.record("bank_statement.sent", statement, by=by, account=account.code, form=form)
    return statement


@transaction.atomic
def explain_columns(statement: BankStatement, layout: dict[str, Any], *, by: str) -> BankStatement:
    """Say what the columns of a bank's CSV mean, for this statement and those to come.

    Raises StatementRead when it was read meanwhile.
    """
    statement = BankStatement.objects.select_related("account").get(
        pk=BankStatement.objects.lock_one(statement.pk).pk
    )
    if statement.finished_at or not statement.upload:
        raise StatementRead(number=statement.number)

    statement.account.columns = layout
    statement.account.save(update_fields=["columns"])
    statement.error = ""
    statement.save(update_fields=["error"])
    events.record("bank_account.columns_explained", statement.account, by=by)
    _put_in_line(statement, by=by)
    return statement


@transaction.atomic
def add_lines(statement: BankStatement, entries: Iterable[Entry], *, by: str) -> list[BankLine]:
    """Store what is new of a statement; lines that an earlier file brought are recognised.

    Also when that file was of the other form, CSV or CAMT, and told them in other words: then by
    day, amount and what they refer to or who paid (`orders.queries.bank_repeats`), the likeliest
    first, each line for one movement.
    Two movements of one day that nothing tells apart are two lines when one file has both. Returns
    the new lines. Raises WrongCurrency.
    """
    account = BankAccount.objects.select_for_update().get(pk=statement.account_id)
    named = _digests(account, entries)
    known = set(
        BankLine.objects.filter(account=account, digest__in=named).values_list("digest", flat=True)
    )
    fresh = {digest: entry for digest, entry in named.items() if digest not in known}
    for digest in told_otherwise(statement, fresh, known):
        del fresh[digest]

    lines = [
        _line(statement, number, digest, entry)
        for number, (digest, entry) in zip(
            numbers.take("bank_line", len(fresh)), fresh.items(), strict=True
        )
    ]
    BankLine.objects.bulk_create(lines, batch_size=500)
    statement = BankStatement.objects.lock_one(statement.pk)
    statement.lines_read, statement.known = len(named), len(named) - len(lines)
    statement.save(update_fields=["lines_read", "known"])
    events.record_all(
        [events.Fact("bank_line.read", line, {"statement": statement.number}) for line in lines],
        by=by,
    )
    return lines


@transaction.atomic
def finish_statement(
    statement: BankStatement, *, by: str, matched: int = 0, error: str = ""
) -> BankStatement:
    """Write down what reading came to. The upload goes, unless nothing of it could be read."""
    statement = BankStatement.objects.lock_one(statement.pk)
    statement.matched, statement.error = statement.matched + matched, error[:300]
    statement.finished_at = None if error else timezone.now()
    if not error:
        sent_files.forget(statement)
    statement.save()
    events.record(
        "bank_statement.read",
        statement,
        by=by,
        lines=statement.lines_read,
        known=statement.known,
        matched=matched,
        failed=bool(error),
    )
    return statement


def _digests(account: BankAccount, entries: Iterable[Entry]) -> dict[str, Entry]:
    """Entries by what tells them apart; of equals, by their turn in the file."""
    seen: Counter[str] = Counter()
    found = {}
    for entry in entries:
        if entry.currency != account.currency:
            raise WrongCurrency(
                currency=entry.currency or "no currency", account=account.code, own=account.currency
            )
        print_ = "\0".join(
            (
                str(entry.booked_on),
                f"{entry.amount:.4f}",
                entry.bank_reference,
                *entry.told.values(),
            )
        )
        seen[print_] += 1
        found[sealed.digest(f"bank line {account.pk} {seen[print_]} {print_}")] = entry
    return found


def _line(statement: BankStatement, number: str, digest: str, entry: Entry) -> BankLine:
    told = json.dumps(entry.told, ensure_ascii=False).encode()
    return BankLine(
        number=number,
        account_id=statement.account_id,
        statement=statement,
        digest=digest,
        booked_on=entry.booked_on,
        amount=entry.amount,
        currency=entry.currency,
        bank_reference=entry.bank_reference,
        sealed=sealed.seal_secret(told, secret_of(number)),
        state=BankLineState.OPEN if entry.amount > 0 else BankLineState.WENT_OUT,
    )


def reseal_lines(*, by: str) -> int:  # noqa: ARG001 (an act like others; the command logs it)
    """Wrap the keys of lines that belong to nobody yet by the newest master key; how many."""
    rows = BankLine.objects.filter(subject=None).exclude(sealed=b"")
    for line in rows.iterator(chunk_size=500):
        kept = bytes(line.sealed)
        BankLine.objects.filter(pk=line.pk, sealed=kept).update(sealed=sealed.rewrap_secret(kept))
    return rows.count()


def hand_over(line: BankLine, told: dict[str, str], order: Any) -> None:
    """Seal a locked line by the fiscal key of the buyer it came from, once that is known.

    From then on the buyer's erasure and the end of retention decide about it.
    """
    subject = order.subject
    if line.subject_id or subject is None or subject.fiscal_key is None:
        return
    line.sealed = customers.seal_fiscal(subject, told, LINE)
    line.subject = subject


def _put_in_line(statement: BankStatement, *, by: str) -> Job:
    title = f"Bank statement {statement.number} of {statement.account.code}"
    statement.job = jobs.start("bank_statement", title, {"statement": statement.pk}, by=by)
    statement.save(update_fields=["job"])
    return statement.job
