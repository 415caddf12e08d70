"""Conditions in a form: the tree as its page edits it, and back, without losing anything.

Beside `oms.conditions`, which knows no forms. The page (`static/oms/conditions.js`) keeps the whole
tree, groups within groups, as JSON in one hidden field; what people type stays text until it comes
here, several values with commas between and in quotes where one of them has a comma itself.
"""

import csv
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from oms.conditions import GROUPS, OPERATORS, Field, leaf

ALWAYS: dict[str, Any] = {"all": []}
DEEPEST_SENT = 20  # deeper than `check` allows, so that it can say so


class ConditionsField(forms.CharField):
    """A hidden field whose clean value is a tree; whether it is sound, `oms.conditions` says."""

    widget = forms.HiddenInput

    def __init__(self, vocabulary: Mapping[str, Field], **kwargs: Any) -> None:
        super().__init__(required=False, initial=ALWAYS, **kwargs)
        self.vocabulary = vocabulary

    def prepare_value(self, value: Any) -> Any:
        """A stored tree as the page edits it; what was sent is shown again as it was."""
        return json.dumps(as_typed(value)) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        """The tree that was sent, its values typed."""
        if not value:
            return ALWAYS
        try:
            sent = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("The conditions cannot be read.") from error
        return _tree(sent, self.vocabulary, 0)


def as_typed(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A stored tree with its values as people would type them."""
    if "field" in tree:
        return {**tree, "value": _shown(tree.get("value", ""))}
    kind, members = next(iter(tree.items()), ("all", []))
    return {kind: [as_typed(member) for member in members]}


def _tree(sent: Any, fields: Mapping[str, Field], depth: int) -> Any:
    """Only what is a group or a comparison; the rest is left for `check` to refuse."""
    if not isinstance(sent, dict) or depth > DEEPEST_SENT:
        return sent
    if "field" in sent:
        return _leaf(str(sent["field"]), str(sent.get("op")), sent.get("value", ""), fields)
    return {
        kind: [_tree(one, fields, depth + 1) for one in members]
        if kind in GROUPS and isinstance(members, list)
        else members
        for kind, members in sent.items()
    }


def _leaf(name: str, op: str, value: Any, fields: Mapping[str, Field]) -> dict[str, Any]:
    field = fields.get(name)
    operator = OPERATORS[field.kind].get(op) if field else None
    if field is None or operator is None or operator.takes == "nothing":
        return leaf(name, op)
    if operator.takes == "many":
        return leaf(name, op, value if isinstance(value, list) else _several(str(value)))
    return leaf(name, op, _number(str(value)) if field.kind == "number" else str(value).strip())


def _several(text: str) -> list[str]:
    rows = csv.reader([text.replace("\n", " ")], skipinitialspace=True)
    return [part.strip() for row in rows for part in row if part.strip()]


def _shown(value: Any) -> Any:
    if not isinstance(value, list):
        return str(value)
    quoted = ['"' + one.replace('"', '""') + '"' if set(one) & set(',"') else one for one in value]
    return ", ".join(quoted)


def _number(value: str) -> str:
    try:
        return str(Decimal(value.strip().replace(",", "")))
    except InvalidOperation:
        return value
