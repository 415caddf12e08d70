"""Units and money that go from one order to another: split off, or merged with it.

Nothing is lost and nothing made on the way. Units end in the one order as moved, not cancelled,
and are wanted in the other at exactly the value they had; money that was received for them goes
along as a pair of transactions, out of one payment and into another, which add up to nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from importlib import import_module

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from inventory import operations as inventory
from oms import numbers
from oms.history import stamp
from oms.money import ZERO, plain, quantize, split
from orders.enums import RETURN_CHARGES, HoldKind, OrderLinkKind, TransactionKind
from orders.models import Business, Hold, Order, OrderCharge, OrderLine, OrderLink, Promise
from orders.operations import cancelling, hold_rows, payments, pipeline
from orders.operations.change_steps import Change, StepImpossible
from orders.queries.balance import DEFERRED, balance
from orders.queries.terms import business_of
from orders.queries.together import is_replacement, place_of, split_root
from orders.queries.totals import share, totals_of
from orders.queries.waiting import Told, told_waiting

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
    "created_at",  # a part counts in its buyer's period when the whole was taken
    "promised_at",
)
UNIT = Decimal("0.0001")  # of a unit price


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line on their way into another order, at exactly the value and tax they had."""

    line: OrderLine
    quantity: int
    priced: Decimal  # as their prices say: with tax where prices include it
    discount: Decimal
    total: Decimal
    taxes: tuple[Decimal, ...]  # as the line's tax lines

    def wanted_in(self, order: Order, position: int) -> OrderLine:
        """The line that these units become: rounding shows in the price, never in the value."""
        unit_price, discount = self.line.unit_price, self.discount
        if quantize(self.quantity * unit_price - discount, order.currency) != self.priced:
            least = self.priced / self.quantity
            unit_price = max(unit_price, least.quantize(UNIT, rounding=ROUND_UP))
            discount = self.quantity * unit_price - self.priced
        return OrderLine(
            order=order,
            position=position,
            product_id=self.line.product_id,
            sku=self.line.sku,
            name=self.line.name,
            external_id=self.line.external_id,
            quantity=self.quantity,
            unit_price=unit_price,
            discount=discount,
            total=self.total,
            tax_amount=sum(self.taxes, ZERO),
            tax_lines=[
                {**tax, "amount": str(amount)}
                for tax, amount in zip(self.line.tax_lines, self.taxes, strict=True)
            ],
        )


def split_off(change: Change, quantities: Mapping[int, int]) -> Order:
    """Move units by line id out of the locked order of a change into a new order.

    The new order is the same buyer's, goes to the same place, keeps date, promise and priority,
    and waits for whatever this one is on hold for. Reserved units stay reserved, for it. Charges
    stay. What was received beyond what this order is worth without the units goes along, and so
    does what is promised; what is only authorised stays, because a gateway captures it once.
    Raises StepImpossible.
    """
    work, order = change.work, change.work.order
    parts = _parts(work, quantities)
    if sum(line.due for line in work.lines) == sum(quantities.values()):
        raise StepImpossible(reason="Everything would go into the new order; leave one unit.")
    other = _begin(order, by=work.by)
    reserved = cancelling.move_out(work, quantities, note=change.number, to=other.number)
    if _worth(work) < 0:
        raise StepImpossible(
            reason="The reductions of this order are more than what stays in it; leave more, or"
            " take a reduction off first."
        )

    there = pipeline.lock(other, by=work.by)
    waiting = _arrive(there, parts, reserved, told_waiting(order))
    _copy_holds(work, there)
    _move_money(change.number, work, there)
    _link(change, OrderLinkKind.SPLIT, source=order, target=other)
    inventory.copy_decision(order.pk, other.pk, cause="split")
    there.fact(
        "order.split_off",
        change=change.number,
        source=order.number,
        lines=[[line.pk, line.quantity] for line in there.lines],
        waiting=waiting,
    )
    return pipeline.settle(there)


def merge_from(change: Change, number: str) -> Order:
    """Move everything of another order, charges and money too, into the locked order of a change.

    Reserved units stay reserved. That order ends as moved. Raises StepImpossible, naming the way
    that is open, when it is not the same buyer's in the same channel to the same place, when
    anything of it has shipped, and while money for it is only authorised.
    """
    work = change.work
    source = pipeline.lock(_other(work.order, number), by=work.by)
    _refuse_apart(work.order, source)
    quantities = {line.pk: line.due for line in source.lines if line.due}
    parts = _parts(source, quantities)
    charges = [row for row in source.order.charges.order_by("pk") if row.kind not in RETURN_CHARGES]
    _copy_holds(source, work)  # before they end with their order
    move_promised(change.number, source, work, source.money.deferred)
    _move_expected(source, work)
    reserved = cancelling.move_out(source, quantities, note=change.number, to=work.order.number)

    waiting = _arrive(work, parts, reserved, told_waiting(source.order))
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
    move_received(change.number, source, work, max(spare, ZERO))
    work.money = balance(work.order)
    _link(change, OrderLinkKind.MERGE, source=source.order, target=work.order)
    work.fact("order.merged", change=change.number, source=number, waiting=waiting)
    return pipeline.settle(source)


