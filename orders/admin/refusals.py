"""Why orders would refuse an act: one loaded order, or thousands of them that the database counts.

The conditions say what `orders.queries.allowed_actions` says of one order; a test holds the two together.
"""

from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q

from orders.enums import BY_SYSTEM, HoldKind, OrderStatus, Stage
from orders.models import Hold, Order, OrderLine
from orders.queries import allowed_actions

LINES = OrderLine.objects.filter(order=OuterRef("pk"))
ON_HOLD = Exists(Hold.objects.filter(order=OuterRef("pk"), lifted_at=None))
OPEN_HOLDS = Hold.objects.filter(order=OuterRef("pk"), lifted_at=None)
LIFTABLE = Exists(OPEN_HOLDS.exclude(type__in=BY_SYSTEM))
CANCELLING = Exists(OPEN_HOLDS.filter(type=HoldKind.CANCELLING))
STOCKED = Exists(LINES.filter(allocated__gt=F("released")))
PLANNABLE = Exists(LINES.filter(quantity__gt=F("cancelled") + F("released")))
RELEASED = Exists(LINES.filter(released__gt=0))
NOT_LEFT = Exists(LINES.filter(quantity__gt=F("cancelled") + F("shipped")))

FINISHED = ("It is closed or cancelled.", Q(status__in=[OrderStatus.CLOSED, OrderStatus.CANCELLED]))
HELD = ("It is on hold.", ON_HOLD)

RELEASE = (
    FINISHED,
    HELD,
    ("Nothing that has stock waits to be released.", ~STOCKED),
    ("It waits for money.", Q(stage=Stage.PAYMENT)),
)
REROUTE = (FINISHED, HELD, ("Locations work on all of it, or it has left.", ~PLANNABLE))
HOLD = (FINISHED, ("All of it has left.", ~NOT_LEFT))
LIFT = (("It has no open hold.", ~LIFTABLE),)
CANCEL = (
    FINISHED,
    ("It waits to be cancelled already.", CANCELLING),
    ("A location works on it, or it has left; recall it first.", RELEASED),
)


def allowed_now(order: Order) -> list[str]:
    """What may be done with an order, asked once per loaded row."""
    if not hasattr(order, "_allowed_now"):
        order._allowed_now = allowed_actions(order)  # type: ignore[attr-defined] # noqa: SLF001
    return order._allowed_now  # type: ignore[attr-defined] # noqa: SLF001


def may(name: str) -> Callable[[Order], bool]:
    """Whether the order allows this act now."""
    return lambda order: name in allowed_now(order)
