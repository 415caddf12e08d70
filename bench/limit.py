"""The limit: the same rows as placing writes, by pgbench as bare SQL, in the same run.

The rows are copied from orders that the application has just placed, so that they have the same
columns, the same sealed bytes and the same events.
"""

import json
import re
import subprocess
import tempfile
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from bench.stage import DATABASE


def single(seconds, clients=8):
    """Orders a second of pgbench, prepared, one statement after the other."""
    return _run(_single_script(), seconds, clients)


def bulk(seconds, clients=2, orders=500):
    """Orders a second of pgbench placing `orders` of them in one multi-row statement."""
    return _run(_bulk_script(orders), seconds, clients) * orders


def _run(script, seconds, clients):
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write(script)
    command = [
        "pgbench", "-n", "-M", "prepared", "-f", file.name, "-c", str(clients),
        "-j", "2", "-T", str(seconds), DATABASE,
    ]  # fmt: skip
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    Path(file.name).unlink()
    found = re.search(r"tps = ([\d.]+) \(without", done.stdout) or re.search(
        r"tps = ([\d.]+)", done.stdout
    )
    return float(found[1])


def _columns(connection, table, *, skip):
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in rows if name not in skip]


class Template:
    """One placed order of three lines, as literals."""

    def __init__(self):
        with psycopg.connect(DATABASE) as connection:
            self.connection = connection
            self.order_id = connection.execute(
                "SELECT order_id FROM orders_orderline GROUP BY 1 HAVING count(*) = 3"
                " ORDER BY 1 DESC LIMIT 1"
            ).fetchone()[0]
            self.order = self.rows("orders_order", "id", {"id"})[0]
            self.lines = self.rows("orders_orderline", "order_id", {"id"}, "position")
            self.history = self.rows("orders_historicalorder", "id", {"history_id"})[0]
            line_ids = "(SELECT id FROM orders_orderline WHERE order_id = {})"
            self.reservation = self.query(
                "inventory_reservation",
                f"order_line_id IN {line_ids.format(self.order_id)} ORDER BY id",
                {"id"},
            )[0]
            self.events = self.query(
                "oms_event",
                f"subject_type = 'orders.order' AND subject_id = {self.order_id} ORDER BY sequence",
                {"id", "position"},
            )

    def rows(self, table, key, skip, order="1"):
        """Rows of a table that belong to the order."""
        return self.query(table, f"{key} = {self.order_id} ORDER BY {order}", skip)

    def query(self, table, where, skip):
        """Rows as {column: SQL literal}."""
        names = _columns(self.connection, table, skip=skip)
        rows = self.connection.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {where}")
        return [
            {name: _literal(value, self.connection) for name, value in zip(names, row, strict=True)}
            for row in rows
        ]


def _literal(value, connection):
    """A literal without a colon, which pgbench would take for a variable."""
    if isinstance(value, (dict, list)):
        return _hidden(json.dumps(value), "jsonb")
    if isinstance(value, datetime):
        return _hidden(value.isoformat(), "timestamptz")
    if isinstance(value, str) and ":" in value:
        return _hidden(value, "text")
    return sql.Literal(value).as_string(connection)


def _hidden(text, kind):
    return f"convert_from(decode('{text.encode().hex()}', 'hex'), 'UTF8')::{kind}"


def _insert(table, row, **changes):
    row = {**row, **changes}
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})"


def _values(row, **changes):
    return ", ".join({**row, **changes}.values())


def _single_script():
    made = Template()
    number = "'P' || nextval('oms_number_order')"
    lines = [
        _values(line, order_id=":oid", product_id=f":v{at}", position=str(at))
        for at, line in enumerate(made.lines, 1)
    ]
    events = [
        _values(event, subject_id=":oid", public_id="gen_random_uuid()") for event in made.events
    ]
    stock = "".join(
        f"UPDATE inventory_stocklevel SET reserved = reserved + 1, changed_at = now()"
        f" WHERE product_id = :v{at} AND location_id = 1"
        " AND on_hand - reserved - safety_stock >= 1;\n"
        for at in (1, 2, 3)
    )
    reservation = {**made.reservation, "level_id": "s.id", "order_line_id": "l.id"}
    return f"""
\\set v1 random(1, 330)
\\set v2 random(331, 660)
\\set v3 random(661, 1000)
BEGIN;
{_insert("orders_order", made.order, number=number, external_id="gen_random_uuid()")} RETURNING id AS oid \\gset
INSERT INTO orders_orderline ({", ".join(made.lines[0])}) VALUES ({"), (".join(lines)});
{stock}INSERT INTO inventory_reservation ({", ".join(reservation)}) SELECT {", ".join(reservation.values())}
  FROM orders_orderline l JOIN inventory_stocklevel s ON s.product_id = l.product_id AND s.location_id = 1 WHERE l.order_id = :oid;
{_insert("orders_historicalorder", made.history, id=":oid", external_id="gen_random_uuid()")};
INSERT INTO oms_event ({", ".join(made.events[0])}) VALUES ({"), (".join(events)});
COMMIT;
"""


def _bulk_script(orders):
    made = Template()
    order = {**made.order, "number": "'P' || nextval('oms_number_order')",
             "external_id": "gen_random_uuid()"}  # fmt: skip
    line = {**made.lines[0], "order_id": "o.id", "product_id": "k.product", "position": "k.at"}
    reservation = {**made.reservation, "level_id": "st.id", "order_line_id": "li.id"}
    history = {**made.history, "id": "o.id", "external_id": "gen_random_uuid()"}
    events = " UNION ALL ".join(
        f"SELECT {_values(event, subject_id='o.id', public_id='gen_random_uuid()')} FROM o"
        for event in made.events
    )
    return f"""
\\set base random(0, 499)
WITH o AS (
  INSERT INTO orders_order ({", ".join(order)}) SELECT {", ".join(order.values())}
  FROM generate_series(1, {orders}) RETURNING id
), k AS (
  SELECT o.id AS oid, at, 1 + (:base::int + (row_number() OVER ())::int) % 1000 AS product
  FROM o, generate_series(1, 3) at
), li AS (
  INSERT INTO orders_orderline ({", ".join(line)})
  SELECT {", ".join(line.values())} FROM o JOIN k ON k.oid = o.id RETURNING id, product_id
), lk AS (
  SELECT id, product_id FROM inventory_stocklevel
  WHERE location_id = 1 AND product_id IN (SELECT product FROM k) ORDER BY id FOR UPDATE
), want AS (
  SELECT product, count(*) AS units FROM k GROUP BY 1
), st AS (
  UPDATE inventory_stocklevel s SET reserved = s.reserved + want.units, changed_at = now()
  FROM lk JOIN want ON want.product = lk.product_id
  WHERE s.id = lk.id AND s.on_hand - s.reserved - s.safety_stock >= want.units
  RETURNING s.id, s.product_id
), re AS (
  INSERT INTO inventory_reservation ({", ".join(reservation)})
  SELECT {", ".join(reservation.values())} FROM li JOIN st USING (product_id) RETURNING 1
), hi AS (
  INSERT INTO orders_historicalorder ({", ".join(history)}) SELECT {", ".join(history.values())}
  FROM o RETURNING 1
)
INSERT INTO oms_event ({", ".join(made.events[0])}) {events};
"""