def finish(change: Change) -> list[Order]:
    """Do what the steps asked for in all: one new order, and each order that is merged."""
    touched = [merge_from(change, number) for number in change.joining]
    if change.leaving:
        touched.append(split_off(change, change.leaving))
    return touched


def lines_of(order: Order, joining: Iterable[str]) -> QuerySet[OrderLine]:
    """The lines of all orders that a change is about."""
    return OrderLine.objects.filter(order__number__in={order.number, *joining})


def joined(order: Order, joining: Iterable[str]) -> list[Order]:
    """The other orders that a change merges into its own; raises StepImpossible."""
    return [_other(order, number) for number in joining]


def make_room(order: Order, joining: Iterable[str], *, by: str, number: str) -> None:
    """Take back from locations what orders are about to bring into this one."""
    withdraw = import_string(import_module("oms.wiring").ANSWERS["orders.withdraw_lines"])
    for each in joining:
        other = _other(order, each)
        busy = {line.pk for line in other.lines.all() if line.released > line.shipped}
        if busy:
            withdraw(other, busy, by=by, reason=f"Change {number}")


def lock_all(order: Order, joining: Iterable[str]) -> None:
    """Lock the rows of all orders that a change is about, in key order, before anything else."""
    if others := set(joining):
        rows = Order.objects.filter(number__in=others | {order.number}).order_by("pk")
        list(rows.select_for_update().values_list("pk"))


# --- Units ------------------------------------------------------------------------------------


def _parts(work: pipeline.Work, quantities: Mapping[int, int]) -> list[Part]:
    lines = {line.pk: line for line in work.lines}
    for pk, quantity in quantities.items():
        _refuse_units(lines[pk], quantity)
    return [_part(work.order, lines[pk], quantity) for pk, quantity in quantities.items()]


def _refuse_units(line: OrderLine, quantity: int) -> None:
    free = line.due - line.shipped
    if line.product_id is None:
        raise StepImpossible(reason=f"Say first what {line.sku} is; nobody knows this SKU.")
    if not 0 < quantity <= free:
        raise StepImpossible(reason=f"Of {line.sku}, {free} can still go into another order.")
    if quantity > line.due - line.released:
        raise StepImpossible(
            reason="The work is just being handed to a location; try again in a moment."
        )


def _part(order: Order, line: OrderLine, quantity: int) -> Part:
    def last(amount: Decimal) -> Decimal:
        return _last_units(amount, line, quantity, order.currency)

    tax = last(line.tax_amount)
    weights = [abs(Decimal(row["amount"])) for row in line.tax_lines]
    total = last(line.total)
    return Part(
        line,
        quantity,
        priced=total if order.price_includes_tax else total - tax,
        discount=last(line.discount),
        total=total,
        taxes=tuple(split(tax, weights, order.currency)),
    )


def _last_units(amount: Decimal, line: OrderLine, quantity: int, currency: str) -> Decimal:
    """What the last units that are still wanted are worth, so that the rest still adds up."""
    wanted = share(amount, line.due, line.quantity, currency)
    return wanted - share(amount, line.due - quantity, line.quantity, currency)


def _arrive(
    work: pipeline.Work, parts: Iterable[Part], reserved: Mapping[int, int], told: Told
) -> list[list[int]] | None:
    """Make parts lines of their new order, with what is reserved for them.

    Returns how many units by line the buyer was told to wait for before they moved, in pairs; None
    when stock was never tried for them.
    """
    last, parts = max((line.position for line in work.lines), default=0), list(parts)
    lines = [part.wanted_in(work.order, at) for at, part in enumerate(parts, start=last + 1)]
    for line, part in zip(lines, parts, strict=True):
        line.allocated = reserved.get(part.line.pk, 0)
    OrderLine.objects.bulk_create(lines)
    work.lines.extend(lines)

    pairs = list(zip(parts, lines, strict=True))
    inventory.hand_over(
        {part.line.pk: (line.pk, line.allocated) for part, line in pairs if line.allocated}
    )
    if told.first:
        return None
    known = [(line, told.units.get(part.line.pk, 0)) for part, line in pairs]
    return [[line.pk, min(units, line.backordered)] for line, units in known if line.backordered]


