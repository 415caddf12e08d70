"""Placing: one function over a batch; a single order is a batch of one.

A batch is one transaction of set-based statements whose number does not depend on its size. All
is worked out in memory first (`orders.operations.drafting`), stock rows are touched last, in key
order, by one conditional update. When somebody else was faster (stock taken, same external id,
same new customer) everything is undone and worked out again on locked rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, OperationalError, transaction

from inventory import operations as inventory
from oms import bulk, events
from oms.connections import gave_way
from oms.errors import DomainError
from orders.models import Channel, Order
from orders.operations.drafting import draft_batch
from orders.operations.drafts import Draft
from orders.operations.sent import (
    ExternalIdReused,
    InvalidOrder,
    OutOfStock,
    PlacedCharge,
    PlacedLine,
    PlacedOrder,
    PlacedPayment,
)
from orders.queries.detail import OrderDetail, details

__all__ = [
    "BatchRefused",
    "ExternalIdReused",
    "InvalidOrder",
    "OutOfStock",
    "Placed",
    "PlacedCharge",
    "PlacedLine",
    "PlacedOrder",
    "PlacedPayment",
    "place",
    "place_all",
    "place_one",
]

ATTEMPTS = 5


class BatchRefused(DomainError):
    """One order of an all-or-nothing batch was refused, so none was placed."""

    code = "batch_refused"
    message = "Nothing was placed: {failed} of {total} orders were refused."

    def __init__(self, results: "list[Placed]") -> None:
        self.results = results
        failed = sum(result.error is not None for result in results)
        super().__init__(failed=failed, total=len(results))


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of one order of a batch: the order, new or known before, or the refusal."""

    order: Order | None = None
    created: bool = False
    detail: OrderDetail | None = None
    error: DomainError | None = None


def place(channel: Channel, batch: Sequence[PlacedOrder], *, by: str) -> list[Placed]:
    """Place orders, each as far along the pipeline as the facts allow; one result per order.

    An order that was sent before with the same content is returned as it is. A refused order
    (ExternalIdReused, InvalidOrder, OutOfStock where the channel allows no backorder) carries its
    error and leaves nothing behind; the others are placed. What a person can put right does not
    refuse an order, it places a hold (`orders.queries.validation`).
    """
    return _persist(channel, batch, by=by, whole=False)


def place_all(channel: Channel, batch: Sequence[PlacedOrder], *, by: str) -> list[Placed]:
    """Like `place`, but all or nothing: raises BatchRefused with the results when one is refused."""
    return _persist(channel, batch, by=by, whole=True)


def place_one(channel: Channel, placed: PlacedOrder, *, by: str) -> Placed:
    """Place one order; raises its refusal."""
    result = place(channel, [placed], by=by)[0]
    if result.error:
        raise result.error
    return result


class _Refused(Exception):
    """An order turned out to be impossible after its buyer was written: undo and leave it out."""

    def __init__(self, errors: dict[int, DomainError]) -> None:
        super().__init__()
        self.errors = errors


def _persist(
    channel: Channel, batch: Sequence[PlacedOrder], *, by: str, whole: bool
) -> list[Placed]:
    refused: dict[int, DomainError] = {}
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                drafts = draft_batch(channel, batch, by=by, locked=attempt > 0, refused=refused)
                return _write(drafts, by=by, whole=whole)
        except _Refused as refusal:
            refused |= refusal.errors
        except (inventory.StockTaken, IntegrityError):
            if attempt == ATTEMPTS - 1:
                raise
        except OperationalError as error:
            if attempt == ATTEMPTS - 1 or not gave_way(error):
                raise
    raise AssertionError


def _write(drafts: Sequence[Draft], *, by: str, whole: bool) -> list[Placed]:
    late = {at: d.error for at, d in enumerate(drafts) if d.error and d.is_new}
    if late:
        raise _Refused(late)
    if whole and any(draft.error for draft in drafts):
        raise BatchRefused([Placed(error=draft.error) for draft in drafts])
    fresh = [draft for draft in drafts if draft.is_new]
    if fresh:
        _insert(fresh, by=by)
        _reserve(fresh, by=by)  # last: others wait for these rows until the commit
        inventory.take_slots([slot for d in fresh for plan in d.plans for slot in plan.slots])
    known = [draft.order for draft in drafts if draft.order and not draft.is_new]
    shown = {row.order.pk: row for row in [*details(known), *(d.detail() for d in fresh)]}
    return [_result(draft, shown) for draft in drafts]


def _reserve(drafts: Sequence[Draft], *, by: str) -> None:
    takes = [take for draft in drafts for take in draft.takes()]
    claims = [
        inventory.Claimed(d.claim, d.order.number, frozenset(line.pk for line in d.lines))
        for d in drafts
        if d.claim
    ]
    if claims:
        inventory.reserve_claimed(takes, claims, by=by)
    elif takes:
        inventory.reserve(takes)


def _result(draft: Draft, shown: dict[int, OrderDetail]) -> Placed:
    source = draft.repeats or draft
    if source.error or source.order is None:
        return Placed(error=source.error)
    return Placed(source.order, draft.is_new, shown[source.order.pk])


def _insert(drafts: Sequence[Draft], *, by: str) -> None:
    """Write the drafts' rows. A table joins by a line here and a list in `Draft`."""
    orders = [draft.order for draft in drafts]
    lines = [line for draft in drafts for line in draft.lines]
    holds = [hold for draft in drafts for hold in draft.holds]
    payments = [row for draft in drafts for row in draft.payments]
    bulk.number(orders, lines, holds, payments)
    for draft in drafts:
        draft.link()
    batch = bulk.Batch()
    batch.add(orders, history_by=by)
    batch.add(lines)
    batch.add(row for draft in drafts for row in draft.charges)
    batch.add(holds)
    batch.add(run for draft in drafts for run in draft.runs)
    batch.add(payments)
    batch.add(row for draft in drafts for row in draft.transactions)
    batch.add(draft.business for draft in drafts if draft.business)
    batch.add(draft.promise for draft in drafts if draft.promise)
    batch.add(inventory.decisions((one for d in drafts for one in d.sourced()), cause="placed"))
    batch.add(events.first((fact for draft in drafts for fact in draft.facts()), by=by))
    batch.insert()
