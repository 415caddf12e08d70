"""Shapes of exceptions and of types of holds in the API."""

from datetime import datetime

import msgspec

from oms.money import plain
from oms.wire import message, utc
from orders.models import Hold, HoldType
from orders.queries.hold_tests import test_words
from orders.queries.hold_types import remedy_of
from orders.serializers.orders import HoldOut


@message
class ExceptionOut(msgspec.Struct):
    """An open hold with the order it stops, and the act that usually clears it."""

    order: str
    channel: str
    total: str
    currency: str
    promised_at: datetime | None
    remedy: str
    hold: HoldOut

    @classmethod
    def of(cls, hold: Hold) -> "ExceptionOut":
        """As the API shows it; read with its order, channel and type."""
        order = hold.order
        return cls(
            order.number,
            order.channel.code,
            plain(order.total, order.currency),
            order.currency,
            utc(order.promised_at),
            remedy_of(hold.kind)[0],
            HoldOut.of(hold),
        )


@message
class HoldTypeOut(msgspec.Struct):
    """A type of hold; times in hours, `ends_when` in words."""

    code: str
    name: str
    unblock: str
    owner: str
    due_hours: int | None
    escalate_hours: int | None
    escalate_to: str
    ends_when: str
    stops_allocation: bool
    stops_capture: bool
    lifted_by: str
    needs_person: bool
    is_active: bool

    @classmethod
    def of(cls, kind: HoldType) -> "HoldTypeOut":
        """As the API shows it."""
        same = [name for name in cls.__struct_fields__ if name != "ends_when"]
        return cls(ends_when=test_words(kind), **{name: getattr(kind, name) for name in same})
