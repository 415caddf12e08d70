"""Minding holds: who works on which, what the clock lifts, and who is told when nobody did."""

import logging

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from oms.events import Fact
from oms.words import names_of
from orders.enums import ASKED_AGAIN, ReleaseTest
from orders.models import Hold, Order
from orders.operations import pipeline
from orders.operations.holds import HoldNotOpen
from orders.queries.balance import Balance
from orders.queries.hold_tests import Standing, judge

logger = logging.getLogger(__name__)

AT_ONCE = 500  # holds asked in one run of the chore
TOGETHER = 100  # orders escalated in one transaction


class HoldClaimed(DomainError):
    """Somebody else is working on it."""

    code = "hold_claimed"
    message = "{who} is working on this since {since} (UTC)."


class HoldNotClaimed(DomainError):
    """Nobody is working on it, so nobody can give it back."""

    code = "hold_not_claimed"
    message = "Nobody is working on this."


@transaction.atomic
def claim_hold(hold: Hold, *, by: str) -> Hold:
    """Say that one works on a hold, for a shift of eight hours at most.

    A repeat changes nothing, unless the claim has lapsed: then it begins anew. Raises HoldClaimed when somebody else was faster, and HoldNotOpen.
    """
    hold, now = _locked(hold), timezone.now()
    if hold.claimed_by == by and hold.is_claimed(now):
        return hold
    _refuse_claimed(hold)

    hold.claimed_by, hold.claimed_at = by, now
    hold.save(update_fields=["claimed_by", "claimed_at"])
    events.record("order.hold_claimed", hold.order, by=by, hold=hold.pk, kind=hold.kind)
    return hold


@transaction.atomic
def give_back_hold(hold: Hold, *, by: str) -> Hold:
    """Work on a hold no longer. Raises HoldNotClaimed, HoldClaimed by somebody else, HoldNotOpen."""
    hold = _locked(hold)
    if not hold.claimed_by:
        raise HoldNotClaimed
    if hold.claimed_by != by:
        _refuse_claimed(hold)

    hold.claimed_by, hold.claimed_at = "", None
    hold.save(update_fields=["claimed_by", "claimed_at"])
    events.record("order.hold_given_back", hold.order, by=by, hold=hold.pk, kind=hold.kind)
    return hold


def lift_tested() -> int:
    """Ask again the tests whose answer changes without the order; how many orders went on.

    Those not asked for longest come first. Each order is a transaction of its own; one that breaks
    is logged and asked again later.
    """
    now, done = timezone.now(), 0
    rows = Hold.objects.filter(
        lifted_at=None, failed_test_at__isnull=False, type__test__in=ASKED_AGAIN
    ).exclude(type__test=ReleaseTest.DUE, due_at__gt=now)
    rows = rows.select_related("type", "order__channel", "order__customer__merged_into")
    found = list(rows.order_by(F("asked_at").asc(nulls_first=True), "pk")[:AT_ONCE])
    for hold in found:
        order = hold.order
        standing = Standing(order, (), Balance(due=order.total), now)
        try:
            if judge(hold, standing).passed:
                pipeline.advance(order, by=f"hold-test:{hold.kind}")
                done += 1
        except Exception:
            logger.exception("testing hold %s broke", hold.pk)
    Hold.objects.filter(pk__in=[hold.pk for hold in found]).update(asked_at=now)
    return done


@transaction.atomic
def escalate_due() -> list[Hold]:
    """Give holds that nobody lifted in time to whom their types say; returns those of one turn.

    Each is escalated once and recorded as `order.hold_escalated`.
    """
    now = timezone.now()
    due = Hold.objects.filter(lifted_at=None, escalated_at=None, escalate_at__lte=now)
    orders = set(due.order_by("escalate_at").values_list("order", flat=True)[:TOGETHER])
    Order.objects.lock(*orders)
    found = list(due.filter(order__in=orders).select_related("type", "order").order_by("pk"))
    facts = []
    for hold in found:
        before, hold.owner = hold.owner, hold.type.escalate_to or hold.owner
        hold.escalated_at = now
        said = {"hold": hold.pk, "kind": hold.kind, "reason": hold.reason}
        facts.append(
            Fact("order.hold_escalated", hold.order, {**said, "owner": before, "to": hold.owner})
        )
    Hold.objects.bulk_update(found, ["owner", "escalated_at"])
    if facts:
        events.record_all(facts, by="system:escalation")
    return found


def _locked(hold: Hold) -> Hold:
    pipeline.lock_order(hold.order)
    hold = Hold.objects.select_related("order", "type").get(pk=hold.pk)
    if hold.lifted_at is not None:
        raise HoldNotOpen(by=hold.lifted_by)
    return hold


def _refuse_claimed(hold: Hold) -> None:
    if hold.claimed_at is None or not hold.is_claimed(timezone.now()):
        return
    who = names_of([hold.claimed_by])[hold.claimed_by]
    raise HoldClaimed(who=who, since=f"{hold.claimed_at:%H:%M}")
