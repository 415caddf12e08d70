"""What persons have bought, in a few statements for thousands of them; asked by segments.

Cancelled orders count for nothing. Money is added up in the currency of the newest order alone:
amounts in several currencies have no sum.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Sum
from django.db.models.functions import Coalesce

from customers.queries.asking import ROOT, Column, Sql, Tables
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


def bought_tables() -> Tables:
    """The same facts as tables of all persons, for questions to everybody at once."""
    orders = Order.objects.order_by()
    kept = orders.exclude(status=OrderStatus.CANCELLED)
    sums = kept.annotate(root=ROOT).values("root", "currency")
    totals = Sql.of(
        sums.annotate(
            orders=Count("pk"), value=Sum("total"), newest=Max("pk"), last=Max("placed_at")
        )
    )
    lines = OrderLine.objects.filter(shipped__gt=0, order__customer__isnull=False).order_by()
    by_person = lines.annotate(root=LINE_ROOT).values("root")
    returned = Sql.of(by_person.annotate(sent=Sum("shipped"), back=Sum("returned")))
    return Tables(
        joins={
            "bought": Sql(BOUGHT.format(totals.text), totals.params),
            "newest": Sql(f"LEFT JOIN {Order._meta.db_table} newest ON newest.id = bought.newest"),  # noqa: SLF001
            "returned": Sql(
                f"LEFT JOIN ({returned.text}) returned ON returned.root = bought.root",
                returned.params,
            ),
        },
        columns={
            "orders": Column("bought", "COALESCE(bought.orders, 0)"),
            "lifetime_value": Column("bought", "COALESCE(ROUND(bought.value, 4), 0)"),
            "average_order": Column("bought", "ROUND(1.0 * bought.value / bought.same, 10)"),
            "last_order_days": Column("bought", "bought.last"),
            "currency": Column("bought", "bought.currency"),
            "country": Column("newest", "newest.ship_country"),
            "returned_percent": Column(
                "returned", "ROUND(100.0 * returned.back / returned.sent, 10)"
            ),
        },
        sets={
            "channels": lambda: Sql.of(
                kept.annotate(root=ROOT, item=F("channel__code")).values("root", "item").distinct()
            )
        },
        texts={
            "currency": lambda: orders.values_list("currency", flat=True).distinct(),
            "country": lambda: orders.values_list("ship_country", flat=True).distinct(),
        },
    )


LINE_ROOT = Coalesce("order__customer__merged_into", "order__customer")
# All orders of a person, whose money is added up in the currency of the newest alone.
BOUGHT = """
LEFT JOIN (
    SELECT * FROM (
        SELECT root, currency, value, newest, orders AS same,
            SUM(orders) OVER (PARTITION BY root) AS orders,
            MAX(last) OVER (PARTITION BY root) AS last,
            ROW_NUMBER() OVER (PARTITION BY root ORDER BY newest DESC) AS place
        FROM ({}) totals
    ) ranked WHERE place = 1
) bought ON bought.root = c.id
"""


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
