"""The demo from beginning to end, once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from oms import dispatch, events, statistics
from oms.demo import automation, goods, lots, world
from oms.demo.clock import set_back
from oms.demo.quarter import Quarter
from oms.demo.slice import FILE
from oms.demo.today import Today
from oms.models import Event

BY = "command:seed_demo"
LOADED = "demo.loaded"
BEFORE = timedelta(days=100)  # when the companies were set up and the shelves were filled

Tell = Callable[[str, int, int], None]  # step, done, of


def is_loaded() -> bool:
    """Whether the demo was made to its end."""
    return Event.objects.filter(subject_type="orders.channel", name=LOADED).exists()


def load(tell: Tell, file: Path = FILE) -> None:
    """Make the demo. One that was interrupted is made on: what is there is recognised."""
    now = timezone.now()
    report = settings.OMS_DATA_DIR / "reports" / "demo-import.csv"
    with set_back(now - BEFORE) as clock:
        tell("Companies, locations, users", 0, 1)
        world.lay_down()
        quarter = Quarter(clock, now, report, file)
        tell("Stock", 0, 1)
        if not world.table("inventory.StockMovement").filter(reference__startswith="Open").exists():
            goods.open_stock((sale.placed for sale in quarter.sales()), quarter.first)
            goods.open_indian_stock()
        quarter.live(lambda done, of: tell("Ninety days of orders", done, of))
        clock.set(now - timedelta(minutes=1))
        tell("Today", 0, 1)
        Today(now, quarter.shelf()).happen()
        tell("Purchase orders, transfers, stock valuation", 0, 1)
        quarter.supply.leave_open(now)
        tell("Lots, serial numbers, counts", 0, 1)
        lots.happen(now)
        dispatch.drain(webhooks=False)
        tell("Rules, tried on the ninety days", 0, 1)
        automation.write_rules()
    _remember()
    statistics.analyse()
    tell("Today", 1, 1)


@transaction.atomic
def _remember() -> None:
    channel = world.table("orders.Channel").get(code=world.SHOP)
    events.record(LOADED, channel, by=BY)
