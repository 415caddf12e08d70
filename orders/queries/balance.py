"""The money of an order: what is due, what came, what went back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from oms.money import ZERO
from orders.enums import PaymentMethod, TransactionKind
from orders.models import Order, Payment, PaymentTransaction, RefundGrant

COLUMN_UNIT = Decimal("0.0001")
DEFERRED = {PaymentMethod.CASH_ON_DELIVERY, PaymentMethod.ON_ACCOUNT}


def usual_state(method: str) -> str:
    """How money of a payment method stands where nobody says: promised for later, or received."""
    return "pending" if method in DEFERRED else "captured"


@dataclass(frozen=True, slots=True)
class Balance:
    """All in the order's currency. `authorized` is open authorisations; `deferred` is promised.

    `captured` is what came in here, with what was moved from and to other orders.
    """

    due: Decimal
    authorized: Decimal = ZERO
    deferred: Decimal = ZERO
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    granted: Decimal = ZERO

    @property
    def received(self) -> Decimal:
        """Captured less refunded."""
        return self.captured - self.refunded

    @property
    def balance(self) -> Decimal:
        """Still owed by the buyer; negative: owed to the buyer."""
        return self.due - self.received

    @property
    def refundable(self) -> Decimal:
        """Overpaid and not yet granted back."""
        return max(-self.balance - (self.granted - self.refunded), ZERO)

    @property
    def covers_due(self) -> bool:
        """Whether received, authorised and promised money reach what is due."""
        return self.received + self.authorized + self.deferred >= self.due


def balance(order: Order) -> Balance:
    """The balance of one order."""
    return balances([order])[order.pk]


def balances(orders: Iterable[Order]) -> dict[int, Balance]:
    """Balances by order id, three statements for any number of orders."""
    orders = list(orders)
    ids = [order.pk for order in orders]
    moved: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for order_id, method, amount, kinds in _payments(ids):
        _add_payment(moved[order_id], method, amount, kinds)
    granted = dict(
        RefundGrant.objects.filter(order__in=ids)
        .values_list("order_id")
        .annotate(total=Sum("amount"))
    )
    return {
        order.pk: Balance(
            due=order.total,
            granted=_exact(granted.get(order.pk, ZERO)),
            **{name: _exact(amount) for name, amount in moved[order.pk].items()},
        )
        for order in orders
    }


def moved_by(payment: Payment) -> Balance:
    """What one payment brought so far, from its transactions; nothing is due of it alone."""
    kinds: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in payment.transactions.all():
        kinds[row.kind] += row.amount
    moved: dict[str, Decimal] = defaultdict(lambda: ZERO)
    _add_payment(moved, payment.method, payment.amount, kinds)
    return Balance(ZERO, **moved)


def unpaid_of(grant: RefundGrant, rows: Iterable[PaymentTransaction]) -> Decimal:
    """What was granted and not paid; a refund that failed was not."""
    signs = {TransactionKind.REFUND: 1, TransactionKind.REVERSED: -1}
    return grant.amount - sum((signs[TransactionKind(row.kind)] * row.amount for row in rows), ZERO)


def left_of(grant: RefundGrant) -> Decimal:
    """What was granted and not paid, of a grant that was loaded with its transactions."""
    return unpaid_of(grant, grant.transactions.all())


def _exact(amount: Decimal) -> Decimal:
    """Sums come from SQLite as floating point; the columns hold four decimals."""
    return amount.quantize(COLUMN_UNIT)


def _payments(order_ids: list[int]) -> list[tuple[int, str, Decimal, dict[str, Decimal]]]:
    payments = list(
        Payment.objects.filter(order__in=order_ids).values_list(
            "pk", "order_id", "method", "amount"
        )
    )
    kinds: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    if payments:
        sums = (
            PaymentTransaction.objects.filter(payment__order__in=order_ids)
            .values_list("payment_id", "kind")
            .annotate(total=Sum("amount"))
        )
        for payment_id, kind, total in sums:
            kinds[payment_id][kind] = total
    return [(order, method, amount, kinds[pk]) for pk, order, method, amount in payments]


def _add_payment(
    moved: dict[str, Decimal], method: str, amount: Decimal, kinds: dict[str, Decimal]
) -> None:
    captured, voided = kinds[TransactionKind.CAPTURE], kinds[TransactionKind.VOID]
    captured -= kinds[TransactionKind.UNDONE]
    came, went = kinds[TransactionKind.MOVED_IN], kinds[TransactionKind.MOVED_OUT]
    moved["captured"] += captured + came - went
    moved["refunded"] += kinds[TransactionKind.REFUND] - kinds[TransactionKind.REVERSED]
    if method in DEFERRED:
        moved["deferred"] += max(amount - captured - came - voided, ZERO)
    elif authorized := kinds[TransactionKind.AUTHORIZE]:
        moved["authorized"] += max(authorized - captured - voided, ZERO)
