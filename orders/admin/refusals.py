"""Why orders would refuse an act, as conditions that the database counts over thousands of them.

They say what `orders.queries.allowed_actions` says of one order; a test holds the two together.
"""

from django.db.models import Exists, F, OuterRef, Q

from orders.enums import BY_SYSTEM, HoldKind, OrderStatus, Stage
from orders.models import Hold, OrderLine

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
