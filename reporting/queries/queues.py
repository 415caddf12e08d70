"""Work that waits for somebody, counted: each count is one statement over a narrow index."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Manager, Min, Q, QuerySet

from fulfillment.enums import FulfillmentOrderStatus, ReturnStatus
from fulfillment.models import FulfillmentOrder, Return
from inventory.models import Location, StockLevel
from oms.models import Delivery, DeliveryState, WebhookDelivery, WebhookEndpoint, WebhookState
from orders.enums import PaymentStatus
from orders.models import Hold, Order, OrderLine
from orders.queries import bank, gateways, outstanding

SLOW_DELIVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something countable that waits, and since when."""

    key: str
    label: str
    count: int
    oldest: datetime | None = None
    overdue: int = 0  # of them, past the time at which somebody should have looked
    escalated: int = 0  # of them, given to somebody else for that


@dataclass(frozen=True, slots=True)
class Place:
    """Work at one location."""

    pk: int
    code: str
    name: str
    pick: int
    pack: int
    ship: int
    late: int
    ship_by: datetime | None  # the earliest promise among them

    @property
    def total(self) -> int:
        """Fulfilment orders that are not done."""
        return self.pick + self.pack + self.ship


@dataclass(frozen=True, slots=True)
class Proof:
    """Stock levels that promise more than they hold, of how many looked at."""

    levels: int
    oversold: int


@dataclass(frozen=True, slots=True)
class Messages:
    """What did not reach a consumer or a subscriber."""

    dead_deliveries: int
    slow_deliveries: int  # due for more than five minutes and not done
    dead_webhooks: int
    broken_endpoints: tuple[tuple[int, str], ...]  # key and address


def holds(now: datetime) -> list[Waiting]:
    """Open holds that need a person, by type, most first."""
    rows = (
        Hold.objects.filter(lifted_at=None, type__needs_person=True)
        .values_list("type", "type__name")
        .annotate(
            count=Count("*"),
            oldest=Min("placed_at"),
            overdue=Count("pk", filter=Q(due_at__lt=now)),
            escalated=Count("pk", filter=Q(escalated_at__isnull=False)),
        )
        .order_by("-count", "type")
    )
    return [Waiting(*row) for row in rows]


def backordered() -> int:
    """Order lines that want units which have no stock."""
    return waiting_for_stock().count()


def waiting_for_stock() -> QuerySet[OrderLine]:
    """Lines in the partial index of backorders, unknown SKUs left out; cancelled ones are not in it."""
    return OrderLine.objects.filter(
        quantity__gt=F("cancelled") + F("allocated"), product__isnull=False
    )


def places(now: datetime) -> list[Place]:
    """Work at each location that has some, the soonest promise first."""
    working = [
        FulfillmentOrderStatus.OPEN,
        FulfillmentOrderStatus.ACCEPTED,
        FulfillmentOrderStatus.PICKED,
        FulfillmentOrderStatus.PACKED,
    ]
    rows = (
        FulfillmentOrder.objects.filter(
            location__in=list(Location.objects.values_list("pk", flat=True)), status__in=working
        )
        .values_list("location_id", "location__code", "location__name")
        .annotate(
            pick=Count("status", filter=Q(status__in=working[:2])),
            pack=Count("status", filter=Q(status=FulfillmentOrderStatus.PICKED)),
            ship=Count("status", filter=Q(status=FulfillmentOrderStatus.PACKED)),
            late=Count("status", filter=Q(ship_by__lt=now)),
            ship_by=Min("ship_by"),
        )
        .order_by("ship_by", "location__code")
    )
    return [Place(*row) for row in rows]


def returns_due() -> Waiting:
    """Returns that were announced or approved and are not here yet."""
    rows = Return.objects.filter(status__in=[ReturnStatus.REQUESTED, ReturnStatus.APPROVED])
    found = rows.aggregate(count=Count("*"), oldest=Min("requested_at"))
    return Waiting("returns", "Returns to receive", found["count"], found["oldest"])


def refused_by_gateways() -> int:
    """Captures, refunds and voids that a gateway declined or never answered."""
    return gateways.needing_a_person().count()


def overpaid() -> int:
    """Orders whose buyers have money to get back, cancelled ones too."""
    return Order.objects.filter(payment_status=PaymentStatus.OVERPAID).count()


def refunds_to_pay() -> int:
    """Refunds that were granted and that nobody has paid, or not all of them."""
    return outstanding.unpaid_grants().count()


def bank_lines_to_book() -> int:
    """Lines of bank statements that nobody has booked, or not all of them."""
    return bank.open_lines().count()


def holds_of(owner: str, now: datetime) -> Waiting:
    """Open holds that need a person and that this role looks after."""
    rows = Hold.objects.filter(lifted_at=None, type__needs_person=True, owner=owner)
    found = rows.aggregate(count=Count("*"), overdue=Count("pk", filter=Q(due_at__lt=now)))
    return Waiting(owner, f"Holds of {owner}", found["count"], overdue=found["overdue"])


def oversold() -> Proof:
    """Looked at afresh each time, although the database refuses such a row."""
    found = StockLevel.objects.aggregate(
        levels=Count("*"), oversold=Count("reserved", filter=Q(reserved__gt=F("on_hand")))
    )
    return Proof(found["levels"], found["oversold"])


def messages(now: datetime) -> Messages:
    """Deliveries given up, overdue or blocked: four statements over the indexes of open ones."""
    return Messages(
        dead_deliveries=_dead(Delivery.objects),
        slow_deliveries=Delivery.objects.filter(
            state=DeliveryState.PENDING, next_attempt_at__lt=now - SLOW_DELIVERY
        ).count(),
        dead_webhooks=_dead(WebhookDelivery.objects),
        broken_endpoints=tuple(
            WebhookEndpoint.objects.filter(state=WebhookState.BROKEN)
            .order_by("pk")
            .values_list("pk", "url")
        ),
    )


def _dead(rows: Manager[Any]) -> int:
    # The second condition says nothing new; it lets SQLite use the index of what is not done.
    return rows.filter(~Q(state="done"), state=DeliveryState.DEAD).count()
