"""Promises: what an order is told at placing, and every later change with its reason.

Orders served from stock are promised by their channel's rule and cost nothing here. What waits
for supply is promised when that supply can leave, never sooner than the rule. When supply or the
line of those who wait changes, the promises that no longer hold are given anew and written down.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from inventory import operations as inventory
from inventory import queries as stock
from oms import events
from oms.errors import DomainError
from oms.history import record_changed
from orders.enums import OrderStatus, PromiseReason
from orders.models import Order, Promise
from orders.operations.drafts import Draft
from orders.queries.routing import taker_of
from orders.queries.serving import (
    BY_HAND,
    Waiter,
    lines_in_turn,
    per_order,
    related_products,
    serve_in_turn,
)
from orders.queries.waiting import products_waited_for

AT_ONCE = 200  # orders a transaction gives new promises to; the rest follows by an event
OPEN = {OrderStatus.PLACED, OrderStatus.CONFIRMED}
OF_SUPPLY = {
    PromiseReason.SUPPLY_SLIPPED,
    PromiseReason.SUPPLY_SOONER,
    PromiseReason.SUPPLY_LOST,
}


class NotPromised(DomainError):
    """The order is finished, or the date lies in the past."""

    code = "not_promised"
    message = "Order {number} cannot be promised for this date: {reason}"


@dataclass(frozen=True, slots=True)
class Renewed:
    """An order's promise as it would be now."""

    order_id: int
    promised_at: datetime | None  # none: nothing in sight covers it
    before: datetime | None
    arrives_on: date | None
    made_of: list[dict[str, object]]
    untold: bool = False  # the buyer has never been told a day

    @property
    def is_same(self) -> bool:
        """The day given before still stands; hours within it are no news to a buyer."""
        if self.promised_at is None or self.before is None or self.untold:
            return False
        return self.promised_at.date() == self.before.date()

    @property
    def is_later(self) -> bool:
        """Whether the day now is later than the one given before."""
        if self.promised_at is None or self.before is None:
            return False
        return self.promised_at.date() > self.before.date()


def promise_drafts(drafts: Sequence[Draft]) -> None:
    """Promise orders that are being placed and were short of stock: a few statements for all.

    What is available was just given away, so only what is still to come counts, less what others
    were promised of it. Where that is not enough, the channel's rule stands.
    """
    short = [d for d in drafts if not d.error and d.may_allocate and any(_short(d))]
    if not short:
        return
    products = {line.product_id for draft in short for line in _short(draft)}
    view = stock.outlook((pk for pk in products if pk), on_hand=False)
    supplied = [product for product, book in view.books.items() if book.lots]
    for product, waiters in lines_in_turn(supplied).items() if supplied else ():
        view.commit(product, (one.demand for one in waiters))
    for draft in short:
        _promise_draft(draft, view)


@transaction.atomic
def repromise(product_ids: Iterable[int], *, by: str, reason: str) -> int:
    """Look again at the promises of those who wait for these products; how many changed.

    Those who wait are served in their turn from what is expected now. An order whose units come
    later than promised slips; one whose promise was made of supply may become sooner. Records
    `order.promise_changed` for each. Called again, it changes nothing.
    """
    wanted = set(product_ids)
    changed = _worth_saying([row for row in outlook_of(wanted) if not row.is_same])
    if changed:
        _renew(changed[:AT_ONCE], by=by, reason=reason)
    if len(changed) > AT_ONCE:
        inventory.look_again(wanted, by=by)
    return min(len(changed), AT_ONCE)


def outlook_of(product_ids: Iterable[int]) -> list[Renewed]:
    """What each order that waits for one of these products would be promised now."""
    wanted = set(product_ids)
    lines = lines_in_turn(related_products(wanted))
    view = stock.outlook(lines)
    served = serve_in_turn(lines, view)
    return [
        _renewed(waiters, served)
        for waiters in per_order(lines).values()
        if any(one.product_id in wanted for one in waiters)
    ]


