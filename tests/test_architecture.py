"""The walls that import-linter cannot see."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from fulfillment.enums import FulfillmentOrderStatus, ReturnStatus
from inventory.enums import CountStatus, SoftState
from oms import telling, wiring

APPS = ["oms", "customers", "inventory", "orders", "fulfillment", "reporting", "compliance"]
LONGEST_FUNCTION = 60
LONGEST_MODULE = 600
OWN_ADDRESSES = {  # warehouses and one's own companies are no persons
    "location",
    "historicallocation",
    "legalentity",
    "historicallegalentity",
}
PERSONAL = {"email", "phone", "first_name", "last_name", "line1", "line2", "postcode"}


def sources(*, of=APPS):
    root = Path(settings.BASE_DIR)
    paths = [path for app in of for path in sorted((root / app).rglob("*.py"))]
    return [path.relative_to(root) for path in paths if "migrations" not in path.parts]


def tree(path):
    return ast.parse((Path(settings.BASE_DIR) / path).read_text())


def functions(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


def test_functions_stay_short():
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path in sources()
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_modules_stay_short():
    long = [
        str(path)
        for path in sources()
        if len((Path(settings.BASE_DIR) / path).read_text().splitlines()) > LONGEST_MODULE
    ]

    assert long == []


@pytest.mark.parametrize("app", APPS[1:])
@pytest.mark.parametrize("room", ["operations", "queries"])
def test_what_a_room_offers_exists(app, room):
    try:
        offered = import_module(f"{app}.{room}")
    except ModuleNotFoundError:
        pytest.skip(f"{app} has no {room}")

    missing = [name for name in getattr(offered, "__all__", []) if not hasattr(offered, name)]

    assert missing == []


def test_status_is_assigned_by_operations_alone():
    assigned = [
        f"{path}:{node.lineno}"
        for path in sources(of=APPS[1:])
        if not {"operations", "operations.py"} & set(path.parts)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "status"
    ]

    assert assigned == []


def test_operations_say_what_they_do_and_who_does_it():
    silent = []
    for path in sources(of=APPS[1:]):
        if {"operations", "operations.py"} & set(path.parts):
            public = [
                node
                for node in tree(path).body
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            ]
            silent += [f"{path} {node.name}" for node in public if not ast.get_docstring(node)]

    assert silent == []


@pytest.mark.parametrize("event", sorted(wiring.CONSUMERS))
def test_consumers_that_are_wired_exist(event):
    for dotted in wiring.CONSUMERS[event]:
        assert callable(import_string(dotted))


RECORDERS = {"record", "record_first", "Fact", "fact", "_fact", "_record", "_tell"}
TOLD_BY_STATE = (  # events named for a state that a document moves to
    ("count", CountStatus, {"planned"}),
    ("fulfillment_order", FulfillmentOrderStatus, {"open"}),
    ("return", ReturnStatus, {"requested"}),
    ("soft_reservation", SoftState, {"open"}),
)


def test_every_event_is_declared_to_the_world():
    recorded = set(wiring.CONSUMERS)
    for path in sources(of=APPS[1:]):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and node.args:
                called = ast.unparse(node.func).rpartition(".")[2]
                words = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if called in RECORDERS:
                    recorded |= {
                        word for word in words if re.fullmatch(r"[a-z_]+\.[a-z_]+", str(word))
                    }
    for noun, states, silent in TOLD_BY_STATE:
        recorded |= {f"{noun}.{state}" for state in states.values if state not in silent}

    assert recorded - set(telling.declared()) == set()


def test_what_the_world_is_told_of_has_names():
    kinds = {
        cell.rpartition(":")[2]
        for told in telling.declared().values()
        for fact in told.facts
        for cell in getattr(fact, "cells", (f":{getattr(fact, 'kind', '')}",))
        if ":" in cell
    } - {""}

    assert kinds == set(wiring.NAMES)


def test_event_consumers_are_wired():
    wired = {dotted for consumers in wiring.CONSUMERS.values() for dotted in consumers}
    written = {
        f"{path.parent.name}.consumers.{node.name}"
        for path in sources(of=APPS[1:])
        if path.name == "consumers.py"
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }

    assert written - wired == set()


@pytest.mark.parametrize("app", APPS[1:])
def test_app_has_a_charter(app):
    charter = ast.get_docstring(tree(Path(app) / "__init__.py"))

    assert charter
    assert len(charter.splitlines()) >= 5


def test_personal_fields_are_sealed():
    from django.apps import apps

    clear = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in APPS[1:] and model._meta.model_name not in OWN_ADDRESSES
        for field in model._meta.concrete_fields
        if field.name in PERSONAL
    ]

    assert clear == []
