"""What buyers had ordered before: bounded, so that a buyer of many years costs no more than others."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from oms.money import ZERO

MOST = 1_000  # orders of a buyer that are looked at, the last ones before the order in question

# Orders that were recorded before, by the index of a buyer's orders.
BEFORE = """
  SELECT e.currency, e.status, e.total FROM orders_order e
  WHERE e.customer_id = o.customer_id AND e.id < o.id ORDER BY e.id DESC LIMIT %s
"""
ASK = f"""
SELECT o.id,
  (SELECT COUNT(*) FROM ({BEFORE}) b WHERE b.currency = o.currency AND b.status <> 'cancelled'),
  (SELECT SUM(b.total) FROM ({BEFORE}) b WHERE b.currency = o.currency AND b.status <> 'cancelled')
FROM orders_order o WHERE o.id IN ({{keys}})
"""  # noqa: S608 (own text)


def earlier(keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Number and worth, in its currency, of the orders of the same buyer before each order.

    Of a buyer with more than `MOST` orders before it, the last `MOST` count.
    """
    if not keys:
        return {}
    sql = ASK.format(keys=", ".join(["%s"] * len(keys)))
    with connection.cursor() as cursor:
        cursor.execute(sql, [MOST, MOST, *keys])
        rows = cursor.fetchall()
    return {
        pk: {"customer_orders": count, "customer_spent": _amount(total)}
        for pk, count, total in rows
    }


def _amount(total: Any) -> Decimal:
    """SQLite adds money up as binary fractions; four places are more than any currency has."""
    return ZERO if total is None else Decimal(str(total)).quantize(Decimal("0.0001"))
