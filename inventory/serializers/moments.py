"""What the time machine answers."""

from datetime import datetime

import msgspec

from oms.wire import message


@message
class PastMovementOut(msgspec.Struct):
    """A movement that made the figures what they were."""

    at: datetime
    kind: str
    condition: str
    quantity: int
    balance: int
    reference: str
    order: str
    reason_code: str
    reason: str
    effective_at: datetime | None


@message
class PastReservationOut(msgspec.Struct):
    """Units that were promised at that moment: to an order, or to a basket by its token."""

    order: str
    basket: str
    quantity: int
    reserved_at: datetime
    ended_at: datetime | None
    state: str


@message
class StockThenOut(msgspec.Struct):
    """One location's figures at a moment, in units, with the newest rows that explain them.

    `corrected` is what was really on hand, by everything written about that moment since; those
    rows are in `learnt_since`. `more` says that there are older movements, or more reservations.
    """

    sku: str
    location: str
    at: datetime
    on_hand: int
    quarantined: int
    damaged: int
    reserved: int
    safety_stock: int
    available: int
    corrected: int
    movements: list[PastMovementOut]
    reservations: list[PastReservationOut]
    learnt_since: list[PastMovementOut]
    more: bool
