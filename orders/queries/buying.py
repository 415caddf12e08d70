"""What persons have bought, in a few statements for thousands of them; asked by segments.

Cancelled orders count for nothing. Money is added up in the currency of the newest order alone:
amounts in several currencies have no sum.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Max, Sum

from customers.queries.population import People
from oms.money import ZERO
from orders.enums import OrderStatus
from orders.models import Order, OrderLine

HUNDRED = Decimal(100)


class Bought(NamedTuple):
    """What one number bought in one currency."""

    customer: int
    currency: str
    orders: int
    value: Decimal
    newest: int  # key of the newest order
    last: datetime


def bought(people: People, names: Collection[str], now: datetime) -> dict[int, dict[str, Any]]:
    """Facts of those who bought something, by the id that each person is known as.

    `names` are those that will be asked about: lines, countries and channels cost a statement each.
    """
    found = _totals(people)
    facts = {
        root: _facts(rows, now) if len(rows) > 1 else _fact(rows[0], rows[0].orders, now)
        for root, rows in found.items()
    }
    if "country" in names:
        _add_countries(facts, found)
    if "channels" in names:
        _add_channels(facts, people)
    if "returned_percent" in names:
        _add_returns(facts, people)
    return facts


def buyers_of(order_ids: Iterable[int]) -> set[int]:
    """Ids of the customers who placed these orders."""
    rows = Order.objects.filter(pk__in=set(order_ids), customer__isnull=False)
    return set(rows.values_list("customer_id", flat=True))


def _kept(people: People) -> Any:
    return Order.objects.filter(people.under("customer")).exclude(status=OrderStatus.CANCELLED)


def _totals(people: People) -> dict[int, list[Bought]]:
    found: dict[int, list[Bought]] = {}
    rows = _kept(people).order_by().values_list("customer_id", "currency")
    sums = rows.annotate(orders=Count("pk"), value=Sum("total"), top=Max("pk"), at=Max("placed_at"))
    for values in sums:
        if (root := people.roots.get(values[0])) is not None:
            found.setdefault(root, []).append(Bought(*values))
    return found


def _facts(rows: Sequence[Bought], now: datetime) -> dict[str, Any]:
    """Of a person with several currencies or numbers."""
    newest = max(rows, key=lambda row: row.newest)
    same = [row for row in rows if row.currency == newest.currency]
    added = newest._replace(
        orders=sum(row.orders for row in same),
        value=sum((row.value for row in same), ZERO),
        last=max(row.last for row in rows),
    )
    return _fact(added, sum(row.orders for row in rows), now)


def _fact(row: Bought, orders: int, now: datetime) -> dict[str, Any]:
    return {
        "lifetime_value": row.value,
        "orders": orders,
        "average_order": row.value / row.orders,
        "currency": row.currency,
        "last_order_days": (now - row.last).days,
    }


def _add_countries(facts: dict[int, dict[str, Any]], found: Mapping[int, Sequence[Bought]]) -> None:
    at = {max(row.newest for row in rows): root for root, rows in found.items()}
    rows = Order.objects.filter(pk__in=list(at)).order_by()
    for pk, country in rows.values_list("pk", "ship_country"):
        facts[at[pk]]["country"] = country


def _add_channels(facts: dict[int, dict[str, Any]], people: People) -> None:
    rows = _kept(people).order_by().values_list("customer_id", "channel__code").distinct()
    for customer, channel in rows:
        if (root := people.roots.get(customer)) in facts:
            facts[root].setdefault("channels", set()).add(channel)


def _add_returns(facts: dict[int, dict[str, Any]], people: People) -> None:
    shipped: dict[int, int] = defaultdict(int)
    returned: dict[int, int] = defaultdict(int)
    rows = OrderLine.objects.filter(people.under("order__customer"), shipped__gt=0)
    sums = (
        rows.order_by().values_list("order__customer_id").annotate(Sum("shipped"), Sum("returned"))
    )
    for customer, sent, back in sums:
        if (root := people.roots.get(customer)) is not None:
            shipped[root] += sent
            returned[root] += back
    for root, sent in shipped.items():
        if root in facts:
            facts[root]["returned_percent"] = HUNDRED * returned[root] / sent
