"""Conditions as rows of a form: one group of comparisons, each a field, an operator and a value.

Beside `oms.conditions`, which knows no forms. Groups within groups are more than rows can show:
`has_groups` says so, and the page then leaves them to whoever made them.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict

from oms.conditions import OPERATORS, Field, leaf


def rows_of(conditions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Conditions as rows of a form; groups within groups are left out."""
    leaves = next(iter(conditions.values()), []) if conditions else []
    return [_row(one) for one in leaves if "field" in one]


def has_groups(conditions: Mapping[str, Any]) -> bool:
    """Whether there are groups within the group, which rows of a form cannot show."""
    return any("field" not in one for group in (conditions or {}).values() for one in group)


def match_of(conditions: Mapping[str, Any]) -> str:
    """Whether all rows or any of them decide."""
    return next(iter(conditions), "all")


def condition_rows(data: QueryDict, fields: Mapping[str, Field]) -> list[dict[str, Any]]:
    """The rows that were sent; a row without a field is left out."""
    sent = zip(data.getlist("field"), data.getlist("op"), data.getlist("value"), strict=False)
    return [_row(_leaf(name, op, value, fields)) for name, op, value in sent if name]


def _leaf(name: str, op: str, value: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    field = fields.get(name)
    operator = OPERATORS[field.kind].get(op) if field else None
    if field is None or operator is None or operator.takes == "nothing":
        return leaf(name, op)
    if operator.takes == "many":
        return leaf(name, op, [part.strip() for part in value.split(",") if part.strip()])
    return leaf(name, op, _number(value) if field.kind == "number" else value.strip())


def _number(value: str) -> str:
    try:
        return str(Decimal(value.strip().replace(",", "")))
    except InvalidOperation:
        return value


def _row(one: dict[str, Any]) -> dict[str, Any]:
    value = one.get("value", "")
    shown = ", ".join(value) if isinstance(value, list) else value
    return {"field": one["field"], "op": one["op"], "value": shown, "leaf": one}
