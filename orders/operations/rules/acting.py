"""What a rule's actions do: each calls the operation that people call, with the rule as actor."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from orders.enums import RuleAction
from orders.models import Order, RuleVersion
from orders.operations import cancelling, holds, promising, tagging
from orders.operations.pipeline import lock_order
from orders.queries.rules.actions import said


def act(version: RuleVersion, order: Order, *, by: str) -> list[dict[str, Any]]:
    """Take a version's actions in their order; one that is refused changes nothing by itself.

    Returns a row per action: what, whether it was done, and the refusal or what was done.
    """
    return [_one(version, order, action, by) for action in version.actions]


def due_of(action: dict[str, Any]) -> Any:
    """When a hold of this action is due, if it says so."""
    hours = action.get("due_hours")
    return timezone.now() + timedelta(hours=hours) if hours else None


def handle_of(version: RuleVersion) -> str:
    """Tells a rule's hold from those of others."""
    return f"rule:{version.rule_id}"


def _one(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> dict[str, Any]:
    try:
        with transaction.atomic():
            ACTS[action["do"]](version, order, action, by)
    except DomainError as error:
        return {"do": action["do"], "ok": False, "said": error.detail}
    return {"do": action["do"], "ok": True, "said": said(action)}


def _hold(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    holds.place_hold(
        order,
        by=by,
        kind=action["kind"],
        reason=action["reason"],
        handle=handle_of(version),
        owner=action.get("owner", ""),
        due_at=due_of(action),
    )


def _lift(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    for hold in order.holds.filter(type=action["kind"], lifted_at=None).order_by("pk"):
        holds.lift_hold(hold, by=by, reason=f"by the rule {version.rule.name}"[:300])


def _tag(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    tagging.tag(order, by=by, add=[action["tag"]])


def _untag(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    tagging.tag(order, by=by, remove=[action["tag"]])


def _priority(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    promising.set_priorities({order.pk: action["value"]}, by=by, reason=version.rule.name)


def _cancel(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    cancelling.cancel(order, by=by, reason=action["reason"], note=version.rule.name)


def _tell(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    events.record(
        "order.rule_told",
        lock_order(order),
        by=by,
        rule=version.rule.name,
        message=action["message"],
    )


ACTS: dict[str, Callable[[RuleVersion, Order, dict[str, Any], str], None]] = {
    RuleAction.HOLD: _hold,
    RuleAction.LIFT: _lift,
    RuleAction.TAG: _tag,
    RuleAction.UNTAG: _untag,
    RuleAction.PRIORITY: _priority,
    RuleAction.CANCEL: _cancel,
    RuleAction.TELL: _tell,
}
