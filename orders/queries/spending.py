"""What a buyer has ordered for a company, against what they may."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Sum

from customers.queries import roots_of
from oms.money import ZERO, plain
from orders.enums import HoldKind, OrderStatus
from orders.models import Hold, Order

if TYPE_CHECKING:
    from customers.models import Buyer

UNIT = Decimal("0.0001")


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
            limit = f"{plain(self.order_limit, self.currency)} {self.currency}"
            return f"{told} {self.currency} is more than the buyer's {limit} an order"
        if self.period_limit is not None and self.spent + total > self.period_limit:
            limit, spent = (
                f"{plain(x, self.currency)} {self.currency}"
                for x in (self.period_limit, self.spent)
            )
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
    buyers: Iterable["Buyer"], currency: str, at: datetime, *, without: int = 0
) -> dict[int, Spending]:
    """What limited buyers may spend and have spent in a currency, by the ids of the people.

    The days of a period end at `at`; an order counts from the moment in which we took it, whatever
    it says itself of when it was placed, also to the people who were merged into the buyer. Orders
    that wait for approval, cancelled ones and the order `without` do not count. One statement for
    each length of a period.
    """
    buyers = list(buyers)
    spent: dict[int, Decimal] = {}
    by_days: dict[int, list[int]] = defaultdict(list)
    for buyer in buyers:
        if buyer.period_limit is not None:
            by_days[buyer.period_days].append(buyer.customer_id)
    roots = roots_of(pk for ids in by_days.values() for pk in ids) if by_days else {}
    for days, ids in by_days.items():
        family = {pk: root for pk, root in roots.items() if root in set(ids)}
        for pk, amount in _spent(family, currency, at - timedelta(days=days), without):
            spent[family[pk]] = spent.get(family[pk], ZERO) + amount.quantize(UNIT)
    return {
        buyer.customer_id: Spending(
            currency,
            buyer.order_limit,
            buyer.period_limit,
            buyer.period_days,
            spent.get(buyer.customer_id, ZERO),
        )
        for buyer in buyers
    }


def _spent(
    people: Iterable[int], currency: str, since: datetime, without: int
) -> Iterable[tuple[int, Decimal]]:
    waits = Hold.objects.filter(order=OuterRef("pk"), type__code=HoldKind.APPROVAL, lifted_at=None)
    rows = Order.objects.filter(~Exists(waits), customer__in=people, currency=currency)
    rows = rows.filter(created_at__gt=since).exclude(status=OrderStatus.CANCELLED)
    rows = rows.exclude(pk=without).order_by()
    return rows.values_list("customer").annotate(sum=Sum("total"))
