"""Units and money that go from one order to another: split off, or merged with it.

Nothing is lost and nothing made on the way. Units end in the one order as moved, not cancelled,
and are wanted in the other at exactly the value they had; money that was received for them goes
along as a pair of transactions, out of one payment and into another, which add up to nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from importlib import import_module

from django.utils.module_loading import import_string

from customers import queries as customers
from oms import numbers
from oms.history import stamp
from oms.money import ZERO, plain, quantize
from orders.enums import CancelReason, ChargeKind, HoldKind, OrderLinkKind, TransactionKind
from orders.models import Hold, Order, OrderCharge, OrderLine, OrderLink, Promise
from orders.operations import cancelling, payments, pipeline
from orders.operations.change_steps import Change, StepImpossible
from orders.operations.repricing import places_of, price
from orders.queries.balance import DEFERRED
from orders.queries.sealing import CONTEXT
from orders.queries.totals import share, totals_of

COPIED = (
    "channel",
    "customer",
    "subject",
    "sealed",
    "currency",
    "price_includes_tax",
    "ship_country",
    "ship_region",
    "ship_area",
    "pickup_location",
    "buyer_tax_id",
    "priority",
    "tags",
    "placed_at",
    "promised_at",
)
UNIT = Decimal("0.0001")  # of a unit price
PLACE = ("name", "line1", "line2", "postcode", "city", "region", "country")


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line on their way into another order, worth `value` as priced there."""

    line: OrderLine
    quantity: int
    value: Decimal
    discount: Decimal
    place: int | None  # the location that served them: it decides their tax

    def wanted_in(self, order: Order, position: int) -> OrderLine:
        """The line that these units become: rounding shows in the price, never in the value."""
        unit_price, discount = self.line.unit_price, self.discount
        if quantize(self.quantity * unit_price - discount, order.currency) != self.value:
            least = self.value / self.quantity
            unit_price = max(unit_price, least.quantize(UNIT, rounding=ROUND_UP))
            discount = self.quantity * unit_price - self.value
        return OrderLine(
            order=order,
            position=position,
            product=self.line.product,
            sku=self.line.sku,
            name=self.line.name,
            external_id=self.line.external_id,
            quantity=self.quantity,
            unit_price=unit_price,
            discount=discount,
        )


def split_off(change: Change, quantities: Mapping[int, int]) -> Order:
    """Move units by line id out of the locked order of a change into a new order.

    The new order is the same buyer's, goes to the same place, keeps date, promise and priority,
    and waits for whatever this one is on hold for. Charges stay. What was received beyond what
    this order is worth without the units goes along, and so does what is promised; what is only
    authorised stays, because a gateway captures it once. Raises StepImpossible.
    """
    work, order = change.work, change.work.order
    parts = _parts(work, quantities)
    if sum(line.due for line in work.lines) == sum(quantities.values()):
        raise StepImpossible(reason="Everything would go into the new order; leave one unit.")
    other = _begin(order, by=work.by)
    cancelling.take_off(
        work, quantities, reason=CancelReason.MOVED, note=change.number, to=other.number
    )

    there = pipeline.lock(other, by=work.by)
    _append(there, parts)
    _copy_holds(work, there)
    _move_money(change.number, work, there)
    _link(change, OrderLinkKind.SPLIT, source=order, target=other)
    there.fact(
        "order.split_off",
        change=change.number,
        source=order.number,
        lines=[[line.pk, line.quantity] for line in there.lines],
    )
    pipeline.settle(there)
    return pipeline.advance(other, by=work.by)


def merge_from(change: Change, number: str) -> Order:
    """Move everything of another order, charges and money too, into the locked order of a change.

    That order ends as moved. Raises StepImpossible, naming the way that is open, when it is not
    the same buyer's in the same channel to the same place, when anything of it has shipped, and
    while money for it is only authorised.
    """
    work = change.work
    source = pipeline.lock(_other(work.order, number), by=work.by)
    _refuse_apart(work.order, source)
    quantities = {line.pk: line.due for line in source.lines if line.due}
    parts = _parts(source, quantities)
    charges = [row for row in source.order.charges.order_by("pk") if row.kind != ChargeKind.RETURN]
    _copy_holds(source, work)  # before they end with their order
    _move_promised(change.number, source, work, source.money.deferred)
    cancelling.take_off(
        source, quantities, reason=CancelReason.MOVED, note=change.number, to=work.order.number
    )

    _append(work, parts)
    for row in charges:
        OrderCharge.objects.create(
            order=work.order,
            kind=row.kind,
            description=row.description or source.order.number,
            amount=row.amount,
            tax_amount=row.tax_amount,
            tax_lines=row.tax_lines,
        )
    spare = source.money.received - (source.money.granted - source.money.refunded)
    _move_received(change.number, source, work, max(spare, ZERO))
    _link(change, OrderLinkKind.MERGE, source=source.order, target=work.order)
    work.fact("order.merged", change=change.number, source=number)
    return pipeline.settle(source)


