"""Money that is on its way to us or from us, as finance looks at it: figures with their lists."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from oms.money import ZERO
from orders.enums import FulfillmentStatus, PaymentMethod, PaymentStatus, TransactionKind
from orders.models import GatewayPayout, Order, Payment, PaymentTransaction, RefundGrant
from orders.queries.balance import COLUMN_UNIT
from orders.queries.bank import open_lines
from orders.queries.handed_over import not_handed_over

MONEY = DecimalField(max_digits=18, decimal_places=4)
NOT_PAID = (PaymentStatus.UNPAID, PaymentStatus.PARTIALLY_PAID)
BANDS = ((7, "up to 7 days"), (14, "8 to 14 days"), (30, "15 to 30 days"), (None, "over 30 days"))


@dataclass(frozen=True, slots=True)
class Sum1:
    """How many of something, and how much of each currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class CarrierCash:
    """What a carrier has collected, or is about to, and not handed over; by age in days."""

    carrier: str
    currency: str
    orders: int = 0
    amount: Decimal = ZERO
    delivered: Decimal = ZERO  # of it, for parcels that are delivered
    bands: list[Decimal] = field(default_factory=lambda: [ZERO] * len(BANDS))


@dataclass(frozen=True, slots=True)
class Owed:
    """Cash on delivery of one order that has left."""

    order: Order
    amount: Decimal
    carrier: str
    since: datetime  # delivered, or else shipped
    delivered: bool


def moved(*kinds: str) -> Coalesce:
    """What moved by these kinds through each payment of a query."""
    total = Sum("transactions__amount", filter=Q(transactions__kind__in=kinds))
    return Coalesce(total, Value(0), output_field=MONEY)


def authorised() -> QuerySet[Payment]:
    """Payments whose payer has reserved money that was not taken, with `open` as how much."""
    rows = Payment.objects.filter(
        order__payment_status__in=(*NOT_PAID, PaymentStatus.AUTHORIZED)
    ).exclude(method__in=(PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.ON_ACCOUNT))
    taken = moved(TransactionKind.CAPTURE, TransactionKind.VOID)
    return rows.annotate(open=moved(TransactionKind.AUTHORIZE) - taken).filter(open__gt=0)


def unpaid_grants() -> QuerySet[RefundGrant]:
    """Refunds that were granted and not paid, or not all of them, with `left` as how much."""
    sent = Sum("transactions__amount", filter=Q(transactions__kind=TransactionKind.REFUND))
    back = Sum("transactions__amount", filter=Q(transactions__kind=TransactionKind.REVERSED))
    paid = Coalesce(sent, Value(0), output_field=MONEY) - Coalesce(
        back, Value(0), output_field=MONEY
    )
    return RefundGrant.objects.annotate(left=F("amount") - paid).filter(left__gt=0)


def cash_owed() -> QuerySet[Payment]:
    """Cash on delivery of orders that have left, not handed over yet, with `open` as how much."""
    rows = Payment.objects.filter(
        method=PaymentMethod.CASH_ON_DELIVERY, order__payment_status__in=NOT_PAID
    ).exclude(order__fulfillment_status=FulfillmentStatus.UNFULFILLED)
    gone = moved(TransactionKind.CAPTURE, TransactionKind.MOVED_IN, TransactionKind.VOID)
    still = F("amount") - gone + moved(TransactionKind.UNDONE)
    return rows.annotate(open=still).filter(open__gt=0)


def not_paid_out() -> dict[str, dict[str, Decimal]]:
    """By gateway and currency: captured less refunded, less what it paid out and kept as fees."""
    signs = {
        TransactionKind.CAPTURE: 1,
        TransactionKind.REFUND: -1,
        TransactionKind.REVERSED: 1,
        TransactionKind.UNDONE: -1,
    }
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    rows = PaymentTransaction.objects.filter(kind__in=signs).exclude(payment__gateway="")
    sums = rows.values_list("payment__gateway", "payment__currency", "kind")
    for gateway, currency, kind, total in sums.annotate(total=Sum("amount")):
        found[gateway][currency] += signs[TransactionKind(kind)] * _exact(total)
    payouts = GatewayPayout.objects.filter(undone_at=None).values_list("gateway", "currency")
    for gateway, currency, total, fees in payouts.annotate(total=Sum("amount"), fees=Sum("fee")):
        found[gateway][currency] -= _exact(total) + _exact(fees)
    return {gateway: dict(by) for gateway, by in found.items()}


def sum_of(rows: QuerySet[Payment] | QuerySet[RefundGrant], column: str) -> Sum1:
    """How many rows, and their sums by currency."""
    currency = "currency" if rows.model is Payment else "order__currency"
    pairs = list(rows.order_by().values_list(currency, column))
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for code, amount in pairs:
        amounts[code] += _exact(amount)
    return Sum1(len(pairs), dict(amounts))


def not_arrived() -> Sum1:
    """What carriers told they hand over, less their fees, and what no bank line is yet."""
    rows = not_handed_over().order_by().values_list("currency")
    sums = list(rows.annotate(count=Count("pk"), left=Sum(F("collected") - F("fees"))))
    return Sum1(sum(row[1] for row in sums), {row[0]: _exact(row[2]) for row in sums})


def unmatched() -> Sum1:
    """Bank lines that nobody has booked, with what is left of them."""
    rows = open_lines().order_by().values_list("currency")
    found = rows.annotate(count=Count("pk"), left=Sum(F("amount") - F("matched")))
    sums = list(found)
    return Sum1(sum(row[1] for row in sums), {row[0]: _exact(row[2]) for row in sums})


def cash_by_order() -> list[Owed]:
    """Each order's cash that a carrier owes us, the oldest first."""
    rows = cash_owed().select_related("order__channel")
    owed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    orders = {}
    for payment in rows:
        orders[payment.order_id] = payment.order
        owed[payment.order_id] += payment.open  # type: ignore[attr-defined]
    handed = import_string(import_module("oms.wiring").ANSWERS["orders.handed_over"])(orders)
    found = [
        Owed(orders[pk], _exact(owed[pk]), code, delivered or shipped, delivered is not None)
        for pk, (code, shipped, delivered) in handed.items()
    ]
    return sorted(found, key=lambda row: row.since)


def cash_by_carrier(owed: Iterable[Owed], now: datetime) -> list[CarrierCash]:
    """The same added up, by carrier and currency, with its age."""
    found: dict[tuple[str, str], CarrierCash] = {}
    for row in owed:
        key = row.carrier, row.order.currency
        cash = found.setdefault(key, CarrierCash(*key))
        cash.orders += 1
        cash.amount += row.amount
        cash.delivered += row.amount if row.delivered else ZERO
        cash.bands[_band(now - row.since)] += row.amount
    return sorted(found.values(), key=lambda cash: (cash.carrier, cash.currency))


def _band(age: timedelta) -> int:
    return next(at for at, (days, _) in enumerate(BANDS) if days is None or age.days <= days)


def _exact(amount: Decimal) -> Decimal:
    return Decimal(amount).quantize(COLUMN_UNIT)
