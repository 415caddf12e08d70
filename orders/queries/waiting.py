"""Who waits for stock, and what was said of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import F

from oms.models import Event
from orders.enums import OrderStatus
from orders.models import Order, OrderLine

JOINED = ("order.split_off", "order.merged")  # units that waited in another order wait in this one
SUPPLY_EVENTS = (
    "order.allocated",
    "order.released",
    "order.recalled",
    "order.backordered",
    *JOINED,
)


def waited_for(product_ids: Iterable[int]) -> list[int]:
    """Those of these products that a line of an open order still lacks, in key order."""
    lines = OrderLine.objects.filter(
        product__in=set(product_ids),
        quantity__gt=F("cancelled") + F("allocated"),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    )
    return sorted(set(lines.values_list("product_id", flat=True)))


def products_waited_for(order_ids: Iterable[int]) -> set[int]:
    """Products that these orders lack units of."""
    lines = OrderLine.objects.filter(
        order__in=set(order_ids),
        product__isnull=False,
        quantity__gt=F("cancelled") + F("allocated"),
    )
    return set(lines.values_list("product_id", flat=True)) if order_ids else set()


@dataclass(frozen=True, slots=True)
class Told:
    """Units by line id that were last told to wait; `first` when stock was never tried before."""

    first: bool
    units: dict[int, int] = field(default_factory=dict)


def told_waiting(order: Order) -> Told:
    """What the order's events say of its waiting units.

    Units that were taken back from a location wait anew: what was told before no longer counts.
    """
    rows = Event.objects.filter(
        subject_type="orders.order", subject_id=order.pk, name__in=SUPPLY_EVENTS
    )
    told = [
        (name, facts)
        for name, facts in rows.order_by("-sequence").values_list("name", "facts")
        if name not in JOINED or facts.get("waiting") is not None
    ]
    units: dict[int, int] = {}
    for name, facts in told:
        if name == "order.recalled":
            break
        if name in JOINED:
            units |= dict(facts["waiting"])
        if name == "order.backordered":
            units = dict(facts["lines"]) | units
            break
    return Told(first=not told, units=units)
