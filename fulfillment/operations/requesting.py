"""Asking for returns: by the buyer under the policy, by the channel, by a parcel that comes back."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from fulfillment.enums import RefundTiming, ReturnStatus, StandardReason
from fulfillment.models import Return, ReturnLine, ReturnPolicy, ReturnReason, Shipment
from fulfillment.operations import documents
from fulfillment.operations.recalling import recall
from fulfillment.operations.returns import approve
from fulfillment.operations.work import STILL_WORKING
from fulfillment.queries import policies
from fulfillment.queries.making_good import not_made_good
from fulfillment.queries.policies import Wish
from inventory.enums import MovementKind
from oms import events, numbers
from oms.errors import DomainError
from oms.history import stamp
from orders import operations as orders
from orders.enums import CancelReason

if TYPE_CHECKING:
    from orders.models import Order, OrderLine


class OutsidePolicy(DomainError):
    """The return policy speaks against it."""

    code = "outside_policy"
    message = "{sku}: {why} {way}"


class UnknownReason(DomainError):
    """The reason is not on the list, or was switched off."""

    code = "unknown_reason"
    message = "There is no return reason {reason}; known: {known}."


@transaction.atomic
def request_return(
    order: "Order",
    *,
    by: str,
    wishes: Mapping[int, Wish],
    reference: str = "",
    note: str = "",
    waiver: str = "",
    credited_on: RefundTiming | None = None,
) -> Return:
    """Ask to send units (by order line id) back to the location that shipped them.

    The policy in force decides, and its terms are written down with the return. A `waiver` says
    why a person lets it come back whatever the policy says, free of fees. Where every line's
    policy approves by itself, the return is approved at once. Of goods that are exchanged,
    or come back by themselves, nothing is kept; they are `credited_on` approval or receipt. A repeat with the same
    reference gives the existing return. Raises NotReturnable, UnknownReason and OutsidePolicy.
    """
    order = orders.lock_order(order)
    if reference and (known := order.returns.filter(reference=reference).first()):
        return known
    document = write_return(
        order,
        by=by,
        wishes=wishes,
        reference=reference,
        note=note,
        waiver=waiver,
        credited_on=credited_on,
    )
    rows = list(document.lines.select_related("order_line__product"))
    given = sorted({row.reason_id for row in rows})
    told = {"reasons": given, **({"waiver": waiver} if waiver else {})}
    events.record("return.requested", document, by=by, **documents.about(order), **told)
    found = policies.policies_for(order, [row.order_line for row in rows])
    at_once = not waiver and all(policy.approves_itself for policy in found.values())
    return approve(document, by=by) if at_once else document


def write_return(
    order: "Order",
    *,
    by: str,
    wishes: Mapping[int, Wish],
    reference: str = "",
    note: str = "",
    waiver: str = "",
    credited_on: RefundTiming | None = None,
) -> Return:
    """The return with its lines and terms, of a locked order; nobody is told of it yet."""
    wishes = {pk: wish for pk, wish in wishes.items() if wish.quantity}
    lines = {line.pk: line for line in order.lines.select_related("product")}
    policies.refuse_unreturnable(lines, wishes)
    reasons = _reasons_of(wishes)
    found = policies.policies_for(order, [lines[pk] for pk in wishes])
    if not waiver:
        _refuse_outside(order, lines, wishes)

    payer, cost = policies.label_of(found.values(), reasons.values(), waived=bool(waiver))
    document = Return(
        number=numbers.take("return")[0],
        order=order,
        location_id=_origin(order, wishes),
        reference=reference,
        note=note,
        waiver=waiver,
        label_payer=payer,
        label_cost=Decimal(0) if credited_on else cost,
        requested_at=timezone.now(),
    )
    stamp(document, by=by, reason=waiver)
    document.save()
    rows = [
        _line(document, pk, wish, found[pk], reasons[wish.reason]) for pk, wish in wishes.items()
    ]
    if credited_on:
        _keep_nothing(rows, credited_on)
    ReturnLine.objects.bulk_create(rows)
    return document


@transaction.atomic
def offer_return(order: "Order", *, by: str) -> "Order":
    """Send the buyer the link by which goods can be sent back. Raises NotReturnable."""
    order = orders.lock_order(order)
    if not any(units > 0 for units in policies.returnable(order.lines.all()).values()):
        raise policies.NotReturnable(available=0, sku=order.number)

    events.record("order.return_offered", order, by=by)
    return order


@transaction.atomic
def take_back(
    order: "Order", *, by: str, quantities: Mapping[int, int], reference: str
) -> Return | None:
    """Do what the channel announced: recall and cancel what has not left, expect the rest back."""
    order = orders.lock_order(order)
    left = dict(quantities)
    _cancel_unshipped(order, left, by=by, reference=reference)
    wishes = _possible(order, left, StandardReason.OTHER)
    if not wishes:
        return None
    document = request_return(
        order, by=by, wishes=wishes, reference=reference, waiver="Announced by the channel"
    )
    return approve(document, by=by) if document.status == ReturnStatus.REQUESTED else document


@transaction.atomic
def expect_back(shipment: Shipment, *, by: str, reason: str) -> Return | None:
    """Open an approved return for everything in a shipment that comes back by itself.

    It is credited as it is received, whatever the policy says: the buyer never had it. What a claim
    refunded or replaced is not asked for again, though it may be in the parcel.
    Nothing, when none of it is left to come back; a repeat gives the existing return.
    """
    order = orders.lock_order(shipment.order)
    if known := order.returns.filter(reference=shipment.number).first():
        return known
    wishes = _possible(order, not_made_good(shipment), reason)
    if not wishes:
        return None
    document = request_return(
        order,
        by=by,
        wishes=wishes,
        reference=shipment.number,
        waiver="Comes back by itself",
        credited_on=RefundTiming.RECEIPT,
    )
    return approve(document, by=by) if document.status == ReturnStatus.REQUESTED else document


def _cancel_unshipped(order: "Order", left: dict[int, int], *, by: str, reference: str) -> None:
    """Recall fulfilment orders that hold wanted units, cancel those, and route the rest again."""
    lines = {line.pk: line for line in order.lines.filter(pk__in=left)}
    wanted = {
        pk: min(units, lines[pk].due - lines[pk].shipped)
        for pk, units in left.items()
        if lines[pk].due > lines[pk].shipped
    }
    if not wanted:
        return
    working = order.fulfillment_orders.filter(status__in=STILL_WORKING)
    for document in working.filter(lines__order_line__in=wanted).distinct().order_by("pk"):
        recall(document, by=by, reason=f"Announced by the channel: {reference}")
    orders.cancel_lines(
        order, by=by, quantities=wanted, reason=CancelReason.CUSTOMER, note=reference
    )
    for pk, units in wanted.items():
        left[pk] -= units
    orders.advance(order, by=by)


def _possible(order: "Order", units: Mapping[int, int], reason: str) -> dict[int, Wish]:
    """As many of these units as can come back now."""
    free = policies.returnable(order.lines.filter(pk__in=units))
    most = {pk: min(quantity, free.get(pk, 0)) for pk, quantity in units.items()}
    return {pk: Wish(quantity, reason) for pk, quantity in most.items() if quantity > 0}


def _reasons_of(wishes: Mapping[int, Wish]) -> dict[str, ReturnReason]:
    known = policies.active_reasons()
    for wish in wishes.values():
        if wish.reason not in known:
            raise UnknownReason(reason=wish.reason, known=", ".join(known))
    return {wish.reason: known[wish.reason] for wish in wishes.values()}


def _refuse_outside(
    order: "Order",
    lines: "Mapping[int, OrderLine]",
    wishes: Mapping[int, Wish],
) -> None:
    for pk, against in policies.objections(order, lines, wishes).items():
        raise OutsidePolicy(sku=lines[pk].sku, why=against.why, way=against.way)


def _line(
    document: Return, pk: int, wish: Wish, policy: ReturnPolicy, reason: ReturnReason
) -> ReturnLine:
    percent, each = policies.terms_of(policy, reason, waived=bool(document.waiver))
    return ReturnLine(
        return_order=document,
        order_line_id=pk,
        reason=reason,
        quantity=wish.quantity,
        state=wish.state,
        note=wish.note,
        fee_percent=percent,
        fee_each=each,
        refund_on=policy.refund_on,
    )


def _keep_nothing(rows: Iterable[ReturnLine], timing: RefundTiming) -> None:
    for row in rows:
        row.fee_percent = row.fee_each = Decimal(0)
        row.refund_on = timing


def _origin(order: "Order", line_ids: Mapping[int, Wish]) -> int:
    """The location that the most recent of these units left; whatever shipped was issued there."""
    issued = order.lines.filter(pk__in=line_ids, movements__kind=MovementKind.ISSUED)
    places = issued.order_by("-movements__pk").values_list("movements__level__location", flat=True)
    return places[0]
