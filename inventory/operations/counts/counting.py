"""Counting: what was found is written beside what the book said in that very moment.

The difference is fixed when the units are counted. Whatever moves between then and the posting
moves the book alone, so the posting adds the difference to whatever the book says by then.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inventory.enums import CountLineState, CountStatus
from inventory.models import Count, CountEntry, CountLine, StockLevel
from inventory.operations.counts import documents
from inventory.operations.counts.planning import add_lines, next_turns, refuse_counted
from inventory.operations.stock import levels_of
from inventory.queries import counts as questions
from inventory.queries.picked import lots_on_shelf, picked_units
from oms import events
from oms.errors import DomainError

OPEN = (CountStatus.PLANNED, CountStatus.COUNTING, CountStatus.RECOUNT)
WANTED = {CountLineState.TO_COUNT, CountLineState.TO_RECOUNT}


class NotOnSheet(DomainError):
    """The thing is not asked for, or not any more."""

    code = "not_on_sheet"
    message = "{number} does not ask for {what} in this round."


class SameCounter(DomainError):
    """A recount by the same person proves nothing."""

    code = "same_counter"
    message = "Somebody else has to count {sku} again: you counted it before."


class NotCounted(DomainError):
    """Lines are left."""

    code = "not_counted"
    message = (
        "{number}: {left} of {total} lines are not counted yet. Nothing found is a count of 0."
    )


@transaction.atomic
def enter(count: Count, *, by: str, quantities: Mapping[int, int]) -> Count:
    """Write down how many units of these lines (by id) are on the shelf.

    Repeating it with another figure corrects the entry until the round is finished; the same
    figure again changes nothing. The first entry starts the count. What is picked or packed and
    has not left is on hand and not on the shelf: it is taken off the book figure, so that nobody
    has to look into trolleys. Raises NotOnSheet, SameCounter and WrongCountStatus, and changes
    nothing.
    """
    count = documents.lock(count)
    documents.refuse_unless(count, *OPEN)
    lines = _wanted(count, quantities)
    _refuse_same_counter(lines, by)

    if count.status == CountStatus.PLANNED:
        documents.move(count, CountStatus.COUNTING, by=by)
    _write(count, lines, quantities, by)
    return count


@transaction.atomic
def scan(count: Count, *, by: str, code: str, quantity: int = 1) -> CountLine:
    """Add units of what this SKU or barcode names to what is counted so far; the line.

    Raises NotOnSheet, SameCounter and WrongCountStatus.
    """
    count = documents.lock(count)
    line = questions.line_of_code(count, code)
    if line is None or line.state not in WANTED:
        raise NotOnSheet(number=count.number, what=code.strip()[:64])
    so_far = line.entries.filter(round=line.round).values_list("quantity", flat=True).first() or 0

    enter(count, by=by, quantities={line.pk: max(so_far + quantity, 0)})
    return line


@transaction.atomic
def include(count: Count, *, by: str, product_id: int, lot_id: int | None = None) -> CountLine:
    """Add a product that was found and is not on the sheet; of a tracked product the lot.

    Raises BeingCounted when another count has it, and WrongCountStatus.
    """
    count = documents.lock(count)
    documents.refuse_unless(count, CountStatus.PLANNED, CountStatus.COUNTING)
    level = levels_of({(product_id, count.location_id)})[product_id, count.location_id]
    if line := count.lines.filter(level=level, lot=lot_id).first():
        return line
    if lot_id is None:
        refuse_counted(count.location, [level])
        if not (made := add_lines(count, [level])):
            raise NotOnSheet(number=count.number, what="a tracked product without its lot")
        line = made[0]
    else:
        position = count.lines.count() + 1
        line = CountLine.objects.create(count=count, level=level, lot_id=lot_id, position=position)
    events.record("count.line_added", count, by=by, product=product_id, reason="found")
    return line


@transaction.atomic
def finish(count: Count, *, by: str) -> Count:
    """End a round: what differs above tolerance is counted again by somebody else.

    After a recount differences wait for approval. What is within tolerance is approved at once;
    a count that found what the book says everywhere is posted, for there is nothing to post.
    Raises NotCounted and WrongCountStatus.
    """
    count = documents.lock(count)
    documents.refuse_unless(count, CountStatus.COUNTING, CountStatus.RECOUNT)
    lines = [line for line in documents.lines_of(count) if line.state in WANTED]
    entries = questions.entries_of_round(lines)
    if missing := len(lines) - len(entries):
        raise NotCounted(number=count.number, left=missing, total=len(lines))

    for line in lines:
        _judge(count, line, entries[line.pk])
    fields = ["state", "round", "counted", "expected", "unit_cost", "decided_by", "decision"]
    CountLine.objects.bulk_update(lines, fields)
    _next_status(count, by)
    return count


def _wanted(count: Count, quantities: Mapping[int, int]) -> list[CountLine]:
    rows = count.lines.filter(pk__in=list(quantities), state__in=WANTED)
    lines = list(rows.select_related("level__product").order_by("level_id"))
    known = {line.pk for line in lines}
    for pk, quantity in quantities.items():
        if pk not in known or quantity < 0:
            raise NotOnSheet(number=count.number, what=f"line {pk}")
    return lines


def _refuse_same_counter(lines: Sequence[CountLine], by: str) -> None:
    again = [line for line in lines if line.round > 1]
    earlier = CountEntry.objects.filter(line__in=again, by=by, round__lt=F("line__round"))
    if entry := earlier.select_related("line__level__product").first():
        raise SameCounter(sku=entry.line.level.product.sku)


def _write(
    count: Count, lines: Sequence[CountLine], quantities: Mapping[int, int], by: str
) -> None:
    """Lock the levels, so that book figure and trolleys are of one moment, and keep both."""
    levels = {level.pk: level for level in StockLevel.objects.lock(*(li.level_id for li in lines))}
    products = [line.level.product_id for line in lines]
    picked = picked_units(count.location_id, products)
    by_lot = lots_on_shelf(count.location_id, [line for line in lines if line.lot_id])
    CountEntry.objects.bulk_create(
        [
            CountEntry(
                line=line,
                round=line.round,
                quantity=quantities[line.pk],
                expected=by_lot.get(line.lot_id, 0)
                if line.lot_id
                else levels[line.level_id].on_hand - picked.get(line.level.product_id, 0),
                by=by,
                at=timezone.now(),
            )
            for line in lines
        ],
        update_conflicts=True,
        unique_fields=["line", "round"],
        update_fields=["quantity", "expected", "by", "at"],
    )


def _judge(count: Count, line: CountLine, entry: CountEntry) -> None:
    line.counted, line.expected = entry.quantity, entry.expected
    line.unit_cost = line.level.product.unit_cost
    if not line.difference:
        line.state = CountLineState.MATCHED
    elif within_tolerance(count, line):
        line.state, line.decided_by = CountLineState.APPROVED, "system"
        line.decision = "Within tolerance"
    elif line.round == 1:
        line.state, line.round = CountLineState.TO_RECOUNT, 2
    else:
        line.state = CountLineState.TO_APPROVE


def within_tolerance(count: Count, line: CountLine) -> bool:
    """Whether a counted line is believed without a second look, by the count's tolerance."""
    units = abs(line.difference or 0)
    percent = Decimal(line.expected or 0) * count.tolerance_percent / 100
    if units > max(Decimal(count.tolerance_units), percent):
        return False
    return line.value is None or abs(line.value) <= count.tolerance_value


def _next_status(count: Count, by: str) -> None:
    states = set(count.lines.values_list("state", flat=True))
    if CountLineState.TO_RECOUNT in states:
        lines = count.lines.filter(state=CountLineState.TO_RECOUNT).count()
        documents.move(count, CountStatus.RECOUNT, by=by, lines=lines)
    elif states <= {CountLineState.MATCHED, CountLineState.KEPT, CountLineState.POSTED}:
        next_turns(count)
        documents.move(count, CountStatus.POSTED, by=by, lines=count.lines.count(), moved=0)
    else:
        documents.move(count, CountStatus.TO_APPROVE, by=by)