@transaction.atomic
def change_promise(
    order: Order, *, by: str, promised_at: datetime, reason: str, note: str = ""
) -> Promise:
    """Give an order another ship-by date on somebody's decision, and write down why.

    Records `order.promise_changed`. Raises NotPromised for a finished order or a past date.
    """
    order = Order.objects.select_related("channel").lock_one(order.pk)
    if order.status not in OPEN:
        raise NotPromised(number=order.number, reason=f"it is {order.status}.")
    if promised_at <= timezone.now():
        raise NotPromised(number=order.number, reason="the date has passed.")

    renewed = Renewed(order.pk, promised_at, order.promised_at, None, _made_of(order))
    return _write([order], {order.pk: renewed}, by=by, reason=reason, note=note)[0]


@transaction.atomic
def set_priorities(priorities: Mapping[int, int], *, by: str, reason: str) -> list[Order]:
    """Set the priorities (by order id) that decide who gets scarce stock; returns what changed.

    Records `order.priority_set`; promises are looked at again by its consumer.
    """
    orders = Order.objects.select_related("channel").lock(*priorities)
    changed = [order for order in orders if order.priority != priorities[order.pk]]
    before = {order.pk: order.priority for order in changed}
    for order in changed:
        order.priority = priorities[order.pk]
    Order.objects.bulk_update(changed, ["priority"])

    record_changed(changed, by=by, reason=reason)
    events.record_all(
        [
            events.Fact(
                "order.priority_set",
                order,
                {"before": before[order.pk], "after": order.priority, "reason": reason},
            )
            for order in changed
        ],
        by=by,
    )
    return changed


def _short(draft: Draft) -> list:
    return [line for line in draft.lines if line.backordered and line.product_id]


def _promise_draft(draft: Draft, view: stock.Outlook) -> None:
    order = draft.order
    place, taker = stock.Destination(order.ship_country, order.ship_area), taker_of(order)
    rule = order.placed_at + timedelta(days=order.channel.promise_days)
    made_of: list[dict[str, object]] = []
    promised: list[stock.Promised] = []
    for line in _short(draft):
        one = view.promise(line.product_id, line.backordered, place, taker).not_before(rule)
        promised.append(one)
        made_of += _plain(line.position, line.sku, one)
    order.promised_at = stock.last_of(one.ships_by for one in promised) or rule
    draft.promise = Promise(
        sequence=1,
        promised_at=order.promised_at,
        arrives_on=stock.last_of(one.arrives_on for one in promised),
        reason=PromiseReason.PLACED,
        made_of=made_of,
        by=draft.by,
        at=order.created_at,
    )


def _plain(position: int, sku: str, one: stock.Promised) -> list[dict[str, object]]:
    rows = [{"line": position, "sku": sku, **part.plain()} for part in one.parts]
    if one.missing:
        rows.append({"line": position, "sku": sku, "kind": "none", "quantity": one.missing})
    return rows


def _renewed(waiters: Sequence[Waiter], served: Mapping[int, stock.Promised]) -> Renewed:
    rule = waiters[0].rule_at
    promised = [served[one.line_id].not_before(rule) for one in waiters]
    ships = stock.last_of(one.ships_by for one in promised)
    made_of = [
        row
        for waiter in waiters
        for row in _plain(waiter.position, waiter.sku, served[waiter.line_id])
    ]
    return Renewed(
        order_id=waiters[0].order_id,
        promised_at=ships,
        before=waiters[0].promised_at,
        arrives_on=stock.last_of(one.arrives_on for one in promised),
        made_of=made_of,
        untold=waiters[0].told_at is None,
    )


def _worth_saying(rows: Sequence[Renewed]) -> list[Renewed]:
    """Slips; promises made of supply that became sooner; cover that was there and is gone."""
    last = _last_promises([row.order_id for row in rows])
    said = [row for row in rows if _is_news(row, last.get(row.order_id))]
    return sorted(said, key=lambda row: row.order_id)


