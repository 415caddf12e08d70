"""One call that moves many SKUs, next to bare SQL that writes the same rows."""

import json
import statistics
import time

import psycopg
from psycopg.types.json import Jsonb

from bench import stage
from bench.load import Caller

ROUNDS = 15
WARM = 6  # both workers have answered, and PostgreSQL has prepared what is asked

BARE = """
    WITH level AS (
        SELECT id FROM inventory_stocklevel WHERE id = ANY(%(levels)s)
        ORDER BY id FOR NO KEY UPDATE
    ), changed AS (
        UPDATE inventory_stocklevel AS stock
        SET on_hand = on_hand + 1, changes = changes + 1, changed_at = now()
        FROM level WHERE stock.id = level.id RETURNING stock.id, on_hand
    ), moved AS (
        INSERT INTO inventory_stockmovement
            (level_id, kind, condition, quantity, balance, reference, reason, actor, at)
        SELECT id, 'received', 'available', 1, on_hand, '', 'bench', %(actor)s, now() FROM changed
    ), told AS (
        INSERT INTO oms_event
            (public_id, name, subject_type, subject_id, subject_label, sequence, actor, at, facts,
             channel, correlation_id)
        VALUES (gen_random_uuid(), 'stock.increased', 'inventory.stocklevel', %(subject)s, '',
                %(sequence)s, %(actor)s, now(), %(facts)s, '', gen_random_uuid())
    )
    INSERT INTO oms_idempotencykey
        (api_key_id, key, fingerprint, correlation_id, created_at, status, body)
    VALUES (%(api_key)s, gen_random_uuid(), %(fingerprint)s, gen_random_uuid(), now(), 201, %(body)s)
"""


class Bare:
    """The rows of one call, in one prepared statement that is told all it needs.

    They are the rows that the call writes: 1,000 levels changed, 1,000 movements, the event that
    tells of the increases, and the answer kept for a repeat, whose facts and bytes are copied from
    the call before. What the call also does but writes no row is left out: it looks nothing up,
    checks nothing, and brings nothing back. Timed as a call is, from sending to the answer after the
    commit, so that what PostgreSQL checks and writes there is in both figures.
    """

    def __init__(self, skus):
        self.connection = psycopg.connect(stage.DATABASE, autocommit=True)
        self.connection.execute("SET plan_cache_mode = force_generic_plan")
        self.connection.execute("SET jit = off")
        self._levels = self._one(
            "SELECT array_agg(s.id) FROM inventory_stocklevel s"
            " JOIN inventory_product p ON p.id = s.product_id"
            " JOIN inventory_location l ON l.id = s.location_id"
            " WHERE l.code = 'LON' AND p.sku = ANY(%s)",
            [skus],
        )[0]
        self._subject, self._facts, self._actor = self._one(
            "SELECT subject_id, facts, actor FROM oms_event WHERE name = 'stock.increased'"
            " ORDER BY id DESC LIMIT 1"
        )
        self._api_key, self._fingerprint, self._body = self._one(
            "SELECT api_key_id, fingerprint, body FROM oms_idempotencykey"
            " WHERE body IS NOT NULL ORDER BY id DESC LIMIT 1"
        )
        assert len(self._levels) == len(self._facts["levels"]) == len(skus)

    def _one(self, statement, values=()):
        return self.connection.execute(statement, values).fetchone()

    def once(self):
        """Write them once; gives milliseconds."""
        (last,) = self._one(
            "SELECT max(sequence) FROM oms_event"
            " WHERE subject_type = 'inventory.stocklevel' AND subject_id = %s",
            [self._subject],
        )
        values = {
            "levels": self._levels,
            "actor": self._actor,
            "subject": self._subject,
            "sequence": last + 1,
            "facts": Jsonb(self._facts),
            "api_key": self._api_key,
            "fingerprint": self._fingerprint,
            "body": self._body,
        }
        began = time.perf_counter()
        self.connection.execute(BARE, values, prepare=True)
        return (time.perf_counter() - began) * 1000


def stock_update(say, keys, size=1_000):
    """1,000 SKUs in one call, in turns with the bare statement."""
    caller = Caller(keys["bench"])
    skus = [f"SKU-{n:04}" for n in range(size)]
    body = json.dumps(
        [{"sku": sku, "location": "LON", "quantity": 1, "reason": "bench"} for sku in skus]
    )

    def call():
        caller.headers["Idempotency-Key"] = f"bench-{time.time_ns()}"
        began = time.perf_counter()
        status, answer = caller.send_text("POST", "/api/v1/stock/movements/", body)
        assert status == 201, answer[:500]
        return (time.perf_counter() - began) * 1000

    stage.vacuum()
    for _ in range(WARM):
        call()
    bare = Bare(skus)
    bare.once()
    turns = [(call(), bare.once()) for _ in range(ROUNDS)]
    ours, raw = (statistics.median(timings) for timings in zip(*turns, strict=True))
    say(
        "stock update of 1,000 SKUs in one call",
        f"{ours:.0f} ms, bare SQL {raw:.0f} ms = {ours / raw:.1f}x",
        "within 2x",
        good=ours <= 2 * raw,
    )
