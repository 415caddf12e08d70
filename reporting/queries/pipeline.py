"""Where open orders stand, how long they have stood there, and which promises are about to break."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from orders.enums import DraftStatus, OrderStatus, Stage
from orders.models import DraftOrder, Order

DAY = timedelta(days=1)
OLD = timedelta(days=3)
DONE_WITHIN = timedelta(days=7)
JEOPARDY_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StageCount:
    """Orders in one stage, by how long they have been there."""

    stage: str
    label: str
    orders: int
    fresh: int  # less than a day
    ageing: int  # one to three days
    old: int  # more than three days
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Jeopardy:
    """Open orders promised within a day, or already late, whose goods have not all left."""

    late: int
    soon: int
    orders: tuple["Promise", ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """An order whose promise is in danger."""

    pk: int
    number: str
    channel: str
    country: str
    stage: str
    priority: int
    promised_at: datetime
    is_late: bool


def pipeline(now: datetime) -> list[StageCount]:
    """The seven stages in their order, counted over the index on stage and time.

    One statement for the open stages, one for the last, of which only the latest week is counted,
    and one for the drafts, which are the stage before there is an order.
    """
    open_stages = [stage for stage in Stage if stage != Stage.REPORTING]
    found = _counted(Order.objects.filter(stage__in=open_stages), now)
    done = Order.objects.filter(stage=Stage.REPORTING, stage_since__gte=now - DONE_WITHIN)
    found |= _counted(done, now)
    drafts = DraftOrder.objects.filter(status=DraftStatus.OPEN)
    found[Stage.PLACEMENT.value] = drafts.aggregate(**_ages("created_at", now))
    empty: dict[str, Any] = {"orders": 0, "fresh": 0, "ageing": 0, "oldest": None}
    return [_stage(stage, found.get(stage, empty)) for stage in Stage]


def jeopardy(now: datetime, *, show: int = 10) -> Jeopardy:
    """How many are late and how many due within a day; the earliest promises by name."""
    rows = in_jeopardy(now)
    counts = rows.aggregate(
        late=Count("promised_at", filter=Q(promised_at__lt=now)),
        soon=Count("promised_at", filter=Q(promised_at__gte=now)),
    )
    worst = rows.order_by("promised_at", "-priority", "pk").select_related("channel")[:show]
    return Jeopardy(
        late=counts["late"],
        soon=counts["soon"],
        orders=tuple(
            Promise(
                pk=order.pk,
                number=order.number,
                channel=order.channel.code,
                country=order.ship_country,
                stage=order.get_stage_display(),
                priority=order.priority,
                promised_at=order.promised_at,
                is_late=order.promised_at < now,
            )
            for order in worst
            if order.promised_at
        ),
    )


def in_jeopardy(now: datetime) -> QuerySet[Order]:
    """Orders promised before this time tomorrow whose goods have not all left."""
    return Order.objects.promised_before(now + JEOPARDY_WITHIN)


def to_release() -> int:
    """Orders with goods and money that wait for somebody to release them."""
    return Order.objects.filter(stage=Stage.FULFILMENT, status=OrderStatus.PLACED).count()


def any_orders() -> bool:
    """Whether an order was ever placed."""
    return Order.objects.exists()


def _counted(orders: QuerySet[Order], now: datetime) -> dict[str, dict[str, Any]]:
    return {
        row["stage"]: dict(row)
        for row in orders.order_by().values("stage").annotate(**_ages("stage_since", now))
    }


def _ages(since: str, now: datetime) -> dict[str, Any]:
    """How many rows there are, how old they are, and since when the oldest waits."""
    newer, older = {f"{since}__gt": now - DAY}, {f"{since}__lte": now - DAY}
    return {
        "orders": Count(since),
        "fresh": Count(since, filter=Q(**newer)),
        "ageing": Count(since, filter=Q(**older, **{f"{since}__gt": now - OLD})),
        "oldest": Min(since),
    }


def _stage(stage: Stage, row: dict[str, Any]) -> StageCount:
    orders, fresh, ageing = int(row["orders"]), int(row["fresh"]), int(row["ageing"])
    return StageCount(
        stage=stage.value,
        label=stage.label,
        orders=orders,
        fresh=fresh,
        ageing=ageing,
        old=orders - fresh - ageing,
        oldest=row["oldest"],
    )
