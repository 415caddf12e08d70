"""One language for "which orders": conditions as data, checked when saved, never executed.

A condition is a JSON tree. A leaf is `{"field": "value", "op": "gte", "value": "100.00"}`, where the
field is one of a vocabulary that the caller declares and the operator belongs to the field's kind.
Groups are `{"all": [...]}`, `{"any": [...]}` and `{"none": [...]}`; the whole may be an empty
`all`, which is always true.
`check` finds every mistake with the place where it stands, `compiled` makes a predicate of facts,
`sentence` says the tree in words, and `builder` describes the vocabulary to a form. A field without
a fact is unknown: only `is empty` is true of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from oms.errors import DomainError

Facts = Mapping[str, Any]
Tree = Mapping[str, Any]
Predicate = Callable[[Facts], bool]
Choices = tuple[tuple[str, str], ...]

SINGLE = {"days": "day", "hours": "hour", "days ago": "day ago"}  # units with the number one
GROUPS = {"all": "and", "any": "or", "none": "or"}
DEEPEST = 5  # groups in groups
MOST = 100  # leaves of one tree


class BadCondition(DomainError):
    """A condition names what does not exist or compares what cannot be compared."""

    code = "bad_condition"
    message = "{reason}"


@dataclass(frozen=True, slots=True)
class Field:
    """A fact that may be asked about; `kind` is number, text, choice, set or flag."""

    name: str
    label: str
    kind: str
    unit: str = ""
    choices: Choices | Callable[[], Choices] = ()  # value and label, where only these may be chosen
    folded: bool = False  # a set whose members are lower case: so is what they are compared with

    @property
    def offered(self) -> Choices:
        """The choices as they are now; those that people may extend are asked for."""
        return self.choices() if callable(self.choices) else self.choices


@dataclass(frozen=True, slots=True)
class Operator:
    """A comparison: its words in a sentence, what it takes, and how it is decided."""

    words: str
    takes: str  # one, many, or nothing
    holds: Callable[[Any, Any], bool]
    with_one: str = ""  # the words where many are taken and one is given


def _contains(fact: Any, value: Any) -> bool:
    return bool(value in fact)


_EQUAL = Operator("is", "one", lambda fact, value: fact == value)
_OTHER = Operator("is not", "one", lambda fact, value: fact != value)
_ONE_OF = Operator("is one of", "many", lambda fact, value: fact in value, "is")
_NONE_OF = Operator("is none of", "many", lambda fact, value: fact not in value, "is not")
_EMPTY = Operator("is empty", "nothing", lambda fact, _: not fact)
_FILLED = Operator("is not empty", "nothing", lambda fact, _: bool(fact))

OPERATORS: dict[str, dict[str, Operator]] = {
    "number": {
        "gte": Operator("is at least", "one", lambda fact, value: fact >= value),
        "gt": Operator("is more than", "one", lambda fact, value: fact > value),
        "lte": Operator("is at most", "one", lambda fact, value: fact <= value),
        "lt": Operator("is less than", "one", lambda fact, value: fact < value),
        "eq": _EQUAL,
        "ne": _OTHER,
    },
    "text": {
        "eq": _EQUAL,
        "ne": _OTHER,
        "in": _ONE_OF,
        "not_in": _NONE_OF,
        "starts": Operator("starts with", "one", lambda fact, value: fact.startswith(value)),
        "contains": Operator("contains", "one", _contains),
        "empty": _EMPTY,
        "filled": _FILLED,
    },
    "choice": {"in": _ONE_OF, "not_in": _NONE_OF, "eq": _EQUAL, "ne": _OTHER, "empty": _EMPTY},
    "set": {
        "has_any": Operator(
            "include any of", "many", lambda fact, value: not value.isdisjoint(fact), "include"
        ),
        "has_all": Operator(
            "include all of", "many", lambda fact, value: value <= set(fact), "include"
        ),
        "has_none": Operator(
            "include none of", "many", lambda fact, value: value.isdisjoint(fact), "lack"
        ),
        "empty": _EMPTY,
        "filled": _FILLED,
    },
    "flag": {
        "yes": Operator("is true", "nothing", lambda fact, _: bool(fact)),
        "no": Operator("is not true", "nothing", lambda fact, _: not fact),
    },
}


def fields_by_name(fields: Iterable[Field]) -> dict[str, Field]:
    """A vocabulary as the other functions want it."""
    return {field.name: field for field in fields}


def check(tree: Any, fields: Mapping[str, Field]) -> list[str]:
    """Every mistake of a tree as a sentence that begins with its place; none when it is sound."""
    leaves: list[str] = []
    found = _mistakes(tree, fields, "Condition", 0, leaves)
    return [*found, *_too_many(leaves), *([] if found else _empty_groups(tree, "Condition"))]


def refuse_bad(tree: Any, fields: Mapping[str, Field]) -> None:
    """Raise BadCondition with the first mistakes of a tree."""
    if mistakes := check(tree, fields):
        raise BadCondition(reason=" ".join(mistakes[:5]))


def compiled(tree: Tree, fields: Mapping[str, Field]) -> Predicate:
    """A predicate of facts. Raises BadCondition; facts of a wrong type count as unknown.

    An empty group, which `check` refuses today, may stand in what was saved before: any of nothing
    is false, all and none of nothing are true.
    """
    if mistakes := _mistakes(tree, fields, "Condition", 0, []):
        raise BadCondition(reason=" ".join(mistakes[:5]))
    return _compiled(tree, fields)


def sentence(tree: Tree, fields: Mapping[str, Field], *, empty: str = "always") -> str:
    """The tree in plain words, for people who decide whether it is what they meant."""
    if "field" in tree:
        return _leaf_words(tree, fields)
    kind, members = next(iter(tree.items()))
    if not members:
        return "never" if kind == "any" else empty
    said = [_inner(member, fields, alone=len(members) == 1) for member in members]
    joined = f" {GROUPS[kind]} ".join(said)
    return f"not ({joined})" if kind == "none" else joined


def builder(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """The vocabulary for a form: fields with label, kind, unit, choices and operators in order."""
    return [
        {
            "name": field.name,
            "label": field.label,
            "kind": field.kind,
            "unit": field.unit,
            "choices": [list(choice) for choice in field.offered],
            "operators": [
                {"name": name, "words": operator.words, "takes": operator.takes}
                for name, operator in OPERATORS[field.kind].items()
            ],
        }
        for field in fields
    ]


def value_of(field: Field, tree: Tree) -> Any:
    """What a sound comparison compares with: a decimal, a folded text, a set of them, or nothing."""
    return _value(field, OPERATORS[field.kind][tree["op"]], tree.get("value"))


def leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    """One comparison, as it is stored."""
    made = {"field": field, "op": op}
    return made if value is None else {**made, "value": value}


def _mistakes(
    tree: Any, fields: Mapping[str, Field], place: str, depth: int, leaves: list[str]
) -> list[str]:
    if not isinstance(tree, Mapping):
        return [f"{place}: must be an object."]
    if "field" in tree:
        leaves.append(place)
        return [f"{place}: {mistake}" for mistake in _leaf_mistakes(tree, fields)]
    if len(tree) != 1 or next(iter(tree)) not in GROUPS:
        return [f"{place}: must be a comparison or one of all, any, none."]
    kind, members = next(iter(tree.items()))
    if not isinstance(members, Sequence) or isinstance(members, str):
        return [f"{place}: {kind} needs a list."]
    if depth >= DEEPEST:
        return [f"{place}: groups stand at most {DEEPEST} deep."]
    return [
        mistake
        for at, member in enumerate(members, start=1)
        for mistake in _mistakes(member, fields, f"{place} {at}", depth + 1, leaves)
    ]


def _empty_groups(tree: Tree, place: str) -> list[str]:
    """Groups without a member; only the whole may be an empty `all`, which is always true."""
    if "field" in tree:
        return []
    kind, members = next(iter(tree.items()))
    if not members and (kind, place) != ("all", "Condition"):
        return [f"{place}: a group without comparisons says nothing; add one or remove the group."]
    return [
        mistake
        for at, member in enumerate(members, start=1)
        for mistake in _empty_groups(member, f"{place} {at}")
    ]


def _too_many(leaves: Sequence[str]) -> list[str]:
    return [f"At most {MOST} comparisons."] if len(leaves) > MOST else []


def _leaf_mistakes(tree: Tree, fields: Mapping[str, Field]) -> list[str]:
    field = fields.get(str(tree["field"]))
    if field is None:
        return [f"there is no field {tree['field']}."]
    operator = OPERATORS[field.kind].get(str(tree.get("op")))
    if operator is None:
        return [f"{field.label} cannot be asked {tree.get('op')}."]
    try:
        _value(field, operator, tree.get("value"))
    except (ValueError, TypeError, InvalidOperation) as error:
        return [str(error) if isinstance(error, ValueError) else f"{field.label} needs a number."]
    return []


def _compiled(tree: Tree, fields: Mapping[str, Field]) -> Predicate:
    if "field" in tree:
        return _compiled_leaf(tree, fields)
    kind, members = next(iter(tree.items()))
    parts = [_compiled(member, fields) for member in members]
    if kind == "all":
        return lambda facts: all(part(facts) for part in parts)
    if kind == "any":
        return lambda facts: any(part(facts) for part in parts)
    return lambda facts: not any(part(facts) for part in parts)


def _compiled_leaf(tree: Tree, fields: Mapping[str, Field]) -> Predicate:
    field = fields[tree["field"]]
    operator = OPERATORS[field.kind][tree["op"]]
    name, value = field.name, value_of(field, tree)

    def holds(facts: Facts) -> bool:
        fact = facts.get(name)
        if fact is None:
            return operator is _EMPTY
        try:
            return operator.holds(_comparable(field, fact), value)
        except TypeError:
            return False

    return holds


def _comparable(field: Field, fact: Any) -> Any:
    return fact.casefold() if field.kind == "text" and isinstance(fact, str) else fact


def _value(field: Field, operator: Operator, value: Any) -> Any:
    """The value as it is compared; raises ValueError or what Decimal raises."""
    if operator.takes == "nothing":
        return None
    if operator.takes == "one":
        return _one(field, value)
    if not isinstance(value, list) or not value:
        raise ValueError(f"{field.label} {operator.words} needs at least one value.")
    return frozenset(_one(field, one) for one in value)


def _one(field: Field, value: Any) -> Any:
    if field.kind == "number":
        number = Decimal(str(value))
        if not number.is_finite():
            raise ValueError(f"{field.label} needs a number.")
        return number
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{field.label} needs a value.")
    if field.choices and value not in {choice for choice, _ in field.offered}:
        raise ValueError(f"{field.label} has no choice {value}.")
    return value.strip().casefold() if field.kind == "text" or field.folded else value


def _inner(tree: Tree, fields: Mapping[str, Field], *, alone: bool) -> str:
    said = sentence(tree, fields)
    grouped = "field" not in tree and "none" not in tree
    return f"({said})" if grouped and not alone else said


def _leaf_words(tree: Tree, fields: Mapping[str, Field]) -> str:
    field = fields[tree["field"]]
    operator = OPERATORS[field.kind][tree["op"]]
    if operator.takes == "nothing":
        return f"{field.label.lower()} {operator.words}"
    labels = dict(field.offered)
    values = tree["value"] if isinstance(tree["value"], list) else [tree["value"]]
    shown = [labels.get(value, str(value)) for value in values]
    verb = operator.with_one if operator.with_one and len(values) == 1 else operator.words
    unit = SINGLE.get(field.unit, field.unit) if shown == ["1"] else field.unit
    parts = (field.label.lower(), verb, _listed(shown), unit)
    return " ".join(part for part in parts if part)


def _listed(values: Sequence[str]) -> str:
    if len(values) < 2:  # noqa: PLR2004 (a list of one has no "or")
        return "".join(values)
    return f"{', '.join(values[:-1])} or {values[-1]}"
