"""What a rule's actions do: each calls the operation that people call, with the rule as actor."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from oms import events
from oms.errors import DomainError
from orders.enums import RuleAction
from orders.models import Order, RuleVersion
from orders.operations import (
    cancelling,
    handling,
    holds,
    promising,
    rerouting,
    tagging,
    tasks,
)
from orders.operations.pipeline import lock_order
from orders.queries.colleagues import addresses_of
from orders.queries.rules.actions import noted


class NobodyToMail(DomainError):
    """Whoever was to be told has left, or has no address."""

    code = "nobody_to_mail"
    message = "Nobody who works here reads mail as {to}."


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
    return {"do": action["do"], "ok": True, "said": noted(action)}


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
    """Lift what whoever switched the rule on may lift now."""
    found = order.holds.filter(type=action["kind"], lifted_at=None)
    for hold in found.select_related("type").order_by("pk"):
        holds.refuse_others([hold.type], version.activated_by)
        holds.lift_hold(hold, by=by, reason=f"by the rule {version.rule.name}"[:300])


def _tag(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    tagging.tag(order, by=by, add=[action["tag"]])


def _untag(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    tagging.tag(order, by=by, remove=[action["tag"]])


def _priority(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    promising.set_priorities({order.pk: action["value"]}, by=by, reason=version.rule.name)


def _route(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    """Tag it, and plan anew what no location works on; what has nothing to plan keeps its way."""
    tagging.tag(order, by=by, add=[action["tag"]])
    with suppress(rerouting.NothingToReroute):
        rerouting.reroute(order, by=by)


def _ship_with(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    handling.ship_with(order, by=by, carrier=action["carrier"], service=action.get("service", ""))


def _assign(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    handling.assign(order, by=by, owner=action["owner"])


def _task(_version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    tasks.create_task(
        order, by=by, title=action["title"], owner=action["owner"], due_at=due_of(action)
    )


def _cancel_later(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    at = timezone.now() + timedelta(hours=action["hours"])
    handling.schedule_cancellation(order, by=by, at=at, reason=action["reason"], rule=version)


def _cancel(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    cancelling.cancel(order, by=by, reason=action["reason"], note=version.rule.name)


def _notify(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    """Put it to the customers' notifications, which know their language and their wishes."""
    facts = {"rule": version.rule.name, "template": action["template"]}
    events.record("rule.notified", lock_order(order), by=by, **facts)


def refuse_nobody(to: str) -> None:
    """Raise NobodyToMail when a mail to this role or person would reach nobody."""
    if not addresses_of(to):
        raise NobodyToMail(to="that person" if ":" in to or "@" in to else to)


def _mail(version: RuleVersion, order: Order, action: dict[str, Any], by: str) -> None:
    refuse_nobody(action["to"])
    facts = {"rule": version.rule.name, "to": action["to"], "message": action["message"]}
    events.record("order.rule_mailed", lock_order(order), by=by, **facts)


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
    RuleAction.ROUTE: _route,
    RuleAction.SHIP_WITH: _ship_with,
    RuleAction.ASSIGN: _assign,
    RuleAction.TASK: _task,
    RuleAction.NOTIFY: _notify,
    RuleAction.MAIL: _mail,
    RuleAction.CANCEL: _cancel,
    RuleAction.CANCEL_LATER: _cancel_later,
    RuleAction.TELL: _tell,
}
