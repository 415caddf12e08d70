"""What must hold for orders, for `check_ledgers`. Caches can be repaired; ledgers cannot."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import DecimalField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from inventory.enums import MovementKind, ReservationState
from oms.history import record_changed
from oms.ledgers import Invariant
from orders.enums import PaymentMethod, TransactionKind
from orders.models import (
    CancellationLine,
    Hold,
    Order,
    OrderLine,
    Payment,
    PaymentTransaction,
    RefundGrant,
    StoreCredit,
    StoreCreditEntry,
)
from orders.queries.axes import LineFacts, fulfillment_status_of, payment_status_of, stage_of
from orders.queries.balance import Balance, balances
from orders.queries.drafts import draft_invariants
from orders.queries.money_ledgers import money_invariants
from orders.queries.totals import totals_of

BATCH = 500


def invariants() -> list[Invariant]:
    """The order invariants."""
    lines, orders = OrderLine.objects.count, Order.objects.count
    return [
        Invariant(
            "order.allocated",
            "A line's allocated units are its open reservations and its shipped units.",
            count=lines,
            violations=_wrong_allocated,
        ),
        Invariant(
            "order.shipped",
            "A line's shipped units equal its issued movements.",
            count=lines,
            violations=_wrong_shipped,
        ),
        Invariant(
            "order.cancelled",
            "A line's cancelled units equal its cancellations.",
            count=lines,
            violations=_wrong_cancelled,
        ),
        Invariant(
            "order.money",
            "No more is refunded than came in and was granted.",
            count=Payment.objects.count,
            violations=_wrong_refunds,
        ),
        Invariant(
            "order.moved_money",
            "What leaves an order for another arrives there, by each change.",
            count=PaymentTransaction.objects.filter(kind=TransactionKind.MOVED_OUT).count,
            violations=_lost_on_the_way,
        ),
        Invariant(
            "order.caches",
            "Totals, stage, payment and fulfilment status equal what the facts say.",
            count=orders,
            violations=_wrong_caches,
            repair=_repair_caches,
        ),
        Invariant(
            "order.explained",
            "What is due is where the steps by which it was charged have led.",
            count=orders,
            violations=_unexplained,
        ),
        Invariant(
            "order.store_credit",
            "What is left of store credit is the sum of its entries, and entries move what orders say.",
            count=StoreCredit.objects.count,
            violations=_wrong_credit,
        ),
        *draft_invariants(),
        *money_invariants(),
    ]


def _sum(rows: QuerySet, key: str, column: str = "quantity") -> Coalesce:
    totals = rows.filter(**{key: OuterRef("pk")}).order_by().values(key)
    found = Subquery(totals.annotate(found=Sum(column)).values("found"))
    return Coalesce(found, Value(0), output_field=DecimalField())


def _wrong_allocated() -> Iterator[str]:
    is_open = Q(reservations__state=ReservationState.OPEN)
    held = Coalesce(Sum("reservations__quantity", filter=is_open), 0)
    wrong = OrderLine.objects.annotate(held=held)
    for line in wrong.exclude(allocated=F("held") + F("shipped")).select_related("order"):
        yield f"{line.order} line {line.position}: {line.allocated}, reserved {line.held}"


def _wrong_shipped() -> Iterator[str]:
    is_issue = Q(movements__kind=MovementKind.ISSUED)
    issued = Coalesce(Sum("movements__quantity", filter=is_issue), 0)
    wrong = OrderLine.objects.annotate(issued=issued)
    for line in wrong.exclude(shipped=-F("issued")).select_related("order"):
        yield f"{line.order} line {line.position}: {line.shipped}, issued {-line.issued}"


def _wrong_cancelled() -> Iterator[str]:
    wrong = OrderLine.objects.annotate(dropped=_sum(CancellationLine.objects.all(), "order_line"))
    for line in wrong.exclude(cancelled=F("dropped")).select_related("order"):
        yield f"{line.order} line {line.position}: {line.cancelled}, cancelled {line.dropped}"


def _wrong_refunds() -> Iterator[str]:
    moved = PaymentTransaction.objects.all()
    came = moved.filter(
        kind__in=[TransactionKind.CAPTURE, TransactionKind.MOVED_IN, TransactionKind.REVERSED]
    )
    went = moved.filter(
        kind__in=[TransactionKind.REFUND, TransactionKind.MOVED_OUT, TransactionKind.UNDONE]
    )
    wrong = Payment.objects.annotate(
        received=_sum(came, "payment", "amount"), returned=_sum(went, "payment", "amount")
    )
    for payment in wrong.filter(returned__gt=F("received")):
        yield f"{payment}: refunded or moved {payment.returned} of {payment.received}"
    sent = _sum(moved.filter(kind=TransactionKind.REFUND), "grant", "amount")
    back = _sum(moved.filter(kind=TransactionKind.REVERSED), "grant", "amount")
    grants = RefundGrant.objects.annotate(paid=sent - back)
    for grant in grants.filter(paid__gt=F("amount")):
        yield f"grant {grant.pk}: paid {grant.paid} of {grant.amount}"


def _lost_on_the_way() -> Iterator[str]:
    moves = {TransactionKind.MOVED_OUT: -1, TransactionKind.MOVED_IN: 1}
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    rows = PaymentTransaction.objects.filter(kind__in=moves).values_list(
        "reference", "payment__currency", "kind", "amount"
    )
    for reference, currency, kind, amount in rows.iterator():
        sums[reference, currency] += moves[TransactionKind(kind)] * amount
    for (reference, currency), difference in sums.items():
        if difference:
            yield f"{reference}: {difference} {currency} more arrived than left"


def _wrong_caches() -> Iterator[str]:
    for order, expected in _expected():
        for name, value in expected.items():
            if getattr(order, name) != value:
                yield f"{order}: {name} is {getattr(order, name)}, facts say {value}"


def _repair_caches() -> Iterator[str]:
    for order, expected in _expected():
        wrong = {name: value for name, value in expected.items() if getattr(order, name) != value}
        if wrong:
            Order.objects.filter(pk=order.pk).update(**wrong)
            order.refresh_from_db(fields=list(wrong))
            record_changed([order], by="command:check_ledgers", reason="caches repaired")
            yield f"{order}: set {', '.join(f'{name} to {value}' for name, value in wrong.items())}"


def _expected() -> Iterator[tuple[Order, dict[str, object]]]:
    last = 0
    while True:
        rows = Order.objects.filter(pk__gt=last).order_by("pk").select_related("channel")
        orders = list(rows.prefetch_related("lines", "charges")[:BATCH])
        if not orders:
            return
        last = orders[-1].pk
        held = set(
            Hold.objects.filter(Q(order__in=orders), lifted_at=None).values_list(
                "order_id", flat=True
            )
        )
        money = balances(orders)
        for order in orders:
            yield order, _facts_of(order, money[order.pk], on_hold=order.pk in held)


def _facts_of(order: Order, money: Balance, *, on_hold: bool) -> dict[str, object]:
    lines = list(order.lines.all())
    units, totals = LineFacts.of(lines), totals_of(order, lines, order.charges.all())
    ready = not order.channel.needs_payment or money.covers_due
    return {
        "total": totals.total,
        "tax_total": totals.tax,
        "goods_total": totals.goods,
        "charges_total": totals.charges,
        "stage": stage_of(order.status, units, on_hold=on_hold, money_ready=ready),
        "fulfillment_status": fulfillment_status_of(units),
        "payment_status": payment_status_of(
            totals.total,
            authorized=money.authorized,
            captured=money.captured,
            refunded=money.refunded,
        ),
    }


def _unexplained() -> Iterator[str]:
    """An order whose history ends at another total was changed by nobody."""
    history = Order.history.model.objects.filter(id=OuterRef("pk"))  # type: ignore[attr-defined]
    last = history.order_by("-history_date", "-history_id").values("total")[:1]
    wrong = Order.objects.annotate(told=Subquery(last)).exclude(told=F("total"))
    for number, total, told in wrong.values_list("number", "total", "told"):
        yield f"{number}: {total} due, its statement ends at {told}"


def _wrong_credit() -> Iterator[str]:
    moved = _sum(StoreCreditEntry.objects.all(), "credit", "amount")
    for credit in StoreCredit.objects.annotate(moved=moved).exclude(balance=F("moved")):
        yield f"{credit}: {credit.balance} left, entries come to {credit.moved}"
    signs = {TransactionKind.CAPTURE: -1, TransactionKind.REFUND: 1}
    rows = StoreCreditEntry.objects.filter(transaction__isnull=False).values_list(
        "credit__number", "amount", "transaction__kind", "transaction__amount"
    )
    for number, amount, kind, booked in rows.iterator():
        if amount != signs.get(TransactionKind(kind), 0) * booked:
            yield f"{number}: moved {amount}, the order says {kind} {booked}"
    paid = PaymentTransaction.objects.filter(
        payment__method=PaymentMethod.STORE_CREDIT, kind__in=signs, credit_entry=None
    )
    for payment, kind, amount in paid.values_list("payment__number", "kind", "amount"):
        yield f"{payment}: {kind} {amount} moved no store credit"
