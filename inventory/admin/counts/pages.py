"""What the page of a count shows: the blind sheet while it runs, the differences afterwards."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpRequest

from inventory.admin.counts.acts import COUNT
from inventory.enums import CountLineState, CountStatus, Tracking
from inventory.models import Count, CountEntry, CountLine
from inventory.queries import counts as questions
from inventory.queries import lots_with_code, product_with_code
from oms import words
from oms.admin import actor

OPEN = {CountStatus.PLANNED, CountStatus.COUNTING, CountStatus.RECOUNT}
TONES = {CountLineState.TO_APPROVE: "warn", CountLineState.TO_RECOUNT: "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """A counted line as the page of differences shows it."""

    line: CountLine
    rounds: list[tuple[CountEntry, str]]  # what was found, and by whom
    after: int  # on hand when it is posted now
    decided: str  # by whom
    tone: str
    may_choose: bool


@dataclass(frozen=True, slots=True)
class Stranger:
    """Something that was scanned and is not on the sheet."""

    code: str
    name: str
    product_id: int
    lot_id: int | None = None


def stranger(code: str) -> Stranger | None:
    """What a code that the sheet does not know means: a lot, or an untracked product."""
    if lot := lots_with_code(code).select_related("product").first():
        name = f"{lot.product.sku} {lot.code}"
        return Stranger(lot.code, name, lot.product_id, lot.pk)
    product = product_with_code(code)
    if product is None or product.tracking != Tracking.NONE:
        return None
    return Stranger(product.sku, product.sku, product.pk)


def why_not(count: Count, code: str) -> str:
    """What is wrong with a scan that the sheet has no line for."""
    product = product_with_code(code)
    if product is None and not lots_with_code(code).exists():
        return f"{code} is no SKU, barcode, lot or serial number."
    if product is not None and product.tracking != Tracking.NONE:
        what = "serial number" if product.tracking == Tracking.SERIAL else "lot"
        return f"{product.sku} is counted by its {what}: scan that."
    return f"{count} does not ask for {code} in this round."


def page_of(request: HttpRequest, count: Count, **said: Any) -> dict[str, Any]:
    """The context of the page; `said` is what came of the last scan or entry."""
    is_sheet = count.status in OPEN
    context = {"count": count, "is_sheet": is_sheet, "title": count.number}
    return context | (_sheet(request, count, said) if is_sheet else _review(request, count))


def after_round(count: Count) -> str:
    """What comes next, in a sentence."""
    if count.status == CountStatus.RECOUNT:
        left = count.lines.filter(state=CountLineState.TO_RECOUNT).count()
        return f"{words.count(left, 'line')} must be counted again by somebody else."
    if count.status == CountStatus.TO_APPROVE:
        return f"{count} is counted; its differences wait for a decision."
    return f"{count} is counted: everything is as the book says."


def _sheet(request: HttpRequest, count: Count, said: dict[str, Any]) -> dict[str, Any]:
    lines = list(questions.sheet(count))
    entries = questions.entries_of_round(lines)
    for line in lines:
        line.entry = entries.get(line.pk)  # type: ignore[attr-defined]
    own = _counted_before(lines, actor(request))
    here = said.get("here") or _number(request.GET.get("line", ""))
    done = len(entries)
    return {
        "here": next((line for line in lines if line.pk == here), None),
        "todo": [line for line in lines if line.pk not in entries and line.pk != here],
        "done_lines": [line for line in lines if line.pk in entries and line.pk != here],
        "done": done,
        "total": len(lines),
        "percent": done * 100 // len(lines) if lines else 100,
        "may_count": request.user.has_perm(COUNT),
        "wrong": said.get("wrong", ""),
        "found": said.get("found"),
        "may_include": count.status != CountStatus.RECOUNT,
        "own": own,
    }


def _counted_before(lines: list[CountLine], by: str) -> int:
    """Lines of a recount that this person counted before and therefore leaves to others."""
    again = [line.pk for line in lines if line.round > 1]
    rows = CountEntry.objects.filter(line__in=again, by=by, round=1)
    return rows.count() if again else 0


def _review(request: HttpRequest, count: Count) -> dict[str, Any]:
    lines = list(
        count.lines.select_related("level__product", "lot")
        .prefetch_related("entries")
        .order_by("position")
    )
    names = words.names_of(
        [entry.by for line in lines for entry in line.entries.all()]
        + [line.decided_by for line in lines]
    )
    waits = count.status == CountStatus.TO_APPROVE
    rows = [_row(line, names, waits=waits) for line in lines]
    counted = [row for row in rows if row.line.difference is not None]
    return {
        "off": [row for row in counted if row.line.difference],
        "right": [row for row in counted if not row.line.difference],
        "figures": _figures([row.line for row in counted]),
        "may_decide": waits and request.user.has_perm("inventory.approve_count"),
        "undecided": sum(row.line.state == CountLineState.TO_APPROVE for row in rows),
    }


def _row(line: CountLine, names: dict[str, str], *, waits: bool) -> Row:
    entries = sorted(line.entries.all(), key=lambda entry: entry.round)
    state = CountLineState(line.state)
    choosable = {CountLineState.TO_APPROVE, CountLineState.APPROVED}
    return Row(
        line=line,
        rounds=[(entry, names[entry.by]) for entry in entries],
        after=line.level.on_hand + (line.difference or 0),
        decided="tolerance" if line.decided_by == "system" else names.get(line.decided_by, ""),
        tone=TONES.get(state, ""),
        may_choose=waits and state in choosable,
    )


def _figures(lines: list[CountLine]) -> dict[str, Any]:
    differences = [line.difference or 0 for line in lines]
    values = [line.value or Decimal(0) for line in lines]
    right = sum(not difference for difference in differences)
    return {
        "lines": len(lines),
        "right": right,
        "percent": round(right * 100 / len(lines)) if lines else 0,
        "found": sum(units for units in differences if units > 0),
        "missing": -sum(units for units in differences if units < 0),
        "net": sum(values, Decimal(0)),
        "gross": sum((abs(value) for value in values), Decimal(0)),
    }


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004 (64 bits)
