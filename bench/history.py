"""The time machine over a long ledger, next to adding the ledger up from its beginning.

`BENCH_MOVEMENTS` says how long: 200,000 by default, 10,000,000 for the full row. The rows are made
by SQL: two years of receipts and issues of 1,000 SKUs at a location of its own, a hundredth of them
on one busy SKU, and half as many reservations.
"""

import json
import os
import random
import time
from datetime import UTC, datetime, timedelta

import psycopg

from bench import stage
from bench.load import Caller, p95

MOVEMENTS = int(os.environ.get("BENCH_MOVEMENTS", "200000"))
QUESTIONS = 200
START = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=730)

PLACE = """
from inventory.models import Location, Product, StockLevel
place = Location.objects.create(code="OLD", name="Old", country="GB", is_active=False)
products = Product.objects.filter(sku__startswith="SKU-").order_by("pk")
StockLevel.objects.bulk_create(StockLevel(product=row, location=place) for row in products)
"""
MOVES = """
INSERT INTO inventory_stockmovement (level_id, kind, quantity, balance, reference, reason, actor, at)
SELECT level_id, CASE WHEN units > 0 THEN 'received' ELSE 'issued' END, units,
       sum(units) OVER (PARTITION BY level_id ORDER BY n), '', '', 'bench', at
FROM (
    SELECT n, (SELECT min(level.id) FROM inventory_stocklevel level
               JOIN inventory_location place ON place.id = level.location_id WHERE code = 'OLD')
              + CASE WHEN n %% 100 = 0 THEN 0 ELSE n %% 1000 END AS level_id,
           CASE WHEN (n / 1000) %% 4 = 0 THEN 4 ELSE -1 END AS units,
           %(start)s + %(span)s * (n::float / %(rows)s) AS at
    FROM generate_series(0, %(rows)s - 1) n
) made;
UPDATE inventory_stocklevel level SET on_hand = total FROM (
    SELECT level_id, sum(quantity) AS total FROM inventory_stockmovement WHERE actor = 'bench'
    GROUP BY level_id) moved WHERE moved.level_id = level.id;
"""
RESERVATIONS = """
INSERT INTO inventory_reservation (level_id, order_line_id, quantity, state, firm, created_at, ended_at)
SELECT level_id, (SELECT min(id) FROM orders_orderline), 1, 'consumed', true,
       at - interval '2 days', at
FROM inventory_stockmovement WHERE actor = 'bench' AND kind = 'issued' AND id %% 3 < 2;
"""
REPLAY = """
SELECT (SELECT coalesce(sum(quantity), 0) FROM inventory_stockmovement
        WHERE level_id = %(level)s AND condition = 'available' AND at <= %(at)s),
       (SELECT coalesce(sum(quantity), 0) FROM inventory_reservation
        WHERE level_id = %(level)s AND created_at <= %(at)s
          AND (ended_at IS NULL OR ended_at > %(at)s))
"""


def lay_down():
    """Write the rows, take the snapshots; seconds that the snapshots took."""
    stage.manage("shell", "-c", PLACE)
    with psycopg.connect(stage.DATABASE, autocommit=True) as connection:
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(MOVES, {"start": START, "span": SPAN, "rows": MOVEMENTS})
        cursor.execute(RESERVATIONS, {})
        connection.execute("VACUUM ANALYZE")
    began = time.perf_counter()
    stage.manage("shell", "-c", "from inventory import operations; operations.take_due_snapshots()")
    with psycopg.connect(stage.DATABASE, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return time.perf_counter() - began


def ask(caller, levels):
    """Random SKUs and moments: how long each answer took, and whether the replay says the same."""
    ours, raw, agree = [], [], 0
    with psycopg.connect(stage.DATABASE) as connection:
        for question in range(QUESTIONS):
            sku, level = levels[0] if question % 10 == 0 else random.choice(levels)
            at = START + SPAN * random.random()
            began = time.perf_counter()
            path = (
                f"/api/v1/stock/at/?sku={sku}&location=OLD&documents=0&at={at:%Y-%m-%dT%H:%M:%SZ}"
            )
            status, body = caller.send("GET", path)
            ours.append(time.perf_counter() - began)
            assert status == 200, body[:500]
            began = time.perf_counter()
            truth = {"level": level, "at": at.replace(microsecond=0)}
            replayed = connection.execute(REPLAY, truth).fetchone()
            raw.append(time.perf_counter() - began)
            (row,) = json.loads(body)
            agree += (row["on_hand"], row["reserved"]) == replayed
    return ours, raw, agree


def time_machine(keys, say):
    """Figures of random SKU-moments through the API."""
    seconds = lay_down()
    with psycopg.connect(stage.DATABASE) as connection:
        levels = connection.execute(
            "SELECT product.sku, level.id FROM inventory_stocklevel level"
            " JOIN inventory_product product ON product.id = level.product_id"
            " JOIN inventory_location place ON place.id = level.location_id"
            " WHERE place.code = 'OLD' ORDER BY level.id"
        ).fetchall()
    ours, raw, agree = ask(Caller(keys["bench"]), levels)
    say(
        f"time machine, {MOVEMENTS:,} movements, {QUESTIONS} moments",
        f"p95 {p95(ours):.0f} ms, replay {p95(raw):.0f} ms; {agree} agree; snapshots {seconds:.0f} s",
        "p95 < 50 ms, all agree",
        good=p95(ours) < 50 and agree == QUESTIONS,
    )
