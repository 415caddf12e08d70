"""Real invoices over four locations: every figure adds up, and the past is what it was."""

import gzip
import random
from collections import Counter
from contextlib import suppress
from itertools import islice

import pytest
from django.core.management import call_command

from fulfillment import operations as fulfillment
from fulfillment.consumers import create_fulfillment_orders
from fulfillment.models import Carrier, FulfillmentOrder
from inventory import operations as inventory
from inventory.models import Product, Reservation, StockLevel, StockMovement
from inventory.queries import stock_at
from oms.demo import world as demo
from oms.demo.slice import FILE
from oms.errors import DomainError
from oms.models import Event
from orders.models import Channel
from tests.factories import BY
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db

ROWS = 1_500  # of the file that ships
MOMENTS = 200
SHARES = {"LON": 0.4, "LDS": 0.25, "BER": 0.15, "BOM": 0.05}  # of what the file asks for


@pytest.fixture
def network():
    places = demo.table("inventory.Location")
    for code, fields in demo.LOCATIONS.items():
        places.create(code=code, **fields)
    return {place.code: place for place in places.all()}


@pytest.fixture
def invoices(tmp_path):
    """The first invoices of the file, as a file of their own."""
    path = tmp_path / "invoices.csv"
    with gzip.open(FILE, "rt", encoding="utf-8") as rows:
        path.write_text("".join(islice(rows, ROWS)), encoding="utf-8")
    return path


def stock_up(network, path):
    wanted = Counter()
    for row in path.read_text(encoding="utf-8").splitlines()[1:]:
        _, sku, *_ = row.split(",")
        wanted[sku.upper()] += 6
    inventory.introduce(dict.fromkeys(wanted, ""), by=BY)
    products = dict(Product.objects.values_list("sku", "pk"))
    inventory.move(
        [
            inventory.Change(
                products[sku], network[code].pk, max(1, int(units * share)), "received", "opening"
            )
            for sku, units in wanted.items()
            for code, share in SHARES.items()
        ],
        by=BY,
    )


def disturb(dice, times):
    """Losses, finds, units set apart, and shipments, wherever the dice fall."""
    levels = list(StockLevel.objects.select_related("product", "location"))
    why = inventory.Why("other", "test")
    for _ in range(times):
        level = dice.choice(levels)
        act = dice.choice([inventory.adjust, inventory.quarantine, inventory.mark_damaged])
        units = dice.randint(1, 4) * (dice.choice([-1, 1]) if act is inventory.adjust else 1)
        with suppress(DomainError):  # so many were not free
            act(level.product, level.location, units, by=BY, why=why)


def ship_some(most):
    """What the first orders were handed to locations leaves them."""
    Carrier.objects.create(code="post", name="Post")
    for event in Event.objects.filter(name="order.released").order_by("pk")[:most]:
        create_fulfillment_orders(event)
    for work in FulfillmentOrder.objects.order_by("pk"):
        contents = dict(work.lines.values_list("pk", "quantity"))
        fulfillment.pick(work, by=BY)
        fulfillment.pack(work, by=BY, parcels=[fulfillment.PackedParcel(500, contents)])
        fulfillment.ship(work, by=BY, carrier="post")


def replayed(level, at):
    """What the ledgers say, row by row."""
    balances = Counter()
    for move in StockMovement.objects.filter(level=level, at__lte=at):
        balances[move.condition] += move.quantity
    held = sum(
        row.quantity
        for row in Reservation.objects.filter(level=level, created_at__lte=at)
        if row.ended_at is None or row.ended_at > at
    )
    return balances["available"], balances["quarantined"], balances["damaged"], held


def test_real_orders_over_four_locations_keep_every_invariant_and_the_past(network, invoices):
    dice = random.Random(2011)
    Channel.objects.create(
        code="shop", name="Shop", currency="GBP", needs_payment=False, duplicate_window_minutes=0
    )
    stock_up(network, invoices)
    began = StockMovement.objects.earliest("at").at

    call_command(
        "import_orders", invoices, channel="shop", profile="uci-online-retail", verbosity=0
    )
    disturb(dice, 60)
    ship_some(15)
    disturb(dice, 60)

    assert_ledgers_hold()
    ended = max(
        StockMovement.objects.latest("at").at, Reservation.objects.latest("created_at").created_at
    )
    busy = list(
        StockLevel.objects.filter(movements__kind__in=["adjusted", "issued", "quarantined"])
        .distinct()
        .values_list("pk", flat=True)
    )
    every = list(StockLevel.objects.values_list("pk", flat=True))
    assert len({row.location_id for row in StockLevel.objects.filter(reserved__gt=0)}) > 2
    for question in range(MOMENTS):
        level = dice.choice(busy if question % 2 else every)
        at = began + (ended - began) * dice.random()
        then = stock_at([level], at)[level]
        told = then.on_hand, then.quarantined, then.damaged, then.reserved
        assert told == replayed(level, at), (level, at)
