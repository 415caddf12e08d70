"""What a return, an exchange or a claim would do, said before anything of it is done."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fulfillment.models import Claim, Exchange, Return, Shipment
from fulfillment.operations.claiming import Asked, open_claim
from fulfillment.operations.exchanges import Swap, exchange
from fulfillment.operations.recalling import cancel_order
from fulfillment.operations.requesting import request_return
from fulfillment.queries.policies import Wish
from orders.operations import Effect, Preview, preview

if TYPE_CHECKING:
    from orders.models import Order


def preview_return(
    order: "Order",
    *,
    by: str,
    wishes: Mapping[int, Wish],
    reference: str = "",
    note: str = "",
    waiver: str = "",
    says: Callable[[Return], Any],
) -> Preview:
    """What `request_return` would do now; `says` reads what is wanted of the return into `made`."""

    def act() -> Effect:
        document = request_return(
            order, by=by, wishes=wishes, reference=reference, note=note, waiver=waiver
        )
        return Effect(made=says(document))

    return preview(order, act)


def preview_cancel_order(order: "Order", *, by: str, reason: str, note: str = "") -> Preview:
    """What `cancel_order` would do now: recall the work of locations, and cancel what is left."""

    def act() -> Effect:
        cancel_order(order, by=by, reason=reason, note=note)
        return Effect()

    return preview(order, act)


def preview_exchange(
    order: "Order",
    *,
    by: str,
    swaps: Mapping[int, Swap],
    reference: str = "",
    note: str = "",
    says: Callable[[Exchange], Any],
) -> Preview:
    """What `exchange` would do now, the replacement among the other orders; `says` fills `made`."""

    def act() -> Effect:
        made = exchange(order, by=by, swaps=swaps, reference=reference, note=note)
        return Effect([made.replacement], says(made))

    return preview(order, act)


def preview_claim(
    shipment: Shipment, *, by: str, asked: Asked, says: Callable[[Claim], Any]
) -> Preview:
    """What `open_claim` would do now, with the buyer's remedy; `says` fills `made`."""

    def act() -> Effect:
        claim = open_claim(shipment, by=by, asked=asked)
        swap = getattr(claim.credit, "exchange", None)
        return Effect([swap.replacement] if swap else [], says(claim))

    return preview(shipment.order, act)
