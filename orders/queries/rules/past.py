"""Orders as they were: what a rule would have seen at each moment of an order's life.

An order's history says what stood in its row and from when on; holds, payments and events have their
times. Between two of these moments only clocks run, so that a scheduled rule need be asked only when
something changed and when a clock passes one of its limits.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from customers import queries as customers
from oms.models import Event
from orders.enums import OrderStatus, RequestState, TransactionKind
from orders.models import GatewayRequest, Hold, Order, OrderLine, PaymentTransaction
from orders.queries.rules.facts import Facts, facts_of, hours_between, sealed_facts
from orders.queries.rules.vocabulary import SEALED
from orders.queries.sealing import CONTEXT

OPEN = {OrderStatus.PLACED, OrderStatus.CONFIRMED}
SETTLED = timedelta(seconds=1)  # a rule reads an order a little after what woke it
A_MOMENT = timedelta(minutes=1)  # by which a clock is surely past a limit
CLOCKS = ("age_hours", "stage_hours", "late_hours")
UNITS = {"released", "backordered"}
REPLAYED = UNITS | {"holds", "voided", "failed_payments"} | {*CLOCKS}  # not as of today
OF_ADDRESSES = {field.name for field in SEALED}
ALWAYS = datetime.min.replace(tzinfo=UTC)
RELEASED = {"order.released": 1, "order.recalled": -1, "order.withdrawn": -1}
WAITING = {"order.backordered", "order.allocated", "order.cancelled", "order.units_moved"}
Limit = tuple[str, Decimal]  # a clock and hours on it


class State(NamedTuple):
    """What an order's row said from a moment on."""

    since: datetime
    status: str
    stage: str
    stage_since: datetime
    payment_status: str
    fulfillment_status: str
    total: Decimal
    goods_total: Decimal
    charges_total: Decimal
    ship_country: str
    ship_region: str
    ship_area: str
    priority: int
    tags: list[str]
    promised_at: datetime | None

    def facts(self) -> Facts:
        """The facts that the row has."""
        return {
            "total": self.total,
            "goods": self.goods_total,
            "charges": self.charges_total,
            "country": self.ship_country,
            "region": self.ship_region,
            "area": self.ship_area,
            "priority": self.priority,
            "tags": set(self.tags),
            "stage": self.stage,
            "payment": self.payment_status,
            "fulfilment": self.fulfillment_status,
        }


class Past:
    """The life of one order: begun as it is today, filled by `pasts_of`."""

    def __init__(self, order: Order, today: Facts) -> None:
        self.order, self.today = order, today
        self.states: list[State] = []
        self.holds: list[tuple[str, datetime, datetime | None]] = []
        self.failures: list[tuple[datetime, int, bool]] = []  # payment, and whether it was given up
        self.units: list[tuple[datetime, int, int]] = []  # released and missing from then on
        self.woken: list[datetime] = []  # when the events happened that were asked for
        self.erased = False  # addresses are asked about, and nobody can read them any more

    @property
    def began(self) -> datetime:
        """When it was recorded."""
        return self.states[0].since

    def state(self, at: datetime) -> State:
        """What its row said at a moment."""
        return self.states[max(bisect_right(self.states, at, key=lambda row: row.since) - 1, 0)]

    def holds_at(self, at: datetime) -> set[str]:
        """The kinds of its open holds."""
        return {
            kind for kind, since, until in self.holds if since <= at and not (until and until <= at)
        }

    def facts(self, at: datetime) -> Facts:
        """What a rule would have seen."""
        state = self.state(at)
        failed = [(payment, gave_up) for since, payment, gave_up in self.failures if since <= at]
        facts = {**self.today, **state.facts(), "holds": self.holds_at(at)}
        facts["voided"] = sum(gave_up for _, gave_up in failed)
        facts["failed_payments"] = len({payment for payment, _ in failed})
        for clock, since in self._clocks(state):
            facts[clock] = hours_between(since, at) if since else None
        found = bisect_right(self.units, at, key=lambda row: row[0])
        facts["released"], facts["backordered"] = self.units[found - 1][1:] if found else (0, 0)
        return facts

    def turns(self, limits: Sequence[Limit], now: datetime) -> Iterator[datetime]:
        """When a scheduled rule could first have found something new, while the order was open."""
        changes = {row.since for row in self.states} | {row[0] for row in self.units}
        changes |= {row[0] for row in self.failures}
        changes |= {at for _, *times in self.holds for at in times if at}
        starts = [at for at in sorted(changes) if self.began <= at <= now]
        for start, end in zip(starts, [*starts[1:], now], strict=True):
            state = self.state(start)
            if state.status in OPEN:
                yield start
                yield from sorted(at for at in self._passed(state, limits) if start < at < end)

    def _clocks(self, state: State) -> Iterator[tuple[str, datetime | None]]:
        yield from zip(
            CLOCKS, (self.order.placed_at, state.stage_since, state.promised_at), strict=True
        )

    def _passed(self, state: State, limits: Sequence[Limit]) -> Iterator[datetime]:
        begun = dict(self._clocks(state))
        for clock, hours in limits:
            if since := begun[clock]:
                at = since + timedelta(hours=float(hours))
                yield from (at, at + A_MOMENT)


