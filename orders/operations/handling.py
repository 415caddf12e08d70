"""How an order is looked after: its owner, its carrier, a cancellation that is scheduled."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.conditions import BadCondition, compiled
from oms.errors import DomainError
from orders.enums import RuleState
from orders.models import Handling, Order, RuleVersion
from orders.operations import cancelling, pipeline
from orders.queries.rules.facts import facts_of
from orders.queries.rules.vocabulary import asked, vocabulary

logger = logging.getLogger(__name__)

AT_ONCE = 200  # cancellations of one run


class NothingToHandle(DomainError):
    """A finished order needs nobody any more."""

    code = "nothing_to_handle"
    message = "Order {number} is {status}; there is nothing left to do about it."


class NoCancellationScheduled(DomainError):
    """It was dropped already, or has happened."""

    code = "no_cancellation_scheduled"
    message = "No cancellation of order {number} is scheduled."


@transaction.atomic
def assign(order: Order, *, by: str, owner: str) -> Handling:
    """Say who looks after an order: a role, or an actor such as user:3; empty for nobody.

    Called again with the same owner it changes nothing. Raises NothingToHandle.
    """
    row = _open(order)
    if row.owner == owner:
        return row

    before, row.owner = row.owner, owner
    row.save()
    events.record("order.assigned", row.order, by=by, before=before, after=owner)
    return row


@transaction.atomic
def ship_with(order: Order, *, by: str, carrier: str, service: str = "") -> Handling:
    """Say with which carrier, and by which of its services, an order is to be shipped.

    Whoever ships is offered it; what the parcel really went with stands on its shipment. Raises
    NothingToHandle.
    """
    row = _open(order)
    if (row.carrier, row.service) == (carrier, service):
        return row

    row.carrier, row.service = carrier, service
    row.save()
    events.record("order.carrier_chosen", row.order, by=by, carrier=carrier, service=service)
    return row


@transaction.atomic
def schedule_cancellation(
    order: Order, *, by: str, at: datetime, reason: str, rule: RuleVersion | None = None
) -> Handling:
    """Cancel an order at a time, unless somebody drops that, or `rule` no longer fits it by then.

    An order has one scheduled cancellation; the earlier one stays. Raises NothingToHandle.
    """
    row = _open(order)
    if row.cancel_at is not None and row.cancel_at <= at:
        return row

    row.cancel_at, row.cancel_reason, row.cancel_by, row.cancel_rule = at, reason, by, rule
    row.save()
    facts = {"at": at.isoformat(), "reason": reason}
    events.record("order.cancellation_scheduled", row.order, by=by, **facts)
    return row


@transaction.atomic
def drop_cancellation(order: Order, *, by: str, reason: str) -> Handling:
    """Let an order live whose cancellation was scheduled. Raises NoCancellationScheduled."""
    order = pipeline.lock_order(order)
    row = Handling.objects.filter(order=order, cancel_at__isnull=False).first()
    if row is None:
        raise NoCancellationScheduled(number=order.number)

    _clear(row)
    events.record("order.cancellation_dropped", order, by=by, reason=reason)
    return row


def cancel_due() -> int:
    """Cancel what was scheduled until now, each order by itself; how many were cancelled.

    One that cannot be cancelled any more (a location works on it), or whose rule is no longer in
    force or no longer fits, keeps living; the order says why. One that breaks is logged and tried
    again later.
    """
    due = Handling.objects.filter(cancel_at__lte=timezone.now()).order_by("cancel_at", "pk")
    done = 0
    for pk in list(due.values_list("order_id", flat=True)[:AT_ONCE]):
        try:
            done += _cancel(pk)
        except Exception:
            logger.exception("the scheduled cancellation of order %s broke", pk)
    return done


@transaction.atomic
def _cancel(pk: int) -> int:
    order = pipeline.lock_order(Order(pk=pk))
    row = Handling.objects.select_related("cancel_rule__rule").filter(order=order).get()
    if row.cancel_at is None or row.cancel_at > timezone.now():
        return 0
    by, reason, rule = row.cancel_by, row.cancel_reason, row.cancel_rule
    _clear(row)
    if rule is not None and rule.state != RuleState.ACTIVE:
        why = f"the rule {rule.rule.name} is no longer in force"
    elif rule is not None and not _fits(rule, order):
        why = f"the rule {rule.rule.name} no longer fits"
    else:
        try:
            with transaction.atomic():
                cancelling.cancel(order, by=by, reason=reason, note="scheduled")
        except DomainError as error:
            why = error.detail
        else:
            return 1
    events.record("order.cancellation_dropped", order, by=by, reason=why)
    return 0


def _fits(version: RuleVersion, order: Order) -> bool:
    try:
        fits = compiled(version.conditions, vocabulary(version.moment))
    except BadCondition:
        logger.exception("%s cannot say whether an order is to be cancelled", version)
        return False
    return fits(facts_of([order], timezone.now(), asked(version.conditions))[order.pk])


def _open(order: Order) -> Handling:
    """The row of an order that is locked and not finished."""
    order = pipeline.lock_order(order)
    if order.status not in pipeline.OPEN:
        raise NothingToHandle(number=order.number, status=order.status)
    row = Handling.objects.filter(order=order).first() or Handling()
    row.order = order
    return row


def _clear(row: Handling) -> None:
    row.cancel_at, row.cancel_reason, row.cancel_by, row.cancel_rule = None, "", "", None
    row.save(update_fields=["cancel_at", "cancel_reason", "cancel_by", "cancel_rule"])