def finish(change: Change) -> list[Order]:
    """Do what the steps asked for in all: one new order, and each order that is merged."""
    touched = [merge_from(change, number) for number in change.joining]
    if change.leaving:
        touched.append(split_off(change, change.leaving))
    return touched


def make_room(order: Order, joining: Iterable[str], *, by: str, number: str) -> None:
    """Take back from locations what orders are about to bring into this one."""
    recall = import_string(import_module("oms.wiring").ANSWERS["orders.recall_lines"])
    for each in joining:
        other = _other(order, each)
        busy = {line.pk for line in other.lines.all() if line.released > line.shipped}
        if busy:
            recall(other, busy, by=by, reason=f"Change {number}")


def lock_all(order: Order, joining: Iterable[str]) -> None:
    """Lock the rows of all orders that a change is about, in key order, before anything else."""
    if others := set(joining):
        rows = Order.objects.filter(number__in=others | {order.number}).order_by("pk")
        list(rows.select_for_update().values_list("pk"))


# --- Units ------------------------------------------------------------------------------------


def _parts(work: pipeline.Work, quantities: Mapping[int, int]) -> list[Part]:
    lines, places = {line.pk: line for line in work.lines}, places_of(work.order)
    parts = []
    for pk, quantity in quantities.items():
        line = lines[pk]
        _refuse_units(line, quantity)
        parts.append(_part(work.order, line, quantity, places.get(pk)))
    return parts


def _refuse_units(line: OrderLine, quantity: int) -> None:
    free = line.due - line.shipped
    if line.product_id is None:
        raise StepImpossible(reason=f"Say first what {line.sku} is; nobody knows this SKU.")
    if not 0 < quantity <= free:
        raise StepImpossible(reason=f"Of {line.sku} {free} can still go into another order.")
    if quantity > line.due - line.released:
        raise StepImpossible(
            reason="The work is just being handed to a location; try again in a moment."
        )


def _part(order: Order, line: OrderLine, quantity: int, place: int | None) -> Part:
    priced = line.total if order.price_includes_tax else line.total - line.tax_amount
    return Part(
        line,
        quantity,
        value=_last_units(priced, line, quantity, order.currency),
        discount=_last_units(line.discount, line, quantity, order.currency),
        place=place,
    )


def _last_units(amount: Decimal, line: OrderLine, quantity: int, currency: str) -> Decimal:
    """What the last units that are still wanted are worth, so that the rest still adds up."""
    wanted = share(amount, line.due, line.quantity, currency)
    return wanted - share(amount, line.due - quantity, line.quantity, currency)


def _append(work: pipeline.Work, parts: Iterable[Part]) -> None:
    last = max((line.position for line in work.lines), default=0)
    parts = list(parts)
    lines = [part.wanted_in(work.order, at) for at, part in enumerate(parts, start=last + 1)]
    price(work.order, lines, places=[part.place for part in parts])
    OrderLine.objects.bulk_create(lines)
    work.lines.extend(lines)


def _begin(order: Order, *, by: str) -> Order:
    """The new order with the first one's face; it has no lines yet."""
    [number] = numbers.take("order")
    fields = {name: getattr(order, name) for name in COPIED}
    other = Order(number=number, external_id=number, fingerprint="", **fields)
    stamp(other, by=by, reason=f"split off {order.number}")
    other.save()
    if last := Promise.objects.filter(order=order).order_by("-sequence").first():
        Promise.objects.create(
            order=other,
            sequence=1,
            promised_at=last.promised_at,
            arrives_on=last.arrives_on,
            reason=last.reason,
            note=f"As {order.number} when it was split off",
            by=by,
        )
    return other


