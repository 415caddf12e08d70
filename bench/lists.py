"""Lists at a million orders: the API's and the back office's, next to the same lists at 10,000.

The rows are copies of an order that the application placed, spread over states and time as in a
shop that has run for years: most are done, a few wait.
"""

import itertools
import os
import re
import time

import psycopg

from bench import stage
from bench.load import Caller, p95

FEW = 10_000
MANY = int(os.environ.get("BENCH_ORDERS", "1000000"))
CALLS = 40  # of each question
CHUNK = 100_000
LIST = "/api/v1/orders/"
PAGE = "/admin/orders/order/"

SPREAD = {
    "number": "'L' || n",
    "external_id": "'L' || n",
    "stage": "CASE WHEN n % 100 < 95 THEN 'reporting' WHEN n % 100 < 98 THEN 'fulfilment'"
    " ELSE 'allocation' END",
    "status": "CASE WHEN n % 100 < 95 THEN 'closed' ELSE 'confirmed' END",
    "payment_status": "CASE WHEN n % 50 < 49 THEN 'paid' ELSE 'unpaid' END",
    "fulfillment_status": "CASE WHEN n % 100 < 95 THEN 'shipped' ELSE 'unfulfilled' END",
    "ship_country": "(ARRAY['GB', 'DE', 'FR', 'IN', 'US'])[1 + n % 5]",
    "placed_at": "now() - make_interval(secs => n * 30)",
    "promised_at": "now() - make_interval(secs => n * 30 - 172800)",
}

SESSION = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from oms.models import User
user = User.objects.filter(username="bench").first() or User.objects.create_superuser("bench")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(session.session_key)
"""


def lists(say, keys):
    """The slowest question's p95 at both sizes, through the API and on the page."""
    api, page = Caller(keys["bench"]), signed_in()
    fill(1, FEW)
    few = slowest(api, api_questions(api)), slowest(page, page_questions(FEW))
    began = time.perf_counter()
    fill(FEW + 1, MANY)
    filled = time.perf_counter() - began
    many = slowest(api, api_questions(api)), slowest(page, page_questions(MANY))
    print(f"({MANY:,} orders written in {filled:.0f} s)")
    for name, at, limit in (("API", 0, 30), ("back-office page", 1, 150)):
        ratio = many[at] / few[at]
        say(
            f"order list of {MANY:,}, {name}",
            f"p95 {many[at]:.0f} ms, {ratio:.1f}x of {few[at]:.0f} ms at {FEW:,}",
            f"< {limit} ms, < 1.5x",
            good=many[at] < limit and ratio < 1.5,
        )


def signed_in():
    """A caller of pages, as somebody who may see everything."""
    session = stage.manage("shell", "-v", "0", "-c", SESSION).strip().splitlines()[-1]
    page = Caller("")
    page.headers = {"Cookie": f"oms_session={session}"}
    return page


def fill(first, last):
    """Write the orders numbered so."""
    with psycopg.connect(stage.DATABASE, autocommit=True) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'orders_order' AND column_name <> 'id'"
            )
        ]
        values = ", ".join(SPREAD.get(name, f"o.{name}") for name in names)
        for low in range(first, last + 1, CHUNK):
            connection.execute(
                f"INSERT INTO orders_order ({', '.join(names)}) SELECT {values}"
                " FROM (SELECT * FROM orders_order ORDER BY id LIMIT 1) o,"
                f" generate_series({low}, {min(low + CHUNK - 1, last)}) n"
            )
        connection.execute("VACUUM ANALYZE orders_order")


def api_questions(caller):
    """Newest, the page after it, and every kind of filter."""
    caller.connection.close()
    _, body = caller.send("GET", LIST)
    following = re.search(rb'"next":\s*"[^"]*?(\?[^"]+)"', body)[1].decode()
    return [
        LIST, LIST + following, f"{LIST}?stage=allocation", f"{LIST}?status=confirmed",
        f"{LIST}?payment_status=unpaid", f"{LIST}?country=DE", f"{LIST}?external_id=L77",
    ]  # fmt: skip


def page_questions(count):
    """Newest, filters, and a search by number."""
    return [
        PAGE, f"{PAGE}?stage__exact=allocation", f"{PAGE}?payment_status__exact=unpaid",
        f"{PAGE}?q=L{count - 5}", f"{PAGE}?q=buyer1@example.com",
    ]  # fmt: skip


def slowest(caller, questions):
    """p95 in milliseconds of the question that takes longest."""
    caller.connection.close()  # what was idle is opened again
    return max(_p95(caller, question) for question in questions)


def _p95(caller, question):
    latencies = []
    for turn in itertools.islice(itertools.count(), CALLS + 2):
        began = time.perf_counter()
        status, body = caller.send("GET", question)
        assert status == 200, (question, status, body[:300])
        if turn >= 2:  # the first two open connections and compile templates
            latencies.append(time.perf_counter() - began)
    return p95(latencies)
