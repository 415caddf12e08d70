"""What carriers did to parcels: claims at each of their steps, and parcels that came back."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from fulfillment import operations as fulfillment
from fulfillment.enums import ClaimKind, OriginReason, ShipmentStatus
from fulfillment.queries.claims import claimable_kinds, unclaimed
from oms.demo import world

STEPS = ("open", "sent", "accepted", "part paid", "written off", "declined")
BACK = (OriginReason.REFUSED, OriginReason.ADDRESS_UNKNOWN)
SEEN = "The box was pressed in at a corner, two layers of paper inside; photos are with the depot."


def happen() -> None:
    """Claim what arrived damaged these days, and have two parcels brought back; once."""
    if not world.table("fulfillment.Claim").exists():
        for step, shipment in zip(STEPS, _damaged(), strict=False):
            _claim(shipment, step)
    if not world.table("fulfillment.OriginReturn").exists():
        moving = world.table("fulfillment.Shipment").filter(status=ShipmentStatus.SHIPPED)
        rows = islice(moving.select_related("order", "carrier").order_by("pk"), len(BACK))
        for reason, shipment in zip(BACK, rows, strict=False):
            by = f"carrier:{shipment.carrier.code}"
            fulfillment.bring_back(shipment, by=by, reason=reason)


def _damaged() -> Iterator[Any]:
    """The parcels delivered last, of which damage can still be claimed."""
    there = world.table("fulfillment.Shipment").filter(status=ShipmentStatus.DELIVERED)
    for shipment in there.select_related("order", "carrier").order_by("-delivered_at", "pk")[:200]:
        if ClaimKind.DAMAGED in claimable_kinds(shipment):
            yield shipment


def _claim(shipment: Any, step: str) -> None:
    """Claim one line's first unit, and go as far as `step`."""
    finance = world.user_of("Finance")
    here = [pk for pk, units in unclaimed(shipment).items() if units]
    line = shipment.order.lines.filter(pk__in=here).earliest("position")
    worth = max(line.unit_price, Decimal("1.00")).quantize(Decimal("1.00"))
    asked = fulfillment.Asked(ClaimKind.DAMAGED, worth, evidence=SEEN, units={line.pk: 1})
    claim = fulfillment.open_claim(shipment, by=world.user_of("Support"), asked=asked)
    if step == "open":
        return
    claim = fulfillment.send_claim(claim, by=finance, carrier_reference=f"C-{claim.number}")
    if step == "sent":
        return
    answer = "Packed badly" if step == "declined" else "Accepted"
    accepted = Decimal(0) if step == "declined" else worth
    claim = fulfillment.answer_claim(claim, by=finance, accepted=accepted, answer=answer)
    if step in {"part paid", "written off"}:
        half = (worth / 2).quantize(Decimal("0.01"))
        reference = f"REMIT-{claim.number}"
        claim = fulfillment.book_claim(claim, by=finance, amount=half, reference=reference)
    if step == "written off":
        fulfillment.write_off_claim(claim, by=finance, reason="The carrier is insolvent")
