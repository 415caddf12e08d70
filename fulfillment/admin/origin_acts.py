"""The buttons of parcels that a carrier brought back; each makes one operation call."""

from typing import Any

from django.http import HttpRequest
from unfold.enums import ActionVariant

from fulfillment import forms, operations
from fulfillment.enums import ORIGIN_MOVES, OriginDecision
from fulfillment.models import OriginReturn, Shipment
from fulfillment.operations.origin import HERE
from fulfillment.operations.tracking import FINAL
from fulfillment.queries.pickup import is_collected
from oms.admin import Act, ReasonForm, actor

Data = dict[str, Any]


def row_of(shipment: Shipment) -> OriginReturn | None:
    """That it came back, where it did."""
    return getattr(shipment, "origin_return", None)


def on_its_way(shipment: Shipment) -> bool:
    """A carrier has it."""
    return shipment.status not in FINAL and not is_collected(shipment)


def undecided(shipment: Shipment) -> bool:
    """It came back, and nobody has decided anything."""
    return OriginDecision.HOLD in ORIGIN_MOVES[_decision(shipment)]


def decidable(shipment: Shipment) -> bool:
    """It came back, its units are here, and nothing final is decided."""
    row = row_of(shipment)
    if row is None or row.return_order is None or row.return_order.status not in HERE:
        return False
    return OriginDecision.REFUND in ORIGIN_MOVES[row.decision]


def _decision(shipment: Shipment) -> str:
    row = row_of(shipment)
    return row.decision if row else OriginDecision.SETTLED


def bring_back(request: HttpRequest, shipment: Shipment, data: Data) -> str:
    """The carrier brings it back."""
    row = operations.bring_back(shipment, by=actor(request), **data)
    if row.return_order is None:
        return f"{shipment} comes back; everything in it was made good before."
    return f"{shipment} comes back: receive it as {row.return_order}, then decide about it."


def reship(request: HttpRequest, shipment: Shipment, data: Data) -> str:
    """Once more."""
    row = operations.reship(shipment.origin_return, by=actor(request), **data)  # type: ignore[attr-defined]
    return f"{row.return_order.exchange.replacement} is placed and reserved."  # type: ignore[union-attr]


def refund(request: HttpRequest, shipment: Shipment, data: Data) -> str:
    """Money back."""
    operations.refund_origin(shipment.origin_return, by=actor(request), **data)  # type: ignore[attr-defined]
    return f"{shipment}: what the buyer paid for it may be paid back now."


def keep(request: HttpRequest, shipment: Shipment, data: Data) -> str:
    """Later."""
    operations.keep_for_later(shipment.origin_return, by=actor(request), **data)  # type: ignore[attr-defined]
    return f"{shipment} is kept until it is decided about."


ORIGIN_ACTS = (
    Act("bring_back", "Returned to origin", "fulfillment.change_shipment", bring_back,
        forms.BringBackForm, on_its_way, help="The carrier brings it back undelivered. Its units "
        "are waited for as a return, and cash on delivery is called off.", icon="keyboard_return"),
    Act("reship", "Send once more", "orders.add_order", reship, forms.ReshipForm, decidable,
        help="An order of its own for the same goods, reserved now and paid with their credit.",
        icon="local_shipping", variant=ActionVariant.PRIMARY),
    Act("refund_origin", "Refund", "orders.grant_refund", refund, ReasonForm, decidable,
        help="What was credited and paid is granted as a refund; somebody else pays it.",
        icon="currency_exchange"),
    Act("keep_for_later", "Keep for later", "fulfillment.change_return", keep, ReasonForm,
        undecided, help="The goods stay here, and the task stays open.", icon="pause"),
)  # fmt: skip
