"""Trying a rule on every order that was imported: what asks most of an order, its lines and its buyer's past."""

import re

from bench import stage

DAYS = 36_500  # the invoices are of 2010 and 2011
MOST_SECONDS = 60
FIGURES = re.compile(r"(\d+) orders, (\d+) fit, ([\d.]+) s, progress (\d+)")
TRY = """
import time
from django.db import connection
from oms.conditions import leaf
from oms.models import Job
from orders import operations
from orders.operations.rules.versions import Wording
from orders.tasks import try_rule
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")
fields = [leaf("skus", "has_any", ["85123A"]), leaf("customer_orders", "gte", 3)]
wording = Wording("event", [{"do": "tag", "tag": "bench"}], {"any": fields}, ["order.placed"])
version = operations.draft_rule("Bench", wording, by="command:bench")
trial = operations.try_rule(version, days=%(days)d, by="command:bench")
began = time.perf_counter()
try_rule(trial.job)
spent = time.perf_counter() - began
trial.refresh_from_db()
job = Job.objects.get(pk=trial.job_id)
print(f"{trial.result['orders']} orders, {trial.result['matched']} fit, {spent:.1f} s, progress {job.done}")
"""


def trying(say):
    """Seconds of one trial over everything there is, as the worker does it."""
    told = stage.manage("shell", "-v", "0", "-c", TRY % {"days": DAYS})
    orders, matched, seconds, done = FIGURES.search(told).groups()
    say(
        f"back-test of a rule over {int(orders):,} orders",
        f"{seconds} s, {int(matched):,} fit; progress up to {int(done):,}",
        f"< {MOST_SECONDS} s",
        good=float(seconds) < MOST_SECONDS and int(done) > 0,
    )