def _begin(order: Order, *, by: str) -> Order:
    """The new order with the first one's face; it has no lines yet."""
    [number] = numbers.take("order")
    fields = {name: getattr(order, name) for name in COPIED}
    other = Order(number=number, external_id=number, fingerprint="", **fields)
    stamp(other, by=by, reason=f"split off {order.number}")
    other.save()
    if row := business_of(order):
        Business.objects.create(
            order=other,
            company=row.company,
            purchase_order_number=row.purchase_order_number,
            terms=row.terms,
        )
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
        copy = Hold(
            type_id=hold.kind,
            handle=hold.handle,
            reason=hold.reason,
            details=hold.details,
            owner=hold.owner,
            due_at=hold.due_at,
        )
        hold_rows.begin(target, copy)


# --- Money ------------------------------------------------------------------------------------


def _move_money(number: str, source: pipeline.Work, target: pipeline.Work) -> None:
    """What source has beyond its own need, as far as target needs it: received, then promised."""
    money, due, wanted = source.money, _worth(source), _worth(target)
    spare = money.received - (money.granted - money.refunded) - due
    moved = move_received(number, source, target, min(max(spare, ZERO), wanted))
    needed = max(due - (money.received - moved) - money.authorized, ZERO)
    promised = min(max(money.deferred - needed, ZERO), wanted - moved)
    move_promised(number, source, target, promised)


def _worth(work: pipeline.Work) -> Decimal:
    return totals_of(work.order, work.lines, work.order.charges.all()).total


def move_received(
    number: str, source: pipeline.Work, target: pipeline.Work, amount: Decimal
) -> Decimal:
    """Move as much of an amount as payments hold; returns how much that was."""
    left = amount
    for payment in source.order.payments.prefetch_related("transactions").order_by("pk"):
        part = min(left, payments.refundable_amount(payment))
        if part <= 0:
            continue
        left -= part
        # Cash that came is not the cash that another promise of the same kind speaks of.
        reference = "" if payment.method in DEFERRED else payment.reference
        into = payments.payment_of(target.order, payment.method, part, reference, shares=True)
        for work, row, kind in (
            (source, payment, TransactionKind.MOVED_OUT),
            (target, into, TransactionKind.MOVED_IN),
        ):
            payments.record_transaction(work, row, kind, part, f"{number} {payment.number}")
    return amount - left


def move_promised(
    number: str, source: pipeline.Work, target: pipeline.Work, amount: Decimal
) -> None:
    """Cash on delivery and on account: promised for the other order instead."""
    for payment in source.order.payments.filter(method__in=DEFERRED).order_by("pk"):
        part = min(amount, payments.open_amount(payment))
        if part <= 0:
            continue
        amount -= part
        payments.record_transaction(source, payment, TransactionKind.VOID, part, number)
        _promise(target, payment.method, part, "")


def _move_expected(source: pipeline.Work, target: pipeline.Work) -> None:
    """A transfer that is still to come is expected for the other order, by the same reference."""
    rows = source.order.payments.filter(transactions=None).exclude(method__in=DEFERRED)
    for payment in rows.order_by("pk"):
        payment.shares_reference = True  # whatever comes under it is the other order's
        payment.save(update_fields=["shares_reference"])
        _promise(target, payment.method, payment.amount, payment.reference)


def _promise(work: pipeline.Work, method: str, amount: Decimal, reference: str) -> None:
    into = payments.payment_of(work.order, method, amount, reference)
    work.money_moved = True
    work.fact(
        "order.payment_promised",
        payment=into.number,
        method=into.method,
        amount=plain(amount, work.order.currency),
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
    if other.pickup_location_id != order.pickup_location_id or place_of(other) != place_of(order):
        raise StepImpossible(reason=f"{number} goes to another address; change one of them first.")
    _refuse_replacement(order, other)
    if source.money.authorized:
        raise StepImpossible(
            reason=f"Money for {number} is only authorised; capture it or give it up first."
        )


def _refuse_replacement(order: Order, other: Order) -> None:
    """Units that replace others are counted in their own orders; only parts of one come together."""
    roots = {split_root(order), split_root(other)}
    if len(roots) > 1 and any(is_replacement(root) for root in roots):
        raise StepImpossible(
            reason="A replacement is sent by itself, so that its exchange can be settled; ship the"
            " two together instead."
        )


def _link(change: Change, kind: OrderLinkKind, *, source: Order, target: Order) -> None:
    OrderLink.objects.create(kind=kind, source=source, target=target, change=change.number)
