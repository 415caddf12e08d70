"""Bank lines of people who were erased: emptied in turns, after the erasure."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from customers import queries as customers
from oms import events, jobs
from oms.models import Job
from orders.enums import BankLineState
from orders.models import BankLine, Order, PayerSearch
from orders.operations import tasks
from orders.queries.bank import PAYER, told_of
from orders.queries.bank_repeats import Likeness, Payers, likeness_of, payers_of

MOST = 500  # lines of one turn
OWNER = "Finance"
KIND = "erased_payers"  # of the job; see oms.wiring.JOBS
BOTH = Likeness(name=True, account=True)


@transaction.atomic
def seek_payer(subject: Any, others: Sequence[Any], *, by: str) -> PayerSearch | None:
    """Note how bank lines may name a person, before they are erased under all their numbers.

    By the words of their names or their companies', and by accounts that they paid from before;
    None where nothing of that is known, or no line is without an owner. It is sealed by their
    fiscal key, which outlives the erasure, and deleted when `forget_payers` came to its end.
    """
    if not _unowned().exists():
        return None
    subjects = [subject, *others]
    sought = payers_of(subjects)
    if subject.fiscal_key is None or not (sought.names or sought.ibans):
        return None
    told = {"names": [sorted(name) for name in sought.names], "ibans": sorted(sought.ibans)}
    return PayerSearch.objects.create(
        subject=subject,
        sealed=customers.seal_fiscal(subject, told, PAYER),
        order=Order.objects.filter(subject__in=subjects).order_by("-pk").first(),
        created_by=by,
    )


@transaction.atomic
def begin_forgetting(*, by: str) -> Job | None:
    """Have a worker look for the lines of people who were erased; None when nobody is sought."""
    if not PayerSearch.objects.exists():
        return None
    return jobs.start(KIND, "Bank lines of people who were erased", {}, by=by)


@transaction.atomic
def resume_forgetting() -> int:
    """Have a worker go on where one failed or was stopped; 1 when there was something (a chore).

    While a job waits or runs, that one does it. Two jobs at once would do nothing twice.
    """
    if Job.objects.filter(kind=KIND).exclude(state__in=jobs.ENDED).exists():
        return 0
    return 1 if begin_forgetting(by="chore:resume_forgetting") else 0


@transaction.atomic
def forget_payers(search: PayerSearch) -> bool:
    """Look at the next lines that belong to nobody; whether there may be more.

    A line that names the person is emptied; its amount, day and what was decided stay. Open money
    may be a namesake's: it takes name and account, else finance gets a task on the person's last
    order, and the line is emptied once it is decided and belongs to nobody (`decide`).
    """
    held = PayerSearch.objects.lock(search.pk)
    if not held:  # another worker came to its end
        return False
    search = held[0]
    sought = _sought(search)
    seen = list(_unowned().filter(pk__gt=search.reached).order_by("pk")[:MOST])
    found = {row.pk: likeness_of(told_of(row), sought) for row in seen}
    alike = {pk: likeness for pk, likeness in found.items() if likeness != Likeness()}

    doubtful = [row for row in seen if row.pk in alike and not _is_theirs(row, alike[row.pk])]
    _ask_finance(search, doubtful)
    emptied = []
    for line in BankLine.objects.lock(*alike):
        if line.subject_id is not None:  # it paid an order meanwhile
            continue
        if _is_theirs(line, alike[line.pk]):
            line.sealed = b""
            emptied.append(line)
        line.payer_erased = True
        line.save(update_fields=["sealed", "payer_erased"])
    events.record_all(
        [events.Fact("bank_line.forgotten", line) for line in emptied], by=search.created_by
    )
    if len(seen) < MOST:
        search.delete()
        return False
    search.reached = seen[-1].pk
    search.save(update_fields=["reached"])
    return True


def forget_decided(line: BankLine, *, by: str) -> None:
    """Empty a locked line, which the caller saves, if its payer may be erased and nobody owns it."""
    if not line.payer_erased or not line.sealed:
        return
    if line.subject_id is None and line.state != BankLineState.OPEN:
        line.sealed = b""
        events.record("bank_line.forgotten", line, by=by)


def _unowned() -> QuerySet[BankLine]:
    return BankLine.objects.filter(subject=None).exclude(sealed=b"")


def _sought(search: PayerSearch) -> Payers:
    told = customers.unseal_fiscal(search.subject, search.sealed, PAYER)
    return Payers([frozenset(name) for name in told["names"]], set(told["ibans"]))


def _is_theirs(line: BankLine, likeness: Likeness) -> bool:
    return line.state != BankLineState.OPEN or likeness == BOTH


def _ask_finance(search: PayerSearch, lines: Sequence[BankLine]) -> None:
    if search.order is None:
        return
    for line in lines:
        title = f"{line} may be of this buyer, who was erased: book it or say it is nothing of ours"
        tasks.create_task(search.order, by=search.created_by, title=title, owner=OWNER)
