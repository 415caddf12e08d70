"""Rules switched on while orders come in, by two at once, and a worker killed in the middle."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from customers.operations import Party
from oms.conditions import leaf
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders.models import Channel, Order, RuleRun, RuleVersion
from tests import factories as world
from tests.concurrency.test_worker import until
from tests.ledgers import assert_ledgers_hold

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
BY = world.BY
HOLD = {"do": "hold", "kind": "review", "reason": "Look"}


def anything(_right):
    return True


def drafted(name, **said):
    defaults = {"moment": "placing", "actions": [HOLD]}
    return orders.draft_rule(name, orders.Wording(**{**defaults, **said}), by=BY)


def buy(number):
    """As a request does: with the channel as it is now."""
    buyer = Party(name=f"Buyer {number}", email=f"buyer{number}@example.com")
    placed = world.wish(("MUG", 1), external_id=f"E{number}", customer=buyer)
    return orders.place_one(Channel.objects.get(), placed, by="api-key:test").order


def test_a_rule_switched_on_while_orders_come_in_holds_every_order_after_it(at_once):
    world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 500)
    version = drafted("All")

    def switch_on():
        return orders.activate_rule(version, by=BY, may=anything)

    at_once([*(partial(buy, n) for n in range(20)), switch_on])
    buy(100)

    held = set(RuleRun.objects.values_list("order", flat=True))
    assert Order.objects.order_by("-pk")[0].pk in held
    for order in Order.objects.all():
        assert order.holds.filter(lifted_at=None).exists() == (order.pk in held)
    assert_ledgers_hold()


def test_two_versions_switched_on_at_once_leave_one_in_force(at_once):
    first, second = drafted("Rule"), drafted("Rule")

    answers = at_once(
        [partial(orders.activate_rule, one, by=BY, may=anything) for one in (first, second) * 3]
    )

    assert RuleVersion.objects.filter(state="active").count() == 1
    refused = [answer for answer in answers if isinstance(answer, orders.RuleInForce)]
    activated = Event.objects.filter(name="rule.activated").count()
    assert len(refused) + activated == 6


def start_worker(slow):
    db = connection.settings_dict
    password = f":{db['PASSWORD']}" if db["PASSWORD"] else ""
    url = f"postgresql://{db['USER']}{password}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LOG_LEVEL": "ERROR",
    }
    code = SLOW if slow else "pass"
    script = f"import django; django.setup(); {code}; from oms.dispatch import drain; drain()"
    return subprocess.Popen([sys.executable, "-c", script], cwd=Path(settings.BASE_DIR), env=environment)  # fmt: skip


# A worker whose tagging says that it has begun, and then takes long: killed in the middle of a run.
SLOW = """exec('''
import time
from django.db import connection
from orders.operations.rules import acting
tag = acting.ACTS["tag"]
def slowly(*args):
    tag(*args)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(99)")
    time.sleep(60)
acting.ACTS["tag"] = slowly
''')"""


def test_a_worker_killed_in_the_middle_of_a_rules_run_loses_nothing_and_does_nothing_twice():
    world.shop(duplicate_window_minutes=0)
    world.stocked("MUG", world.warehouse(), 50)
    version = drafted(
        "Big",
        moment="event",
        events=["order.placed"],
        conditions={"all": [leaf("units", "gte", "1")]},
        actions=[{"do": "task", "title": "Look", "owner": "Support"}, {"do": "tag", "tag": "big"}],
    )
    orders.activate_rule(version, by=BY, may=anything)
    buy(1)
    worker = start_worker(slow=True)
    until(in_the_middle)
    worker.kill()
    worker.wait()
    order = Order.objects.get()
    assert (order.tags, order.tasks.count(), RuleRun.objects.count()) == ([], 0, 0)

    drain()

    order.refresh_from_db()
    assert (order.tags, order.tasks.count(), RuleRun.objects.count()) == (["big"], 1, 1)
    assert_ledgers_hold()


def in_the_middle():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99")
        return cursor.fetchone()[0] > 0
