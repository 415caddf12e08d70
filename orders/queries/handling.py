"""What was decided about the treatment of orders."""

from typing import Any

from orders.enums import ChargeKind
from orders.models import Handling, OrderCharge, RuleVersion, Task


def carrier_wished(order_id: int) -> tuple[str, str]:
    """Code of the carrier that an order is to be shipped with, and its service; empty for any."""
    row = Handling.objects.filter(order=order_id).values_list("carrier", "service").first()
    return row or ("", "")


def method_chosen(order_id: int) -> str:
    """How the buyer wanted it shipped, as the channel called it; empty where it did not say."""
    rows = OrderCharge.objects.filter(order=order_id, kind=ChargeKind.SHIPPING).order_by("pk")
    return rows.values_list("description", flat=True).first() or ""


def tasks_of_hold(order_id: int, kind: str) -> list[Task]:
    """Open tasks that rules gave because the order had a hold of this kind."""
    found = Task.objects.filter(order=order_id, done_at=None, created_by__startswith="rule:")
    tasks = {task: int(task.created_by.removeprefix("rule:")) for task in found.order_by("pk")}
    versions = RuleVersion.objects.filter(rule__in=set(tasks.values())) if tasks else ()
    about = {version.rule_id for version in versions if _asks_of_hold(version.conditions, kind)}
    return [task for task, rule in tasks.items() if rule in about]


def _asks_of_hold(condition: Any, kind: str) -> bool:
    """Whether some comparison of a condition, however deep, names this kind of hold."""
    if isinstance(condition, list):
        return any(_asks_of_hold(part, kind) for part in condition)
    if not isinstance(condition, dict):
        return False
    if condition.get("field") == "holds":
        return condition.get("op") == "has_any" and kind in condition.get("value", ())
    return any(_asks_of_hold(part, kind) for part in condition.values())
