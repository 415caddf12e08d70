"""One order of 2,000 lines, as wholesalers place them: placed in one call, opened, opened to change."""

import json
import time

import psycopg

from bench import stage
from bench.lists import signed_in
from bench.load import Caller, order

LINES = 2_000
OPENS = 10
LONGEST_MS = 1_000


def large(say, keys, number):
    """Milliseconds to place it, and the slowest of some openings of its pages and of its JSON."""
    api, page = Caller(keys["bench"]), signed_in()
    sent = order(number)
    sent["lines"] = [
        {"sku": f"SKU-{at % stage.PRODUCTS:04}", "quantity": 3, "unit_price": "4.99"}
        for at in range(LINES)
    ]
    began = time.perf_counter()
    status, answer = api.send("POST", "/api/v1/orders/", sent)
    placing = (time.perf_counter() - began) * 1000
    assert status == 201, answer[:500]
    named = json.loads(answer)["number"]
    with psycopg.connect(stage.DATABASE) as connection:
        pk = connection.execute(
            "SELECT id FROM orders_order WHERE number = %s", [named]
        ).fetchone()[0]
    doors = {
        "page": (page, f"/admin/orders/order/{pk}/change/"),
        "change page": (page, f"/admin/orders/order/{pk}/change-order/"),
        "API": (api, f"/api/v1/orders/{named}/"),
    }
    slowest = {name: max(_opened(*door) for _ in range(OPENS)) for name, door in doors.items()}
    told = ", ".join(f"{name} {ms:.0f} ms" for name, ms in slowest.items())
    say(
        f"order of {LINES:,} lines, slowest of {OPENS}",
        f"placed in {placing:.0f} ms; {told}",
        f"opens < {LONGEST_MS:,} ms",
        good=max(slowest.values()) < LONGEST_MS,
    )


def _opened(caller, path):
    caller.connection.close()  # it may have been idle for longer than the server keeps it
    began = time.perf_counter()
    status, answer = caller.send("GET", path)
    assert status == 200, answer[:300]
    return (time.perf_counter() - began) * 1000
