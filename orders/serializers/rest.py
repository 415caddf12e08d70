"""Messages about what locations gave up and is routed again."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from oms.wire import message, utc
from orders.models import OrderLine, Rest


@message
class RestLineOut(msgspec.Struct):
    """Units of a line that a location gave up and no other has yet."""

    line: int
    quantity: int


@message
class RestOut(msgspec.Struct):
    """What locations gave up and is routed again together when its re-routing window closes.

    Where a hold keeps the order from getting stock, it waits for the end of the hold as well.
    """

    until: datetime
    since: datetime
    lines: list[RestLineOut]

    @classmethod
    def of(cls, rest: Rest, lines: Sequence[OrderLine]) -> "RestOut | None":
        """As the API shows it; none where nothing of it is lacking any more."""
        short = [line for line in lines if line.pk in rest.lines and line.backordered]
        told = [RestLineOut(line.position, line.backordered) for line in short]
        return cls(utc(rest.due_at), utc(rest.since), told) if told else None
