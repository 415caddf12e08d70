from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.conditions import (
    OPERATORS,
    BadCondition,
    Field,
    builder,
    check,
    compiled,
    fields_by_name,
    leaf,
    sentence,
)

FIELDS = (
    Field("value", "Order value", "number", unit="GBP"),
    Field("channel", "Channel", "choice", choices=(("shop", "Web shop"), ("phone", "Phone"))),
    Field("method", "Shipping method", "text"),
    Field("tags", "Tags", "set"),
    Field("pickup", "Store pickup", "flag"),
)
NAMED = fields_by_name(FIELDS)
ORDER = {
    "value": Decimal("120.50"),
    "channel": "shop",
    "method": "Express 24",
    "tags": ["vip", "gift"],
    "pickup": False,
}


def holds(tree, facts=ORDER):
    return compiled(tree, NAMED)(facts)


@pytest.mark.parametrize(
    ("field", "op", "value", "answer"),
    [
        ("value", "gte", "120.50", True),
        ("value", "gt", "120.50", False),
        ("value", "lte", 120.5, True),
        ("value", "lt", "120.49", False),
        ("value", "eq", "120.5", True),
        ("value", "ne", "120.5", False),
        ("channel", "in", ["shop", "phone"], True),
        ("channel", "not_in", ["shop"], False),
        ("channel", "eq", "phone", False),
        ("channel", "ne", "phone", True),
        ("method", "starts", "EXPRESS", True),
        ("method", "contains", "24", True),
        ("method", "in", ["standard"], False),
        ("method", "empty", None, False),
        ("method", "filled", None, True),
        ("tags", "has_any", ["gift", "b2b"], True),
        ("tags", "has_all", ["gift", "b2b"], False),
        ("tags", "has_none", ["b2b"], True),
        ("pickup", "yes", None, False),
        ("pickup", "no", None, True),
    ],
)
def test_compiled_each_operator_decides(field, op, value, answer):
    assert holds(leaf(field, op, value)) is answer


def test_compiled_groups_nest():
    tree = {
        "all": [
            leaf("value", "gte", "100"),
            {"any": [leaf("channel", "eq", "phone"), leaf("tags", "has_any", ["vip"])]},
            {"none": [leaf("pickup", "yes")]},
        ]
    }

    assert holds(tree)
    assert not holds(tree, {**ORDER, "tags": []})
    assert not holds(tree, {**ORDER, "pickup": True})


def test_compiled_empty_all_is_always_true():
    assert holds({"all": []}, {})


@pytest.mark.parametrize(
    ("tree", "place"),
    [
        ({"any": []}, "Condition"),
        ({"none": []}, "Condition"),
        ({"all": [leaf("pickup", "yes"), {"all": []}]}, "Condition 2"),
    ],
)
def test_check_a_group_without_comparisons_is_refused(tree, place):
    assert check({"all": []}, NAMED) == []
    assert check(tree, NAMED) == [
        f"{place}: a group without comparisons says nothing; add one or remove the group."
    ]


def test_compiled_an_empty_group_of_old_is_as_it_was():
    assert (holds({"any": []}), holds({"none": []})) == (False, True)
    assert sentence({"any": []}, NAMED) == "never"


def test_compiled_unknown_fact_is_only_empty():
    assert holds(leaf("method", "empty"), {})
    assert not holds(leaf("method", "filled"), {})
    assert not holds(leaf("value", "lt", 5), {})


@pytest.mark.parametrize(
    ("tree", "mistake"),
    [
        ("value > 5", "Condition: must be an object."),
        ({"some": []}, "Condition: must be a comparison or one of all, any, none."),
        ({"all": "x"}, "Condition: all needs a list."),
        ({"all": [leaf("colour", "eq", "red")]}, "Condition 1: there is no field colour."),
        (leaf("value", "contains", "5"), "Condition: Order value cannot be asked contains."),
        (leaf("value", "gte", "much"), "Condition: Order value needs a number."),
        (leaf("value", "gte", "NaN"), "Condition: Order value needs a number."),
        (leaf("channel", "in", []), "Condition: Channel is one of needs at least one value."),
        (leaf("channel", "eq", "moon"), "Condition: Channel has no choice moon."),
        (leaf("method", "eq", " "), "Condition: Shipping method needs a value."),
    ],
)
def test_check_mistake_is_told_with_its_place(tree, mistake):
    assert check(tree, NAMED) == [mistake]
    with pytest.raises(BadCondition):
        compiled(tree, NAMED)


def test_check_depth_and_size_are_limited():
    deep = leaf("pickup", "yes")
    for _ in range(7):
        deep = {"all": [deep]}

    assert "deep" in check(deep, NAMED)[0]
    assert check({"any": [leaf("pickup", "yes")] * 101}, NAMED) == ["At most 100 comparisons."]


def test_sentence_says_it_in_words():
    tree = {
        "all": [
            leaf("value", "gte", "100"),
            {"any": [leaf("channel", "in", ["shop", "phone"]), leaf("pickup", "yes")]},
        ]
    }

    assert sentence(tree, NAMED) == (
        "order value is at least 100 GBP and "
        "(channel is one of Web shop or Phone or store pickup is true)"
    )
    assert sentence({"all": []}, NAMED, empty="every order") == "every order"
    assert sentence({"none": [leaf("pickup", "yes")]}, NAMED) == "not (store pickup is true)"


def test_sentence_of_one_value_does_not_list():
    known = fields_by_name([*FIELDS, Field("age", "Age", "number", unit="days")])
    asked = {
        "channel is Web shop": leaf("channel", "in", ["shop"]),
        "channel is not Phone": leaf("channel", "not_in", ["phone"]),
        "tags include vip": leaf("tags", "has_any", ["vip"]),
        "tags lack vip": leaf("tags", "has_none", ["vip"]),
        "tags include none of a or b": leaf("tags", "has_none", ["a", "b"]),
        "age is at least 1 day": leaf("age", "gte", "1"),
        "age is at least 2 days": leaf("age", "gte", "2"),
    }

    assert [sentence(tree, known) for tree in asked.values()] == list(asked)


def test_builder_offers_the_operators_of_each_kind():
    made = {field["name"]: field for field in builder(FIELDS)}

    assert [op["name"] for op in made["value"]["operators"]] == list(OPERATORS["number"])
    assert made["channel"]["choices"] == [["shop", "Web shop"], ["phone", "Phone"]]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "none", "field", "op", "value"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(anything)
def test_check_any_json_is_answered_and_never_runs(tree):
    mistakes = check(tree, NAMED)

    assert all(isinstance(mistake, str) for mistake in mistakes)
    if not mistakes:
        compiled(tree, NAMED)(ORDER)
        sentence(tree, NAMED)
