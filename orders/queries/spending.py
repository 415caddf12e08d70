"""What a buyer has ordered for a company, against what they may."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from customers.enums import BuyerRole
from oms.money import ZERO, plain
from orders.enums import HoldKind, OrderStatus
from orders.models import Hold, Order

if TYPE_CHECKING:
    from customers.models import Buyer


@dataclass(frozen=True, slots=True)
class Spending:
    """A buyer's limits and what counts against them, in the currency of an order."""

    currency: str
    order_limit: Decimal | None
    period_limit: Decimal | None
    period_days: int
    spent: Decimal = ZERO  # in the days before, cancelled and unapproved orders left out

    def beyond(self, total: Decimal) -> str:
        """Why an order of this total needs an approver; empty where it does not."""
        told = plain(total, self.currency)
        if self.order_limit is not None and total > self.order_limit:
            limit = plain(self.order_limit, self.currency)
            return f"{told} {self.currency} is more than the buyer's {limit} an order"
        if self.period_limit is not None and self.spent + total > self.period_limit:
            limit, spent = (plain(x, self.currency) for x in (self.period_limit, self.spent))
            return (
                f"{told} {self.currency} beside {spent} in {self.period_days} days is more than "
                f"the buyer's {limit}"
            )
        return ""

    def figures(self, total: Decimal) -> dict[str, Any]:
        """Plain values, as a hold keeps them."""
        limits = {"order_limit": self.order_limit, "period_limit": self.period_limit}
        return {
            "total": plain(total, self.currency),
            "spent": plain(self.spent, self.currency),
            "period_days": self.period_days,
            **{
                name: plain(Decimal(x), self.currency)
                for name, x in limits.items()
                if x is not None
            },
        }


def spending_of(
    buyer: "Buyer | None", currency: str, at: datetime, *, without: int = 0
) -> Spending | None:
    """What a buyer may spend and has spent; none where nothing limits them."""
    if buyer is None or buyer.role == BuyerRole.APPROVER:
        return None
    if buyer.order_limit is None and buyer.period_limit is None:
        return None
    spent = ZERO if buyer.period_limit is None else _spent(buyer, currency, at, without)
    return Spending(currency, buyer.order_limit, buyer.period_limit, buyer.period_days, spent)


def _spent(buyer: "Buyer", currency: str, at: datetime, without: int) -> Decimal:
    since = at - timedelta(days=buyer.period_days)
    waiting = Hold.objects.filter(type__code=HoldKind.APPROVAL, lifted_at=None).values("order")
    rows = Order.objects.filter(
        customer=buyer.customer_id, currency=currency, placed_at__gt=since, placed_at__lte=at
    )
    rows = rows.exclude(status=OrderStatus.CANCELLED).exclude(pk__in=waiting)
    rows = rows.exclude(pk=without)
    return Decimal(rows.aggregate(sum=Sum("total"))["sum"] or ZERO).quantize(Decimal("0.0001"))
