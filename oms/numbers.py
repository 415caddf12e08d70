"""Public document numbers: readable, unique, never reused; gaps are allowed.

Gapless series (invoices) belong to compliance. On PostgreSQL a sequence hands out numbers without
holding a lock; on SQLite a counter row does, the single writer being the lock.
"""

from django.db import connection
from django.db.models import F

from oms import prepared, rehearsing
from oms.models import Counter

FIRST = 100_001
SERIES = {
    "order": "SO",
    "draft": "D",
    "customer": "C",
    "fulfillment_order": "FO",
    "shipment": "SH",
    "return": "RMA",
    "payment": "PAY",
    "count": "CC",
    "purchase_order": "PO",
    "goods_receipt": "GRN",
    "transfer": "TR",
    "change": "CH",
    "inventory_report": "IR",
    "import": "IM",
    "store_credit": "GC",
    "bank_statement": "BS",
    "bank_line": "BL",
    "remittance": "CR",
    "claim": "CL",
}


def take(series: str, count: int = 1) -> list[str]:
    """Reserve `count` numbers of a series, such as SO100001, in one statement.

    In a rehearsal they are placeholders, and none is used up.
    """
    prefix = SERIES[series]
    if rehearsing.current.get():
        return [rehearsing.placeholder(prefix) for _ in range(count)]
    return [f"{prefix}{number}" for number in _next(series, count)] if count else []


def _next(series: str, count: int) -> list[int]:
    if connection.vendor == "postgresql":
        with prepared.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                [f"oms_number_{series}", count],
            )
            return [row[0] for row in cursor.fetchall()]
    Counter.objects.get_or_create(name=series, defaults={"value": FIRST - 1})
    Counter.objects.filter(name=series).update(value=F("value") + count)
    last = Counter.objects.get(name=series).value
    return list(range(last - count + 1, last + 1))
