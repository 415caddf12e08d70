"""Orders that wait for a person: one blocking fact and one act for each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from inventory import queries as inventory
from oms.money import quantize
from orders import queries as orders
from orders.enums import WAITING, OrderStatus, Stage
from orders.models import Hold, Order, OrderLine
from orders.queries.hold_types import remedy_of

SHOWN = 20
LATER = "See order"


@dataclass(frozen=True, slots=True)
class Stuck:
    """An order that cannot go on, why, and what a person would do about it."""

    pk: int
    number: str
    channel: str
    stage: str
    since: datetime
    priority: int
    promised_at: datetime | None
    fact: str
    act: str  # name of the act, or of the page to look at
    label: str  # what the button says
    target: int | str | None = None  # id of the line or hold, or the SKU, that the act is about
    more: int = 0  # further reasons that wait behind this one


@dataclass(frozen=True, slots=True)
class Blocker:
    """The fact and the act, before they are shown with their order."""

    fact: str
    act: str
    label: str
    target: int | str | None = None


def stuck(*, show: int = SHOWN) -> list[Stuck]:
    """The most important, then the longest stuck; a fixed number of statements.

    Stuck is an order that no worker will take further without a person, money or goods.
    """
    rows = _longest_stuck(show)
    held = _held([row for row in rows if row.stage == Stage.VALIDATION])
    short = _short([row for row in rows if row.stage == Stage.ALLOCATION])
    unpaid = _unpaid([row for row in rows if row.stage == Stage.PAYMENT])
    blockers = {**held, **short, **unpaid}
    return [_stuck(row, blockers.get(row.pk, [])) for row in rows]


def _longest_stuck(show: int) -> list[Order]:
    """From the index of waiting orders, and from those that wait to be released."""
    rows = Order.objects.select_related("channel").order_by("-priority", "stage_since", "pk")
    waiting = rows.filter(stage__in=WAITING)[:show]
    to_release = rows.filter(stage=Stage.FULFILMENT, status=OrderStatus.PLACED)[:show]
    return sorted(
        [*waiting, *to_release], key=lambda row: (-row.priority, row.stage_since, row.pk)
    )[:show]


def _stuck(order: Order, blockers: list[Blocker]) -> Stuck:
    blocker = blockers[0] if blockers else _undecided(order)
    return Stuck(
        pk=order.pk,
        number=order.number,
        channel=order.channel.code,
        stage=order.stage,
        since=order.stage_since,
        priority=order.priority,
        promised_at=order.promised_at,
        fact=blocker.fact,
        act=blocker.act,
        label=blocker.label,
        target=blocker.target,
        more=max(len(blockers) - 1, 0),
    )


def _undecided(order: Order) -> Blocker:
    if order.stage == Stage.FULFILMENT:
        return Blocker("Ready: waits for somebody to release it", "release", "Release")
    return Blocker(f"Waits in {order.get_stage_display().lower()}", "see_order", LATER)


def _held(rows: Iterable[Order]) -> dict[int, list[Blocker]]:
    found: dict[int, list[Blocker]] = defaultdict(list)
    holds = Hold.objects.filter(order__in=[row.pk for row in rows], lifted_at=None)
    for hold in holds.order_by("placed_at", "pk"):
        act, label = remedy_of(hold.kind)
        found[hold.order_id].append(Blocker(hold.reason, act, label, hold.pk))
    return found


def _short(rows: Iterable[Order]) -> dict[int, list[Blocker]]:
    lines = list(
        OrderLine.objects.filter(
            order__in=[row.pk for row in rows], quantity__gt=F("cancelled") + F("allocated")
        )
        .select_related("product")
        .order_by("position")
    )
    available = _available({line.product.sku for line in lines if line.product})
    found: dict[int, list[Blocker]] = defaultdict(list)
    for line in lines:
        found[line.order_id].append(_shortage(line, available))
    return found


def _shortage(line: OrderLine, available: dict[str, int]) -> Blocker:
    if line.product is None:
        return Blocker(f"Unknown SKU {line.sku}", "solve_sku", "Map SKU", line.pk)
    sku = line.product.sku
    free = available.get(sku, 0)
    if free >= line.backordered:
        return Blocker(f"{line.backordered:,} × {sku} can be allocated now", "see_order", LATER)
    fact = f"Needs {line.backordered:,} × {sku}, {free:,} available"
    return Blocker(fact, "see_stock", "See stock", sku)


def _available(skus: set[str]) -> dict[str, int]:
    free: dict[str, int] = defaultdict(int)
    for row in inventory.availability(skus):
        free[row.sku] += row.available
    return free


def _unpaid(rows: list[Order]) -> dict[int, list[Blocker]]:
    balances = orders.balances(rows)
    found = {}
    for row in rows:
        money = balances[row.pk]
        missing = quantize(money.balance - money.authorized - money.deferred, row.currency)
        fact = f"Payment of {missing:,} {row.currency} missing"
        found[row.pk] = [Blocker(fact, "record_payment", "Record payment")]
    return found
