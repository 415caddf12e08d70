"""The stage: a database of its own, stock, keys, the real web server and worker."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import psycopg

from oms.processes import SPARING

ROOT = Path(__file__).resolve().parent.parent
ADMIN = os.environ.get("BENCH_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
NAME = "oms_bench"
DATABASE = ADMIN.rsplit("/", 1)[0] + "/" + NAME
PORT = int(os.environ.get("BENCH_PORT", "8765"))
HOST = f"http://127.0.0.1:{PORT}"
DATA = Path(os.environ.get("TMPDIR", "/tmp")) / "oms-bench"
PRODUCTS = 1_000
PLENTY = 1_000_000_000

ENVIRONMENT = {
    **SPARING,
    **os.environ,
    "DATABASE_URL": DATABASE,
    "OMS_DATA_DIR": str(DATA),
    "PORT": str(PORT),
    "OMS_API_RATE": "none",
    "LOG_LEVEL": "ERROR",
}

FURNISH = """
import json
from inventory import operations as inventory
from inventory.models import Location, Product
from orders.models import Channel
from oms import keys

places = [
    Location.objects.create(code=code, name=code, country=country, latitude=lat, longitude=lon)
    for code, country, lat, lon in [
        ("LON", "GB", 51.5, -0.1), ("LEE", "GB", 53.8, -1.5), ("BER", "DE", 52.5, 13.4),
        ("BOM", "IN", 19.1, 72.9), ("PAR", "FR", 48.9, 2.3),
    ]
]
Product.objects.bulk_create(
    Product(sku=f"SKU-{n:04}", name=f"Product {n}", weight_g=500) for n in range(%(products)d)
)
products = list(Product.objects.order_by("pk"))
inventory.move(
    [
        inventory.Change(product.pk, place.pk, %(plenty)d, "received", "opening")
        for product in products for place in places
    ],
    by="command:bench",
)
Channel.objects.create(code="bench", name="Bench", currency="EUR", needs_payment=False,
                       duplicate_window_minutes=0)
Channel.objects.create(code="strict", name="Strict", currency="EUR", needs_payment=False,
                       allows_backorder=False, duplicate_window_minutes=0)
scarce = Product.objects.create(sku="SCARCE", name="Scarce")
inventory.receive(scarce, places[0], 50, by="command:bench")
spread = Product.objects.create(sku="SPREAD", name="Spread")
places += [
    Location.objects.create(code=f"S{n}", name=f"Store {n}", country="DE", kind="store",
                            latitude=50 + n, longitude=8 + n) for n in range(3)
]
for at, place in enumerate(places):
    inventory.receive(spread, place, 7 if at < 2 else 6, by="command:bench")
print(json.dumps({
    code: keys.create(code, channel=code)[1] for code in ("bench", "strict")
}))
"""


def manage(*arguments, **extra):
    """Run a management command on the bench's database and give what it printed."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True, **extra
    )
    return done.stdout


def build():
    """A new database, migrated and furnished; gives API keys by channel and the migration time."""
    with psycopg.connect(ADMIN, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {NAME}")
    DATA.mkdir(parents=True, exist_ok=True)
    manage("collectstatic", "--noinput", "--verbosity", "0")
    started = time.perf_counter()
    manage("migrate", "--verbosity", "0")
    seconds = time.perf_counter() - started
    text = manage("shell", "-v", "0", "-c", FURNISH % {"products": PRODUCTS, "plenty": PLENTY})
    with psycopg.connect(DATABASE, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return json.loads(text.strip().splitlines()[-1]), seconds


def analyse():
    """What autovacuum does in the first minute of use, for servers where it is off.

    A connection keeps the plans of its checks of foreign keys, made when the tables were empty.
    """
    with psycopg.connect(DATABASE, autocommit=True) as connection:
        connection.execute("ANALYZE")


def vacuum():
    """The same, and the old versions of rows are cleared away, as happens after every minute of load."""
    with psycopg.connect(DATABASE, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def first_migrate_sqlite():
    """Seconds that an embedded database takes to come into being."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "first.sqlite3"
        environment = {**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{database}"}
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT, env=environment, check=True,
        )  # fmt: skip
        return time.perf_counter() - started


def await_quiet(seconds=600):
    """Wait until the worker has told everybody of everything that happened so far."""
    give_up = time.perf_counter() + seconds
    with psycopg.connect(DATABASE, autocommit=True) as connection:
        while time.perf_counter() < give_up:
            waiting = connection.execute(
                "SELECT EXISTS (SELECT 1 FROM oms_event WHERE position IS NULL)"
                " OR EXISTS (SELECT 1 FROM oms_delivery WHERE state = 'pending')"
            ).fetchone()[0]
            if not waiting:
                return
            time.sleep(0.5)


@contextmanager
def service(*, workers=2, dispatch=False):
    """The real gunicorn, and the real worker when asked for; ends only what it started."""
    started = [
        subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "oms.wsgi", "--bind", f"127.0.0.1:{PORT}",
                "--workers", str(workers), "--threads", "4", "--log-level", "warning",
            ],
            cwd=ROOT, env=ENVIRONMENT,
        )
    ]  # fmt: skip
    if dispatch:
        started.append(
            subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=ENVIRONMENT)
        )
    try:
        await_health(started[0])
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def await_health(process):
    """Wait until the service says that it is ready."""
    for _ in range(150):
        if process.poll() is not None:
            sys.exit("The web server ended at once.")
        try:
            with urlopen(f"{HOST}/health/", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    sys.exit("The web server did not become ready.")


def web_memory(process):
    """Resident megabytes of each web worker."""
    workers = psutil.Process(process.pid).children()
    return [worker.memory_info().rss / 1e6 for worker in workers]


def processor_seconds(process):
    """Processor time spent so far by the web server's processes and by PostgreSQL's backends."""
    web = psutil.Process(process.pid)
    used = sum(sum(p.cpu_times()[:2]) for p in [web, *web.children(recursive=True)])
    for other in psutil.process_iter(["name", "cmdline"]):
        if (other.info["name"] or "").startswith("postgres") and NAME in " ".join(
            other.info["cmdline"] or []
        ):
            used += sum(other.cpu_times()[:2])
    return used