def pasts_of(
    orders: Sequence[Order], now: datetime, names: Collection[str], events: Collection[str]
) -> list[Past]:
    """The lives of orders that were read with channel and subject, in their order.

    `names` are the facts that will be asked about, `events` those whose times are wanted.
    """
    today = facts_of(orders, now, set(names) - REPLAYED)
    found = {order.pk: Past(order, today[order.pk]) for order in orders}
    _add_states(found)
    if "holds" in names:
        rows = Hold.objects.filter(order__in=found).order_by("pk")
        for pk, kind, since, until in rows.values_list(
            "order_id", "type_id", "placed_at", "lifted_at"
        ):
            found[pk].holds.append((str(kind), since, until))
    if {"voided", "failed_payments"} & set(names):
        _add_failures(found)
    if UNITS & set(names):
        _add_units(found, {*RELEASED, *WAITING} if "backordered" in names else {*RELEASED})
    if events:
        rows = _events(found, events)
        for pk, at in rows.values_list("subject_id", "at"):
            found[pk].woken.append(at + SETTLED)
    if OF_ADDRESSES & set(names):
        _add_addresses(found)
    return list(found.values())


def _add_states(found: dict[int, Past]) -> None:
    """From the history; what has none was always as it is today."""
    rows = Order.history.filter(id__in=found).order_by("id", "history_date", "history_id")
    columns = ("id", "history_date", *State._fields[1:])
    for pk, *values in rows.values_list(*columns).iterator(10_000):
        found[pk].states.append(State(*values))
    for past in found.values():
        if not past.states:
            row = [getattr(past.order, name) for name in State._fields[1:]]
            past.states.append(State(past.order.created_at, *row))


def _add_failures(found: dict[int, Past]) -> None:
    voids = PaymentTransaction.objects.filter(
        payment__order__in=found, kind=TransactionKind.VOID
    ).values_list("payment__order_id", "at", "payment_id")
    for pk, at, payment in voids:
        found[pk].failures.append((at, payment, True))
    declined = GatewayRequest.objects.filter(
        payment__order__in=found, kind=TransactionKind.CAPTURE, state=RequestState.DECLINED
    ).values_list("payment__order_id", "done_at", "created_at", "payment_id")
    for pk, done_at, created_at, payment in declined:
        found[pk].failures.append((done_at or created_at, payment, False))


def _add_units(found: dict[int, Past], moves: Collection[str]) -> None:
    """Released units, and those that wait for stock, as these events tell them.

    Placing says nothing of units for which a hold keeps stock from being looked for. They waited
    from the beginning: as many as today where no event names their line, else all of the line.
    """
    rows = _events(found, moves).values_list("subject_id", "name", "at", "facts")
    told: dict[int, list[tuple[str, datetime, dict[int, int]]]] = defaultdict(list)
    first: dict[int, str] = {}  # by line
    for pk, name, at, facts in rows:
        units: dict[int, int] = defaultdict(int)
        for line, *_, count in facts.get("units") or facts.get("lines") or ():
            units[line] += count
            first.setdefault(line, name)
        told[pk].append((name, at, units))
    missing: dict[int, dict[int, int]] = defaultdict(dict)
    if WAITING & set(moves):
        lines = OrderLine.objects.filter(order__in=found)
        counts = ("order_id", "pk", "quantity", "cancelled", "allocated")
        for order, pk, quantity, cancelled, allocated in lines.values_list(*counts).iterator():
            untold = quantity - cancelled - allocated if pk not in first else 0
            missing[order][pk] = quantity if first.get(pk) in WAITING else untold
    for pk, past in found.items():
        past.units = list(_counted(missing[pk], told[pk]))


def _counted(
    missing: dict[int, int], told: Sequence[tuple[str, datetime, dict[int, int]]]
) -> Iterator[tuple[datetime, int, int]]:
    """How many units were released and how many missing, from each moment on."""
    released = 0
    yield ALWAYS, released, sum(missing.values())
    for name, at, units in told:
        released += RELEASED.get(name, 0) * sum(units.values())
        for line, count in units.items():
            if name == "order.backordered":
                missing[line] = count
            elif name == "order.recalled":
                missing[line] = missing.get(line, 0) + count
            elif name in WAITING:
                missing[line] = max(missing.get(line, 0) - count, 0)
        yield at, released, sum(missing.values())


def _add_addresses(found: dict[int, Past]) -> None:
    """What may be asked of the addresses with which orders were placed; nothing of the erased."""
    rows = Order.history.filter(id__in=found, history_type="+")
    for pk, subject, sealed in rows.values_list("id", "subject_id", "sealed"):
        order = found[pk].order
        if subject == order.subject_id:
            known: dict[str, Any] = customers.unseal(order.subject, sealed, CONTEXT)
            found[pk].erased = not known
            if known:
                addresses = known["shipping_address"], known.get("billing_address")
                found[pk].today |= sealed_facts(*addresses)


def _events(found: dict[int, Past], names: Collection[str]) -> Any:
    rows = Event.objects.filter(subject_type="orders.order", subject_id__in=found, name__in=names)
    return rows.order_by("subject_id", "sequence")
