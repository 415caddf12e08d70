"""Importing a file: real invoices, by the command, into the bench's database."""

import os
import re

from bench import stage

SLICE = stage.ROOT / "oms" / "demo" / "data" / "online_retail_slice.csv.gz"
FILE = os.environ.get("BENCH_IMPORT", str(SLICE))  # or the full file of 541,909 rows
MOST_MEGABYTES = 400
FIGURES = re.compile(r"([\d,]+) rows/s, ([\d,]+) orders/s; at most (\d+) MB")
CHANNEL = """
from orders.models import Channel
Channel.objects.get_or_create(code="import", defaults={"name": "Import", "currency": "GBP"})
"""


def importing(say):
    """Rows and orders a second of `import_orders`, and its memory, which must not grow with the file."""
    stage.manage("shell", "-v", "0", "-c", CHANNEL)
    told = stage.manage(
        "import_orders", FILE, "--channel", "import", "--profile", "uci-online-retail"
    )
    rows, orders, megabytes = FIGURES.search(told).groups()
    say(
        "import of a file, real invoices",
        f"{rows} rows/s, {orders} orders/s, {megabytes} MB",
        f"< {MOST_MEGABYTES} MB",
        good=int(megabytes) < MOST_MEGABYTES,
    )
