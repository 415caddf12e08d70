"""What each event adds to the daily facts, and whether the facts say what the events said.

Consumers add an event's increments; a rebuild and `check_ledgers` add up all counted events by
the same function, so that the two ways to a figure cannot drift apart. Days are UTC days.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from fulfillment.models import Return, Shipment
from oms.models import Delivery, DeliveryState, Event
from orders.models import Order
from reporting.models import DailyProduct, DailySales, DailyShipping

CONSUMER = "reporting.consumers.count"
CHUNK = 1_000

Number = int | Decimal
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Increment:
    """So much more on one row of one table of facts."""

    table: type[models.Model]
    key: Key  # values of KEYS[table]
    amounts: dict[str, Number]


KEYS: dict[type[models.Model], tuple[str, ...]] = {
    DailySales: ("day", "channel_id", "currency"),
    DailyShipping: ("day", "location_id"),
    DailyProduct: ("product_id", "day"),
}


def increments(events: Sequence[Event]) -> list[Increment]:
    """What these events add, with one look-up per kind of event for any number of them."""
    by_name: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_name[event.name].append(event)
    return [
        increment
        for name, contribution in CONTRIBUTIONS.items()
        if by_name[name]
        for increment in contribution(by_name[name])
    ]


def added_up(found: Iterable[Increment]) -> dict[type[models.Model], dict[Key, dict[str, Number]]]:
    """Increments by table and row, one entry a row."""
    facts: dict[type[models.Model], dict[Key, dict[str, Number]]] = {table: {} for table in KEYS}
    for increment in found:
        row = facts[increment.table].setdefault(increment.key, {})
        for column, amount in increment.amounts.items():
            row[column] = row.get(column, 0) + amount
    return facts


def counted_events() -> Iterator[Event]:
    """Events that are in the facts by now, oldest first: delivered to the consumer that counts."""
    waiting = Delivery.objects.filter(event=OuterRef("pk"), consumer=CONSUMER).exclude(
        state=DeliveryState.DONE
    )
    rows = Event.objects.filter(name__in=CONTRIBUTIONS, position__isnull=False).exclude(
        Exists(waiting)
    )
    return rows.order_by("pk").iterator(chunk_size=CHUNK)


def expected() -> dict[type[models.Model], dict[Key, dict[str, Number]]]:
    """The facts as the counted events tell them."""
    events = counted_events()
    chunks = iter(lambda: list(islice(events, CHUNK)), [])
    return added_up(increment for chunk in chunks for increment in increments(chunk))


def kept(table: type[models.Model]) -> dict[Key, dict[str, Number]]:
    """The facts as they stand in a table, zeros left out."""
    found = {}
    for row in table._default_manager.values():  # noqa: SLF001 (documented manager hook)
        row.pop("id")
        key = tuple(row.pop(column) for column in KEYS[table])
        found[key] = {column: amount for column, amount in row.items() if amount}
    return found


def differences(table: type[models.Model]) -> Iterator[str]:
    """Where a table does not say what the counted events said, in sentences."""
    told, there = expected()[table], kept(table)
    for key in sorted(told.keys() | there.keys()):
        said, stored = told.get(key, {}), there.get(key, {})
        for column in sorted(said.keys() | stored.keys()):
            if said.get(column, 0) != stored.get(column, 0):
                at = " ".join(str(part) for part in key)
                yield f"{at}: {column} is {stored.get(column, 0)}, events say {said.get(column, 0)}"


def _placed(events: list[Event]) -> Iterator[Increment]:
    orders = _orders(events)
    for event in events:
        order, facts = orders[event.subject_id], event.facts
        day = _day(order["placed_at"])
        yield Increment(
            DailySales,
            (day, order["channel_id"], order["currency"]),
            {
                "orders": 1,
                "lines": int(facts["lines"]),
                "units": int(facts["units"]),
                "value": Decimal(str(facts["total"])),
            },
        )
        for product, quantity in facts["products"]:
            if product is not None:  # an unknown SKU has no product yet
                yield Increment(DailyProduct, (product, day), {"ordered": int(quantity)})


def _cancelled(events: list[Event]) -> Iterator[Increment]:
    orders = _orders(events)
    for event in events:
        order, facts = orders[event.subject_id], event.facts
        yield Increment(
            DailySales,
            (_day_of(event), order["channel_id"], order["currency"]),
            {
                "cancelled_orders": int(bool(facts["whole"])),
                "cancelled_value": Decimal(str(facts["amount"])),
            },
        )


def _short(events: list[Event]) -> Iterator[Increment]:
    orders = _orders(events)
    for event in _first_of_each(events):
        if not event.facts.get("first", True):
            continue  # had stock at first; a location could not supply it later
        order, lines = orders[event.subject_id], event.facts["lines"]
        yield Increment(
            DailySales,
            (_day(order["placed_at"]), order["channel_id"], order["currency"]),
            {
                "short_orders": 1,
                "short_lines": len(lines),
                "short_units": sum(int(quantity) for _line, quantity in lines),
            },
        )


def _shipped(events: list[Event]) -> Iterator[Increment]:
    shipments = {
        row["pk"]: row
        for row in Shipment.objects.filter(pk__in=_subjects(events)).values(
            "pk", "shipped_at", "order__placed_at", "fulfillment_order__location_id"
        )
    }
    for event in events:
        shipment, units = shipments[event.subject_id], event.facts["units"]
        on_time, day = event.facts.get("on_time"), _day(shipment["shipped_at"])
        cycle = shipment["shipped_at"] - shipment["order__placed_at"]
        yield Increment(
            DailyShipping,
            (day, shipment["fulfillment_order__location_id"]),
            {
                "shipments": 1,
                "units": sum(int(quantity) for *_, quantity in units),
                "on_time": int(bool(on_time)),
                "promised": int(on_time is not None),
                "cycle_minutes": max(int(cycle.total_seconds()) // 60, 0),
            },
        )
        for _line, product, quantity in units:
            yield Increment(DailyProduct, (product, day), {"shipped": int(quantity)})


def _returned(events: list[Event]) -> Iterator[Increment]:
    returns = {
        row["pk"]: row
        for row in Return.objects.filter(pk__in=_subjects(events)).values("pk", "location_id")
    }
    for event in events:
        day, lines = _day_of(event), event.facts["lines"]
        yield Increment(
            DailyShipping,
            (day, returns[event.subject_id]["location_id"]),
            {"returned_units": sum(int(quantity) for *_, quantity in lines)},
        )
        for _line, product, quantity in lines:
            yield Increment(DailyProduct, (product, day), {"returned": int(quantity)})


# One entry for each event that is counted; oms.wiring sends these to the consumer.
CONTRIBUTIONS: dict[str, Callable[[list[Event]], Iterator[Increment]]] = {
    "order.placed": _placed,
    "order.cancelled": _cancelled,
    "order.backordered": _short,
    "shipment.shipped": _shipped,
    "return.received": _returned,
}


def _orders(events: list[Event]) -> dict[int, dict[str, Any]]:
    rows = Order.objects.filter(pk__in=_subjects(events)).values(
        "pk", "channel_id", "currency", "placed_at"
    )
    return {row["pk"]: dict(row) for row in rows}


def _first_of_each(events: list[Event]) -> list[Event]:
    """Only the first shortage of an order counts: later ones are the same units, still waiting."""
    earlier = Event.objects.filter(
        subject_type=OuterRef("subject_type"),
        subject_id=OuterRef("subject_id"),
        sequence__lt=OuterRef("sequence"),
        name=OuterRef("name"),
    )
    first = Event.objects.filter(pk__in=[event.pk for event in events]).exclude(Exists(earlier))
    keep = set(first.values_list("pk", flat=True))
    return [event for event in events if event.pk in keep]


def _subjects(events: list[Event]) -> set[int]:
    return {event.subject_id for event in events}


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _day_of(event: Event) -> date:
    """The day that the event speaks of: stated where work of the past is recorded, else its own."""
    stated = event.facts.get("day")
    return date.fromisoformat(stated) if stated else _day(event.at)
