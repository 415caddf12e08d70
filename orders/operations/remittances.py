"""Cash on delivery that a carrier hands over: booked parcel by parcel, each once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from typing import IO, Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.module_loading import import_string

from oms import events, jobs, numbers
from oms.errors import DomainError
from oms.money import ZERO, plain
from orders.enums import PaymentMethod, RemittanceOutcome, TransactionKind
from orders.models import (
    Order,
    Payment,
    Remittance,
    RemittanceProfile,
    RemittanceRow,
)
from orders.operations import payments, pipeline, sent_files, tasks

OWNER = "Finance"


class RemittanceRead(DomainError):
    """What its columns mean is said before it is read."""

    code = "remittance_read"
    message = "{number} was read, or is being read."


@dataclass(frozen=True, slots=True)
class Collected:
    """What a carrier says of a parcel; an amount of none: it cannot be read, and why."""

    position: int  # in the file, from 1
    tracking: str
    amount: Decimal | None
    fee: Decimal | None = None
    broken: str = ""


@transaction.atomic
def begin_remittance(carrier: str, currency: str, content: IO[bytes], *, by: str) -> Remittance:
    """Take a carrier's file and have a worker book it; the same file again is the same remittance.

    A carrier's first one waits for `explain_remittance`. It is sealed until it was read.
    """
    profile, _ = RemittanceProfile.objects.get_or_create(carrier=carrier)
    profile = RemittanceProfile.objects.select_for_update().get(pk=profile.pk)
    digest = sent_files.digest_of(content)
    known = Remittance.objects.filter(carrier=carrier, digest=digest).first()
    if known and not known.error:
        return known

    remittance = known or Remittance(
        number=numbers.take("remittance")[0],
        carrier=carrier,
        currency=currency,
        digest=digest,
        form="csv",
        created_by=by,
    )
    remittance.error = ""
    if not remittance.upload:
        sent_files.keep(remittance, content)
    remittance.save()
    events.record("remittance.sent", remittance, by=by, carrier=carrier)
    if profile.columns:
        _put_in_line(remittance, by=by)
    return remittance


@transaction.atomic
def begin_local_remittance(
    carrier: str, currency: str, content: IO[bytes], *, by: str
) -> Remittance:
    """Begin a remittance whose file lies with whoever runs the command, and stays theirs."""
    profile, _ = RemittanceProfile.objects.get_or_create(carrier=carrier)
    RemittanceProfile.objects.select_for_update().get(pk=profile.pk)
    digest = sent_files.digest_of(content)
    if known := Remittance.objects.filter(carrier=carrier, digest=digest).first():
        return known
    remittance = Remittance.objects.create(
        number=numbers.take("remittance")[0],
        carrier=carrier,
        currency=currency,
        digest=digest,
        form="csv",
        created_by=by,
    )
    events.record("remittance.sent", remittance, by=by, carrier=carrier)
    return remittance


@transaction.atomic
def explain_remittance(remittance: Remittance, layout: dict[str, Any], *, by: str) -> Remittance:
    """Say what the columns of a carrier's files mean, for this one and those to come.

    Raises RemittanceRead when it was read meanwhile.
    """
    remittance = Remittance.objects.lock_one(remittance.pk)
    if remittance.finished_at or not remittance.upload:
        raise RemittanceRead(number=remittance.number)

    RemittanceProfile.objects.update_or_create(
        carrier=remittance.carrier, defaults={"columns": layout}
    )
    remittance.error = ""
    remittance.save(update_fields=["error"])
    events.record("remittance.columns_explained", remittance, by=by)
    _put_in_line(remittance, by=by)
    return remittance


def book_remittance(
    remittance: Remittance, rows: Sequence[Collected], *, by: str
) -> list[RemittanceRow]:
    """Book what was collected, each parcel in a transaction of its own, and report on each.

    A parcel is booked once, whichever file names it again; of one that was short, a later file adds
    what was missing, told alone or as all of it. Money for an order that owes nothing on delivery is
    reported and not booked: finance gets a task to ask the carrier. Repeatable.
    """
    find = import_string(import_module("oms.wiring").ANSWERS["orders.by_tracking"])
    known = set(remittance.rows.values_list("position", flat=True))
    orders: Mapping[str, int] = find(remittance.carrier, {row.tracking for row in rows})
    return [
        _book(remittance, row, orders.get(row.tracking), by=by)
        for row in rows
        if row.position not in known
    ]


@transaction.atomic
def finish_remittance(remittance: Remittance, *, by: str, error: str = "") -> Remittance:
    """Add up what was booked. The upload goes, unless nothing of it could be read."""
    remittance = Remittance.objects.lock_one(remittance.pk)
    booked = remittance.rows.exclude(outcome=RemittanceOutcome.KNOWN)
    sums = booked.aggregate(collected=Sum("collected"), fees=Sum("fee"))
    remittance.lines_read = remittance.rows.count()
    remittance.known = remittance.rows.filter(outcome=RemittanceOutcome.KNOWN).count()
    remittance.collected, remittance.fees = sums["collected"] or ZERO, sums["fees"] or ZERO
    remittance.error, remittance.finished_at = error[:300], None if error else timezone.now()
    if not error:
        sent_files.forget(remittance)
    remittance.save()
    events.record(
        "remittance.read",
        remittance,
        by=by,
        rows=remittance.lines_read,
        collected=plain(remittance.collected, remittance.currency),
        fees=plain(remittance.fees, remittance.currency),
        failed=bool(error),
    )
    return remittance


@transaction.atomic
def _book(remittance: Remittance, row: Collected, order: int | None, *, by: str) -> RemittanceRow:
    told = RemittanceRow(
        remittance=remittance,
        position=row.position,
        tracking=row.tracking,
        collected=row.amount or ZERO,
        fee=row.fee or ZERO,
    )
    if row.amount is None or row.amount < 0:
        told.outcome = RemittanceOutcome.BROKEN
        told.said = (row.broken or "Less than nothing was collected.")[:200]
    elif order is None:
        told.outcome = RemittanceOutcome.MISSING
        told.said = f"{remittance.carrier} got no parcel {row.tracking} from us."[:200]
    else:
        _collect(remittance, told, pipeline.lock(Order.objects.get(pk=order), by=by))
    told.save()
    return told


def _collect(remittance: Remittance, told: RemittanceRow, work: pipeline.Work) -> None:
    told.order, currency = work.order, work.order.currency
    cash = list(work.order.payments.filter(method=PaymentMethod.CASH_ON_DELIVERY).order_by("pk"))
    told.expected = sum((payments.open_amount(row) for row in cash), ZERO)
    earlier = _earlier(remittance, told)
    if earlier and not _is_more(told, earlier, work):
        return
    if told.expected <= 0 or currency != remittance.currency:
        _report_not_due(remittance, told, work)
        return
    difference = told.collected - told.expected
    told.outcome = RemittanceOutcome.PAID
    if difference:
        told.outcome = RemittanceOutcome.OVER if difference > 0 else RemittanceOutcome.SHORT
        much = f"{plain(abs(difference), currency)} {currency}"
        told.said += f"{much} {'more' if difference > 0 else 'less'} than {work.order} owes."
    if told.collected > 0:
        turn = f" {len(earlier) + 1}" if earlier else ""
        reference = f"{remittance.carrier} {told.tracking}"[: 120 - len(turn)] + turn
        _receive(work, cash, told, reference)


def _earlier(remittance: Remittance, told: RemittanceRow) -> list[RemittanceRow]:
    """Rows by which money for this parcel was booked on its order before."""
    rows = RemittanceRow.objects.filter(order=told.order, tracking=told.tracking)
    rows = rows.filter(remittance__carrier=remittance.carrier).exclude(transaction=None)
    return list(rows.select_related("remittance").order_by("pk"))


def _is_more(told: RemittanceRow, earlier: Sequence[RemittanceRow], work: pipeline.Work) -> bool:
    """Whether a row brings more for a parcel than was booked; it then stands for the rest alone.

    A carrier that was short names the rest in a later file, or all of it again. The same amount
    again is a repeat; where it may be a repeat and the rest, or the rest and all, nothing is booked
    and somebody asks the carrier.
    """
    before = sum((row.collected for row in earlier), ZERO)
    said, owed, currency = told.collected, told.expected or ZERO, work.order.currency
    names = ", ".join(str(row.remittance) for row in earlier)
    was = f"{plain(before, currency)} {currency} was booked from {names}"
    again = said in {ZERO, before, *(row.collected for row in earlier)}
    rest, in_all = said <= owed, before < said <= before + owed
    exact = said == owed or said == before + owed
    if owed > 0 and (said == owed if again else not exact and rest == in_all):
        told.outcome = RemittanceOutcome.KNOWN
        told.said = f"{was}; what this adds to it cannot be told."[:200]
        title = (
            f"Ask {told.remittance.carrier} about {told.tracking}: {plain(said, currency)}, {was}"
        )
        tasks.create_task(work.order, by=work.by, title=title[:200], owner=OWNER)
        return False
    if again:
        told.outcome, told.said = RemittanceOutcome.KNOWN, f"{was}."[:200]
        return False
    if in_all and said != owed:
        told.collected = said - before
        told.said = f"{plain(said, currency)} {currency} in all; {was}. "[:120]
    elif rest:
        told.said = f"The rest; {was}. "[:120]
    return True


def _report_not_due(remittance: Remittance, told: RemittanceRow, work: pipeline.Work) -> None:
    """Money that nobody owes is not booked; finance finds out from the carrier whose it is."""
    told.outcome, order = RemittanceOutcome.NOTHING_DUE, work.order
    told.said = (
        f"{order} is in {order.currency}."
        if order.currency != remittance.currency
        else f"{order} owes nothing on delivery; ask {remittance.carrier}."
    )
    if told.collected > 0:
        much = f"{plain(told.collected, remittance.currency)} {remittance.currency}"
        title = f"{remittance.carrier} collected {much} for {told.tracking} that nobody owes"
        tasks.create_task(order, by=work.by, title=title[:200], owner=OWNER)


def _receive(
    work: pipeline.Work, cash: Sequence[Payment], told: RemittanceRow, reference: str
) -> None:
    """Fill the promises of cash in turn; what is more than all of them goes on the last."""
    left = told.collected
    owing = [(row, amount) for row in cash if (amount := payments.open_amount(row)) > 0]
    for payment, amount in owing:
        part = left if payment is owing[-1][0] else min(left, amount)
        if part > 0:
            row = payments.record_transaction(
                work, payment, TransactionKind.CAPTURE, part, reference
            )
            told.transaction = told.transaction or row
            left -= part
    payments.finish(work, owing[-1][0])


def _put_in_line(remittance: Remittance, *, by: str) -> None:
    title = f"Remittance {remittance.number} of {remittance.carrier}"
    remittance.job = jobs.start("remittance", title, {"remittance": remittance.pk}, by=by)
    remittance.save(update_fields=["job"])
