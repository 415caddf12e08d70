"""One object for every change of a placed order: drafted, looked at, confirmed or discarded.

The preview does the change, looks at what came of it and undoes everything: what is shown is what
would happen, and nothing of it is stored. Confirming does the same for good, unless the order has
moved on since the steps were written.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from customers import queries as customers
from inventory import operations as inventory
from inventory import queries as stock
from oms import numbers
from oms.errors import DomainError
from orders.enums import ChangeStatus, ChangeStep, OrderStatus
from orders.models import Order, OrderChange, OrderChangeStep, OrderVersion
from orders.operations import checking, limits, moving, pipeline
from orders.operations.change_steps import STEP_CONTEXT, Change, StepImpossible, apply, make_room
from orders.operations.credit_holds import lock_credit_of
from orders.operations.previewing import Effect, OrderMoved, Preview, last_event, preview
from orders.operations.rerouting import elsewhere, follow
from orders.queries.versions import content_of, current_content, worth_moved

CHANGEABLE = {OrderStatus.PLACED, OrderStatus.CONFIRMED}


class ChangeEnded(DomainError):
    """A confirmed or discarded change is what it is."""

    code = "change_ended"
    message = "Change {number} is {status}."


class NothingToChange(DomainError):
    """A change without steps, or with steps that leave the order as it is."""

    code = "nothing_to_change"
    message = "This changes nothing in order {number}."


class NotChangeable(DomainError):
    """The order is closed or cancelled; a return or a new order is the way that is open."""

    code = "not_changeable"
    message = "Order {number} is {status}; take goods back with a return, or place a new order."


@dataclass(frozen=True, slots=True)
class Step:
    """One step as a door gives it; `address`, or `tax_id` in it, is personal and will be sealed."""

    kind: str
    line_id: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    address: Mapping[str, str] | None = None


@transaction.atomic
def draft_change(
    order: Order, *, by: str, steps: Sequence[Step] = (), reason: str = ""
) -> OrderChange:
    """Begin a change of a placed order; nothing happens to the order. Raises NotChangeable."""
    order = pipeline.lock_order(order)
    return _begin(order, by=by, steps=steps, reason=reason)


@transaction.atomic
def change_order(
    order: Order,
    *,
    by: str,
    steps: Sequence[Step],
    seen: int,
    reason: str = "",
    draft: OrderChange | None = None,
) -> OrderChange:
    """Write the steps down and confirm them at once, in a kept draft where there is one.

    `seen` is `Preview.base` of the preview on which the person decided. Raises what
    `confirm_change` raises, OrderMoved when the order is not as it was seen; nothing is kept then.
    """
    moving.lock_all(order, _joining(steps))
    if draft is None:
        draft = draft_change(order, by=by, steps=steps, reason=reason)
    else:
        draft = set_steps(draft, by=by, steps=steps, reason=reason)
    return _perform(draft, by=by, base=seen)


@transaction.atomic
def set_steps(
    change: OrderChange, *, by: str, steps: Sequence[Step], reason: str = ""
) -> OrderChange:
    """Replace the steps of a drafted change, as of the order as it is now. Raises ChangeEnded.

    A `set_address` or `set_tax_id` that says nothing keeps what the draft has: not everybody who
    writes steps is shown it.
    """
    order = pipeline.lock_order(change.order)
    change = _lock(change, order)
    kept = dict(
        change.steps.exclude(sealed=None).order_by("position").values_list("kind", "sealed")
    )
    change.steps.all().delete()
    _write_steps(change, steps, kept=kept)
    change.base, change.reason = last_event(order), reason or change.reason
    change.created_by = by
    change.save(update_fields=["base", "reason", "created_by"])
    return change


def preview_change(change: OrderChange, *, by: str) -> Preview:
    """What confirming would do now: the real act, undone.

    Takes the locks of the act for as long as it lasts. A refusal is part of the answer.
    """
    joining = _joining(change.steps.all())
    return _look(change.order, lambda _order: change, joining, by=by)


def preview_steps(order: Order, *, by: str, steps: Sequence[Step]) -> Preview:
    """What these steps would do, before anything of them is written down; as `preview_change`."""
    return _look(order, lambda order: _begin(order, by=by, steps=steps), _joining(steps), by=by)


@transaction.atomic
def confirm_change(change: OrderChange, *, by: str) -> OrderChange:
    """Do every step, bring the order in line, and keep the version before and after.

    Raises ChangeEnded, OrderMoved when anything happened to the order since the steps were
    written, NothingToChange, NotChangeable, and what a step raises. A refusal changes nothing.
    """
    moving.lock_all(change.order, _joining(change.steps.all()))
    return _perform(change, by=by, base=change.base)


@transaction.atomic
def discard_change(change: OrderChange, *, by: str) -> OrderChange:
    """End a drafted change without doing it. Raises ChangeEnded."""
    order = pipeline.lock_order(change.order)
    change = _lock(change, order)
    _decide(change, ChangeStatus.DISCARDED, by=by)
    return change


def _look(
    order: Order, drafted: Callable[[Order], OrderChange], joining: list[str], *, by: str
) -> Preview:
    def act() -> Effect:
        moving.lock_all(order, joining)
        change = _perform(drafted(pipeline.lock_order(order)), by=by)
        return Effect(Order.objects.filter(number__in=change.outcome["orders"]))

    return preview(order, act, last_event)


def _joining(steps: Iterable[Step | OrderChangeStep]) -> list[str]:
    """Numbers of the orders that these steps merge into theirs."""
    return [str(step.values["order"]) for step in steps if step.kind == ChangeStep.MERGE_FROM]


def _added(steps: Iterable[Step | OrderChangeStep]) -> set[int]:
    """Products of the lines that these steps add."""
    skus = {str(step.values.get("sku")) for step in steps if step.kind == ChangeStep.ADD_LINE}
    return {product.pk for product in stock.products_by_sku(skus).values()} if skus else set()


def _begin(order: Order, *, by: str, steps: Sequence[Step], reason: str = "") -> OrderChange:
    _refuse_unchangeable(order)
    change = OrderChange.objects.create(
        number=numbers.take("change")[0],
        order=order,
        reason=reason,
        base=last_event(order),
        created_by=by,
    )
    _write_steps(change, steps)
    return change


def _perform(change: OrderChange, *, by: str, base: int | None = None) -> OrderChange:
    order = pipeline.lock_order(change.order)
    change = _lock(change, order)
    _refuse_unchangeable(order)
    if base is not None and base != last_event(order):
        raise OrderMoved(number=order.number)
    steps = sorted(change.steps.order_by("position"), key=_is_removal)
    lock_credit_of([order, *moving.joined(order, _joining(steps))])
    lines = moving.lines_of(order, _joining(steps))
    products = {line.product_id for line in lines if line.product_id} | _added(steps)
    inventory.lock_limits(products)  # of every order that is taken on below, before any stock
    held = limits.hold_limits(order, steps)
    make_room(order, steps, by=by, number=change.number)
    moving.make_room(order, _joining(steps), by=by, number=change.number)
    inventory.hold_levels(products)
    work = pipeline.lock(order, by=by)
    worth, before = (
        work.order.total,
        content_of(work.order, work.lines, list(work.order.charges.order_by("pk"))),
    )

    _keep_first(work, before)
    changing = Change(work, number=change.number)
    for step in steps:
        apply(changing, step)
    touched = moving.finish(changing)
    if changing.moved:
        follow(work)
        _refuse_elsewhere(work.order)
    checking.recheck(work)
    work.fact("order.changed", change=change.number, steps=[step.kind for step in steps])
    pipeline.settle(work)
    if work.order.total < 0 <= worth:
        raise StepImpossible(reason="More would be taken off than the order is worth.")
    order, *_ = [pipeline.advance(each, by=by) for each in (work.order, *touched)]
    limits.refuse_beyond(order, held)

    after = current_content(order)
    if after == before and not changing.moved and not changing.renamed and not touched:
        raise NothingToChange(number=order.number)
    _keep(order, change, after, by=by)
    change.outcome = {
        "before": before["totals"],
        "after": after["totals"],
        "parts": worth_moved(before, after),
        "orders": [other.number for other in touched],
    }
    _decide(change, ChangeStatus.CONFIRMED, by=by)
    change.order = order
    return change


def _refuse_elsewhere(order: Order) -> None:
    """Refuse a place to collect at that has not got what is reserved elsewhere."""
    place = order.pickup_location
    if place is None or not (units := elsewhere(order)):
        return
    told = ", ".join(f"{count} at {name}" for name, count in units.items())
    raise StepImpossible(
        reason=f"Units are reserved elsewhere ({told}), and {place.name} cannot serve them now; "
        "lift holds first, or move stock there."
    )


def _is_removal(step: OrderChangeStep) -> bool:
    """What is added comes first: an order is never empty on the way from one content to another."""
    return step.kind != ChangeStep.ADD_LINE


def _lock(change: OrderChange, order: Order) -> OrderChange:
    change = OrderChange.objects.lock_one(change.pk)
    if change.status != ChangeStatus.DRAFT:
        raise ChangeEnded(number=change.number, status=change.status)
    change.order = order
    return change


def _refuse_unchangeable(order: Order) -> None:
    if order.status not in CHANGEABLE:
        raise NotChangeable(number=order.number, status=order.status)


def _write_steps(
    change: OrderChange,
    steps: Sequence[Step],
    *,
    kept: Mapping[str, bytes | memoryview | None] | None = None,
) -> None:
    subject = change.order.subject
    OrderChangeStep.objects.bulk_create(
        OrderChangeStep(
            change=change,
            position=position,
            kind=ChangeStep(step.kind),
            line_id=step.line_id,
            values=dict(step.values),
            sealed=customers.seal(subject, dict(step.address), STEP_CONTEXT)
            if step.address
            else (kept or {}).get(step.kind),
        )
        for position, step in enumerate(steps, start=1)
    )


def _keep_first(work: pipeline.Work, content: dict[str, Any]) -> None:
    """Keep the order as it was placed, before anything is changed for the first time."""
    if not work.order.versions.exists():
        OrderVersion.objects.create(
            order=work.order,
            number=1,
            content=content,
            sealed=work.order.sealed,
            by="system",
            at=work.order.placed_at,
        )


def _keep(order: Order, change: OrderChange, content: dict[str, Any], *, by: str) -> None:
    last = order.versions.aggregate(last=Max("number"))["last"]
    OrderVersion.objects.create(
        order=order, number=last + 1, change=change, content=content, sealed=order.sealed, by=by
    )


def _decide(change: OrderChange, to: ChangeStatus, *, by: str) -> None:
    change.status, change.decided_by, change.decided_at = to, by, timezone.now()
    change.save(update_fields=["status", "decided_by", "decided_at", "outcome"])
