"""Messages of the API about what would come of an act on an order."""

from datetime import datetime
from typing import Annotated, Any, Self

import msgspec

from oms.wire import message, utc
from orders.operations import Preview
from orders.queries.changes import Standing
from orders.serializers.orders import BalanceOut

Seen = Annotated[
    int,
    msgspec.Meta(
        ge=0, description="`seen` of a dry run: 409 `order_moved` if the order has changed since."
    ),
]
DryRun = Annotated[
    bool, msgspec.Meta(description="Say what it would do, in a 200, and do nothing.")
]


@message
class OrderStandingOut(msgspec.Struct):
    """An order as it is, or as it would be: `route` is reserved units by location code."""

    goods: str
    charges: str
    tax: str
    total: str
    balance: BalanceOut
    route: dict[str, int]
    backordered: int
    promised_at: datetime | None
    holds: list[str]
    status: str

    @classmethod
    def of(cls, standing: Standing, currency: str) -> "OrderStandingOut":
        """As the API shows it."""
        return cls(
            **standing.content["totals"],
            balance=BalanceOut.of(standing.money, currency),
            route=standing.route,
            backordered=standing.backordered,
            promised_at=utc(None if standing.is_over else standing.promised_at),
            holds=list(standing.holds),
            status=standing.content["status"],
        )


@message
class RefusalOut(msgspec.Struct):
    """Why it is not possible, with the way that is open."""

    code: str
    detail: str


@message
class PreviewOut(msgspec.Struct):
    """What would be done now; `tells` names the messages that the buyer would get.

    `others` are the orders that would be made, split off or merged, as they would stand then. A
    number with a `~` is a placeholder; none is used up. `seen` is what the act takes to be done
    only as long as the order stands as it was looked at. A key that may not read orders is shown
    neither how the order stands nor the others.
    """

    before: OrderStandingOut | None
    after: OrderStandingOut | None
    refusal: RefusalOut | None
    tells: list[str]
    others: dict[str, OrderStandingOut]
    seen: int

    @classmethod
    def of(cls, seen: Preview, currency: str, *, reads: bool = True, **made: Any) -> Self:
        """As the API shows it to whoever `reads` orders, or not; `made` are a subclass's fields."""
        no, others = seen.refusal, seen.others if reads else ()
        return cls(
            OrderStandingOut.of(seen.before, currency) if reads else None,
            OrderStandingOut.of(seen.after, currency) if reads and seen.after else None,
            RefusalOut(no.code, no.detail) if no else None,
            [told.event for told in seen.told],
            {number: OrderStandingOut.of(other, currency) for number, other in others},
            seen.base,
            **made,
        )
