"""What locations gave up and waits for the next re-routing window."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from orders.models import Hold, Order, RerouteWindow, Rest


def reroute_minutes(channel_id: int) -> int:
    """How long a channel's rests are collected: its own window, else that of all; 0: at once."""
    rows = RerouteWindow.objects.filter(Q(channel=channel_id) | Q(channel=None))
    found: dict[int | None, int] = dict(rows.values_list("channel_id", "minutes"))
    return found.get(channel_id, found.get(None, 0))


def next_window(now: datetime, minutes: int) -> datetime:
    """The end of the window of this length that `now` falls into; windows begin at midnight UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(minutes=minutes)
    end = midnight + ((now - midnight) // length + 1) * length
    return min(end, midnight + timedelta(days=1))


def open_rest(order_id: int) -> Rest | None:
    """What of the order waits for the next window."""
    return Rest.objects.filter(order=order_id, routed_at=None).first()


def waiting_rests(orders: Iterable[Order]) -> dict[int, Rest]:
    """What waits for the next window, by order id; asks nothing where no order lacks units.

    Lines are read as they were prefetched.
    """
    short = [order.pk for order in orders if any(line.backordered for line in order.lines.all())]
    rows = Rest.objects.filter(order__in=short, routed_at=None) if short else ()
    return {row.order_id: row for row in rows}


def rests_due(now: datetime, most: int) -> list[int]:
    """Orders whose window has closed, by id: those with the highest priority, then oldest promise.

    Orders on a hold that stops allocation are routed when it is lifted.
    """
    held = Hold.objects.filter(lifted_at=None, type__stops_allocation=True).values("order")
    rows = Rest.objects.filter(routed_at=None, due_at__lte=now).exclude(order__in=held)
    turn = rows.order_by("-order__priority", "order__promised_at", "order__placed_at", "order_id")
    return list(turn.values_list("order_id", flat=True)[:most])
