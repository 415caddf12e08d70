"""How the demo's locations serve: groups, days off, re-routing, and buyers who collect at a counter."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import cycle, islice
from typing import Any

from django.db.models import F

from fulfillment import operations as fulfillment
from inventory import operations as inventory
from oms import dispatch
from oms.demo import world
from oms.demo.people import somebody
from orders import operations as orders

BY = "command:seed_demo"
GROUPS = {
    "uk": ("Warehouses in the UK", (world.LONDON, world.LEEDS)),
    "mainland": ("Warehouses in the EU", (world.BERLIN,)),
}
DAYS_OFF = ((1, 1, "New Year's Day"), (12, 25, "Christmas Day"), (12, 26, "Boxing Day"))
YEARS = 3  # of days off that are entered
STEPS = ("open", "picked", "ready", "collected")
COLLECTS = 2  # units of a line
REROUTED_EVERY = 30  # minutes, what the wholesale shop's locations reject


def happen(now: datetime, picker: str) -> None:
    """Say how locations serve, and have buyers collect at London's counter; once."""
    _serve(now.year)
    if not world.table("fulfillment.FulfillmentOrder").filter(for_pickup=True).exists():
        placed = [_place(number, now) for number in range(len(STEPS))]
        dispatch.drain(webhooks=False)
        for order, step in zip(placed, STEPS, strict=True):
            for work in order.fulfillment_orders.order_by("pk"):
                _go(work, step, picker)
        dispatch.drain(webhooks=False)


def _serve(year: int) -> None:
    places = world.table("inventory.Location")
    calendar, _ = world.table("inventory.HolidayCalendar").get_or_create(name="England and Wales")
    for month, day, name in DAYS_OFF:
        for one in range(year, year + YEARS):
            calendar.holidays.get_or_create(day=date(one, month, day), defaults={"name": name})
    services = world.table("inventory.LocationService").filter(location__country="GB")
    services.filter(calendar=None).update(calendar=calendar)
    services.filter(location__code=world.LONDON).update(offers_pickup=True)
    for code, (name, members) in GROUPS.items():
        group, is_new = world.table("inventory.LocationGroup").get_or_create(
            code=code, defaults={"name": name}
        )
        if is_new:
            group.locations.set(places.filter(code__in=members))
    world.table("orders.RerouteWindow").get_or_create(
        channel=world.table("orders.Channel").get(code=world.SHOP),
        defaults={"minutes": REROUTED_EVERY},
    )
    inventory.network_changed()


def _place(number: int, now: datetime) -> Any:
    """Somebody on the phone, who comes by."""
    key, at, lines = f"COUNTER-{number + 1}", now - timedelta(hours=3 + number), _lines(number)
    total = sum((line.unit_price * line.quantity for line in lines), Decimal(0))
    placed = orders.PlacedOrder(
        external_id=key,
        currency="GBP",
        customer=somebody(key),
        shipping_address={},
        lines=lines,
        payments=(orders.PlacedPayment("on_account", total, "pending"),),
        placed_at=at,
        pickup_location=world.LONDON,
    )
    desk = world.table("orders.Channel").get(code=world.DESK)
    order: Any = orders.place_one(desk, placed, by=BY).order
    return orders.release(order, by=BY)


def _lines(number: int) -> tuple[orders.PlacedLine, ...]:
    """Something of which London has enough."""
    spare = F("reserved") + F("fenced") + F("safety_stock") + COLLECTS
    rows = world.table("inventory.StockLevel").filter(
        location__code=world.LONDON, product__unit_price__gt=0, on_hand__gte=spare
    )
    levels = rows.select_related("product").order_by("-on_hand", "pk")[: 2 * len(STEPS)]
    return tuple(
        orders.PlacedLine(
            level.product.sku, COLLECTS, Decimal(level.product.unit_price), name=level.product.name
        )
        for level in islice(cycle(levels), 2 * number, 2 * number + 2)
    )


def _go(work: Any, step: str, picker: str) -> None:
    """As far as the step: picked, behind the counter, handed over."""
    at = STEPS.index(step)
    if at >= STEPS.index("picked"):
        fulfillment.pick(work, by=picker)
    if at >= STEPS.index("ready"):
        fulfillment.make_ready(work, by=picker)
    if at >= STEPS.index("collected"):
        fulfillment.collect(work, by=picker, collected_by="Their driver")