def _is_news(row: Renewed, latest: Promise | None) -> bool:
    if latest is None:
        return row.promised_at is not None and row.before is not None and row.is_later
    if row.promised_at is None:
        return latest.reason != PromiseReason.SUPPLY_LOST and _covered(latest.made_of)
    if latest.reason in BY_HAND:  # stands until what it is made of changes for the worse
        return row.is_later and row.made_of != latest.made_of
    return True


def _covered(made_of: Sequence[Mapping[str, object]]) -> bool:
    return bool(made_of) and all(part["kind"] != "none" for part in made_of)


def _last_promises(order_ids: Sequence[int]) -> dict[int, Promise]:
    rows = Promise.objects.filter(order__in=order_ids).order_by("order_id", "sequence")
    return {row.order_id: row for row in rows}


def _renew(rows: Sequence[Renewed], *, by: str, reason: str) -> None:
    renewed = {row.order_id: row for row in rows}
    orders = Order.objects.select_related("channel").lock(*renewed)
    # Whoever changed a promise since it was read has the last word; the next look sees it.
    still = [order for order in orders if order.promised_at == renewed[order.pk].before]
    _write(still, renewed, by=by, reason=reason)


def _write(
    orders: Sequence[Order],
    renewed: Mapping[int, Renewed],
    *,
    by: str,
    reason: str,
    note: str = "",
) -> list[Promise]:
    """Write new promises of locked orders: ledger, order, history and event."""
    rows = []
    sequences = _sequences(orders)
    for order in orders:
        if order.pk not in sequences:
            rows.append(_first(order))
        rows.append(
            _next(order, renewed[order.pk], sequences.get(order.pk, 1) + 1, by, reason, note)
        )
        order.promised_at = rows[-1].promised_at
    Promise.objects.bulk_create(rows)
    Order.objects.bulk_update(orders, ["promised_at"])

    latest = [row for row in rows if row.sequence > 1]
    record_changed(orders, by=by, reason=reason)
    events.record_all([_fact(row) for row in latest], by=by)
    return latest


def _first(order: Order) -> Promise:
    """The promise that an order got from its channel's rule, written down when it changes."""
    return Promise(
        order=order,
        sequence=1,
        promised_at=order.promised_at or order.placed_at,
        reason=PromiseReason.PLACED,
        by="system",
        at=order.created_at,
    )


def _next(
    order: Order, renewed: Renewed, sequence: int, by: str, reason: str, note: str
) -> Promise:
    before = order.promised_at
    return Promise(
        order=order,
        sequence=sequence,
        promised_at=renewed.promised_at or before or order.placed_at,
        previous_at=before,
        arrives_on=renewed.arrives_on,
        reason=_reason(renewed, reason),
        made_of=renewed.made_of,
        note=note,
        by=by,
    )


def _reason(renewed: Renewed, reason: str) -> str:
    """The caller's reason; for supply, which way it went."""
    if renewed.promised_at is None:
        return PromiseReason.SUPPLY_LOST
    if reason not in OF_SUPPLY:
        return reason
    sooner = renewed.before is not None and renewed.promised_at < renewed.before
    return PromiseReason.SUPPLY_SOONER if sooner or renewed.untold else PromiseReason.SUPPLY_SLIPPED


def _sequences(orders: Sequence[Order]) -> dict[int, int]:
    rows = Promise.objects.filter(order__in=orders).values_list("order_id")
    return dict(rows.annotate(last=Max("sequence")).order_by())


def _made_of(order: Order) -> list[dict[str, object]]:
    """What its waiting units would be made of now."""
    rows = outlook_of(products_waited_for([order.pk]))
    return next((row.made_of for row in rows if row.order_id == order.pk), [])


def _fact(row: Promise) -> events.Fact:
    return events.Fact(
        "order.promise_changed",
        row.order,
        {
            "promised_at": row.promised_at.isoformat(),
            "before": row.previous_at.isoformat() if row.previous_at else None,
            "arrives_on": row.arrives_on.isoformat() if row.arrives_on else None,
            "reason": row.reason,
        },
    )