def _copy_holds(source: pipeline.Work, target: pipeline.Work) -> None:
    """Whatever speaks against one order speaks against its units, wherever they are."""
    there = {hold.kind for hold in target.holds}
    for hold in source.holds:
        if hold.kind in there or hold.kind == HoldKind.UNKNOWN_SKU:
            continue
        copy = Hold.objects.create(
            order=target.order,
            kind=hold.kind,
            reason=hold.reason,
            details=hold.details,
            owner=hold.owner,
            due_at=hold.due_at,
            placed_by=target.by,
            placed_at=target.now,
        )
        target.fact("order.held", hold=copy.pk, kind=copy.kind, reason=copy.reason)
    target.reload_holds()


# --- Money ------------------------------------------------------------------------------------


def _move_money(number: str, source: pipeline.Work, target: pipeline.Work) -> None:
    """What source has beyond its own need, as far as target needs it: received, then promised."""
    money = source.money
    due, wanted = _worth(source), _worth(target)
    spare = money.received - (money.granted - money.refunded) - due
    moved = min(max(spare, ZERO), wanted)
    _move_received(number, source, target, moved)
    needed = max(due - (money.received - moved) - money.authorized, ZERO)
    promised = min(max(money.deferred - needed, ZERO), wanted - moved)
    _move_promised(number, source, target, promised)


def _worth(work: pipeline.Work) -> Decimal:
    return totals_of(work.order, work.lines, work.order.charges.all()).total


def _move_received(
    number: str, source: pipeline.Work, target: pipeline.Work, amount: Decimal
) -> None:
    for payment in source.order.payments.prefetch_related("transactions").order_by("pk"):
        part = min(amount, payments.refundable_amount(payment))
        if part <= 0:
            continue
        amount -= part
        into = payments.payment_of(target.order, payment.method, part, payment.reference)
        for work, row, kind in (
            (source, payment, TransactionKind.MOVED_OUT),
            (target, into, TransactionKind.MOVED_IN),
        ):
            payments.record_transaction(work, row, kind, part, f"{number} {payment.number}")


def _move_promised(
    number: str, source: pipeline.Work, target: pipeline.Work, amount: Decimal
) -> None:
    """Cash on delivery and on account: promised for the other order instead."""
    for payment in source.order.payments.filter(method__in=DEFERRED).order_by("pk"):
        part = min(amount, payments.open_amount(payment))
        if part <= 0:
            continue
        amount -= part
        payments.record_transaction(source, payment, TransactionKind.VOID, part, number)
        into = payments.payment_of(target.order, payment.method, part, "")
        target.money_moved = True
        target.fact(
            "order.payment_promised",
            payment=into.number,
            method=into.method,
            amount=plain(part, target.order.currency),
        )


# --- Which orders -----------------------------------------------------------------------------


def _other(order: Order, number: str) -> Order:
    rows = Order.objects.select_related("channel", "customer", "subject")
    other = rows.filter(number=number, channel=order.channel_id).first()
    if other is None or other.pk == order.pk:
        raise StepImpossible(reason=f"There is no other order {number} in this channel.")
    return other


def _refuse_apart(order: Order, source: pipeline.Work) -> None:
    """Refuse to merge what does not belong together."""
    other, number = source.order, source.order.number
    if other.status not in pipeline.OPEN:
        raise StepImpossible(reason=f"{number} is {other.status}; only open orders are merged.")
    if any(line.shipped for line in source.lines):
        raise StepImpossible(
            reason=f"Part of {number} has shipped; add its rest here and cancel it there."
        )
    if order.customer_id is None:
        raise StepImpossible(reason="Nobody is known as its buyer; say first who it is.")
    if other.customer_id != order.customer_id or other.currency != order.currency:
        raise StepImpossible(reason=f"{number} is another customer's order.")
    if other.price_includes_tax != order.price_includes_tax:
        raise StepImpossible(reason=f"{number} is priced differently, with or without tax.")
    if other.pickup_location_id != order.pickup_location_id or _place(other) != _place(order):
        raise StepImpossible(reason=f"{number} goes to another address; change one of them first.")
    if source.money.authorized:
        raise StepImpossible(
            reason=f"Money for {number} is only authorised; capture it or give it up first."
        )


def _place(order: Order) -> list[str]:
    opened = customers.unseal(order.subject, order.sealed, CONTEXT)
    address = opened.get("shipping_address", {})
    return [" ".join(str(address.get(part, "")).casefold().split()) for part in PLACE]


def _link(change: Change, kind: OrderLinkKind, *, source: Order, target: Order) -> None:
    OrderLink.objects.create(kind=kind, source=source, target=target, change=change.number)
