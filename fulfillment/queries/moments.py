"""What became of a customer's parcels and returns, for the customer's page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum

from customers.queries.moments import Moment, events_before
from fulfillment.models import Return, ReturnLine, Shipment

MOST = 1_000  # shipments and returns of one person that are looked at, the newest ones
SHOWN = 5
SHIPMENTS = {"shipment.shipped": "Shipped", "shipment.delivered": "Delivered"}
RETURNS = {
    "return.requested": "Return requested",
    "return.approved": "Return approved",
    "return.declined": "Return declined",
    "return.withdrawn": "Return withdrawn: the goods are kept",
    "return.expired": "Return expired: nothing came in time",
    "return.received": "Return received",
    "return.waived": "Refunded without the goods coming back",
    "return.exchanged": "Exchanged",
}


@dataclass(frozen=True, slots=True)
class ReturnsOf:
    """The newest returns of a person with their reasons in words, and all reasons with units."""

    newest: list[tuple[Return, str]]
    more: bool
    reasons: list[tuple[str, int]]
    units: int


def moments_of_shipments(members: Sequence[int], before: int | None, most: int) -> list[Moment]:
    """Parcels that left and arrived, of the newest shipments."""
    rows = Shipment.objects.filter(order__customer__in=members).select_related("carrier")
    carriers = {
        row.pk: f"with {row.carrier.name} {row.tracking_number}".strip()
        for row in rows.order_by("-pk")[:MOST]
    }
    found = events_before("fulfillment.shipment", carriers, list(SHIPMENTS), before, most)
    return [_of_shipment(event, carriers[event.subject_id]) for event in found]


def moments_of_returns(members: Sequence[int], before: int | None, most: int) -> list[Moment]:
    """What became of the newest returns."""
    rows = Return.objects.filter(order__customer__in=members).order_by("-pk")
    keys = list(rows.values_list("pk", flat=True)[:MOST])
    found = events_before("fulfillment.return", keys, list(RETURNS), before, most)
    return [_of_return(event) for event in found]


def returns_of(members: Sequence[int]) -> ReturnsOf:
    """Returns of everybody who is this person; three statements, however many."""
    rows = Return.objects.filter(order__customer__in=members).select_related("order")
    newest = list(rows.order_by("-pk")[: SHOWN + 1])
    why: dict[int, Counter[str]] = {row.pk: Counter() for row in newest}
    lines = ReturnLine.objects.filter(return_order__in=newest[:SHOWN])
    for key, name, units in lines.values_list("return_order", "reason__name", "quantity"):
        why[key][name] += units
    every = ReturnLine.objects.filter(return_order__order__customer__in=members)
    reasons = every.values_list("reason__name").annotate(units=Sum("quantity"))
    found = list(reasons.order_by("-units", "reason__name"))
    return ReturnsOf(
        [(row, _said(why[row.pk])) for row in newest[:SHOWN]],
        len(newest) > SHOWN,
        found,
        sum(units for _, units in found),
    )


def _said(reasons: Counter[str]) -> str:
    return ", ".join(f"{units} × {name}" for name, units in reasons.most_common())


def _of_shipment(event: Any, carrier: str) -> Moment:
    said = f"{SHIPMENTS[event.name]} {carrier}".strip()
    late = event.facts.get("on_time") is False
    return Moment.of(
        event,
        "shipment",
        f"{said}, later than promised" if late else said,
        tone="warn" if late else "",
        page=("fulfillment_shipment_change", event.subject_id),
    )


def _of_return(event: Any) -> Moment:
    declined = event.name == "return.declined"
    return Moment.of(
        event,
        "return",
        RETURNS[event.name],
        tone="warn" if declined else "",
        page=("fulfillment_return_change", event.subject_id),
    )
