"""Who waits for a product, in the order in which they are served, and what each will get.

The order is a policy, kept as data (`AllocationPolicy`): the product's own, else the one for all
products, else priority, promise date, age. Orders on hold wait outside the line. A promise date is
one that the buyer was told: a channel's rule is none where no goods have ever borne it, or whoever
comes when nothing is left would overtake those who were promised what is on its way.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import OrderBy

from inventory import queries as stock
from inventory.queries.atp import Demand
from orders.enums import DEFAULT_POLICY, AllocationCriterion, OrderStatus, PromiseReason
from orders.models import AllocationPolicy, Hold, OrderLine, Promise

FAR = datetime.max.replace(tzinfo=UTC)
BY_HAND = {PromiseReason.CUSTOMER_ASKED, PromiseReason.EXPEDITED, PromiseReason.STAFF}
COLUMN = {  # criterion -> how the database orders orders by it; see `columns` for the promise
    AllocationCriterion.PRIORITY: "-priority",
    AllocationCriterion.AGE: "placed_at",
    AllocationCriterion.CHANNEL: "channel__allocation_rank",
}


@dataclass(frozen=True, slots=True)
class Waiter:
    """Units of an order line that have no stock."""

    line_id: int
    product_id: int
    position: int
    sku: str
    quantity: int
    order_id: int
    number: str
    priority: int
    promised_at: datetime | None
    placed_at: datetime
    country: str
    area: str
    channel: str
    rank: int
    promise_days: int
    channel_id: int
    group: str | None  # of its customer
    told_at: datetime | None  # the promise, where goods have ever borne it

    @property
    def rule_at(self) -> datetime:
        """What the channel promises whatever the stock: no promise is sooner."""
        return self.placed_at + timedelta(days=self.promise_days)

    @property
    def due(self) -> date:
        """The day on which its units must be there."""
        return (self.promised_at or self.rule_at).date()

    @property
    def taker(self) -> stock.Taker:
        """Whose fences open for it."""
        return stock.Taker(self.channel_id, self.group or "")

    @property
    def demand(self) -> Demand:
        """What it was promised."""
        return Demand(self.due, self.quantity, self.taker)

    @property
    def destination(self) -> stock.Destination:
        """Where it goes."""
        return stock.Destination(self.country, self.area)


def policies(product_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The criteria by which each product's line is ordered, in one statement."""
    wanted = set(product_ids)
    rows = AllocationPolicy.objects.filter(Q(product__in=wanted) | Q(product=None))
    found = {row.product_id: row.criteria for row in rows}
    usual = found.get(None, DEFAULT_POLICY)
    return {product: found.get(product, usual) for product in wanted}


def columns(criteria: Sequence[str]) -> list[str | OrderBy]:
    """The same order for orders in the database; their key decides what is left."""
    by_promise = told_at("pk", "promised_at").asc(nulls_last=True)
    return [*(COLUMN.get(AllocationCriterion(name), by_promise) for name in criteria), "pk"]


def told_at(order: str, promised_at: str) -> Case:
    """The promise of the order in that column; none where nothing was ever in sight to bear it.

    Orders without a row in the ledger are served from stock. An empty `made_of` is their rule,
    written down when it changed.
    """
    said = Promise.objects.filter(order=OuterRef(order))
    told = said.filter(Q(arrives_on__isnull=False) | Q(made_of=[]) | Q(reason__in=BY_HAND))
    return Case(When(Exists(said) & ~Exists(told), then=Value(None)), default=F(promised_at))


def lines_waiting(product_ids: Iterable[int] | None = None) -> QuerySet[OrderLine]:
    """Lines of open orders that lack units of these products, or of any, and may get them.

    Orders on a hold that stops allocation wait outside the line.
    """
    held = Hold.objects.filter(lifted_at=None, type__stops_allocation=True).values("order")
    rows = OrderLine.objects.filter(
        quantity__gt=F("cancelled") + F("allocated"),
        order__status__in=[OrderStatus.PLACED, OrderStatus.CONFIRMED],
    ).exclude(order__in=held)
    return rows if product_ids is None else rows.filter(product__in=set(product_ids))


def lines_in_turn(product_ids: Iterable[int]) -> dict[int, list[Waiter]]:
    """Who waits for each product, next to be served first; two statements."""
    wanted = set(product_ids)
    by = policies(wanted)
    found: dict[int, list[Waiter]] = {product: [] for product in wanted}
    for waiter in _waiters(lines_waiting(wanted)):
        found[waiter.product_id].append(waiter)
    return {product: in_turn(rows, by[product]) for product, rows in found.items()}


def in_turn(waiters: Iterable[Waiter], criteria: Sequence[str]) -> list[Waiter]:
    """These in the order in which a policy serves them."""
    keys = {
        AllocationCriterion.PRIORITY: lambda one: -one.priority,
        AllocationCriterion.PROMISE: lambda one: one.told_at or FAR,
        AllocationCriterion.AGE: lambda one: one.placed_at,
        AllocationCriterion.CHANNEL: lambda one: one.rank,
    }
    used = [keys[AllocationCriterion(name)] for name in criteria]
    return sorted(waiters, key=lambda one: (*(key(one) for key in used), one.order_id, one.line_id))


def serve_in_turn(
    lines: Mapping[int, Sequence[Waiter]], view: stock.Outlook
) -> dict[int, stock.Promised]:
    """What each waiting line gets when supply comes as expected, by line id."""
    return {
        waiter.line_id: view.promise(product, waiter.quantity, waiter.destination, waiter.taker)
        for product, waiters in lines.items()
        for waiter in waiters
    }


def related_products(product_ids: Iterable[int]) -> set[int]:
    """These products and the others that the same orders wait for."""
    orders = lines_waiting(product_ids).values("order")
    rows = OrderLine.objects.filter(
        order__in=orders, product__isnull=False, quantity__gt=F("cancelled") + F("allocated")
    )
    return set(product_ids) | set(rows.values_list("product_id", flat=True))


def per_order(lines: Mapping[int, Sequence[Waiter]]) -> dict[int, list[Waiter]]:
    """The waiting lines of each order."""
    found: dict[int, list[Waiter]] = defaultdict(list)
    for waiters in lines.values():
        for waiter in waiters:
            found[waiter.order_id].append(waiter)
    return dict(found)


def _waiters(rows: QuerySet[OrderLine]) -> list[Waiter]:
    missing = F("quantity") - F("cancelled") - F("allocated")
    return [
        Waiter(*row)
        for row in rows.annotate(told_at=told_at("order", "order__promised_at")).values_list(
            "pk",
            "product_id",
            "position",
            "sku",
            missing,
            "order_id",
            "order__number",
            "order__priority",
            "order__promised_at",
            "order__placed_at",
            "order__ship_country",
            "order__ship_area",
            "order__channel__code",
            "order__channel__allocation_rank",
            "order__channel__promise_days",
            "order__channel_id",
            "order__customer__group",
            "told_at",
        )
    ]
