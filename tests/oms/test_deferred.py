import importlib
import sys

import pytest

from oms.deferred import absent

ASKED_FOR = "this"  # a module of Python that nothing else loads


def test_absent_libraries_cannot_be_imported_meanwhile():
    with absent(ASKED_FOR), pytest.raises(ImportError):
        importlib.import_module(ASKED_FOR)

    assert ASKED_FOR not in sys.modules  # and not as one that fails for ever


def test_libraries_that_are_loaded_already_stay():
    before = sys.modules["json"]

    with absent("json"):
        assert importlib.import_module("json") is before

    assert sys.modules["json"] is before


def test_absence_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), absent(ASKED_FOR):
        raise ZeroDivisionError

    assert ASKED_FOR not in sys.modules
