import json
import subprocess
import sys

import pytest

from oms import logs

SCRIPT = """
import logging.config, sys
from oms import logs
logging.config.dictConfig(logs.configure(level="INFO", json=sys.argv[1] == "json"))
import structlog
structlog.get_logger("orders").info("order.placed", order="SO100001", email="ada@example.com")
logging.getLogger("django.request").warning("Not Found: %s", "/x")
"""


def test_hide_private_with_a_personal_value_blanks_it():
    event = logs.hide_private(None, "info", {"event": "x", "email": "ada@example.com", "order": 1})

    assert event == {"event": "x", "email": "[hidden]", "order": 1}


def test_log_in_production_is_one_json_object_a_line():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "json"], capture_output=True, text=True, check=True
    )

    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert (first["event"], first["order"], first["email"]) == (
        "order.placed",
        "SO100001",
        "[hidden]",
    )
    assert (second["logger"], second["level"], second["event"]) == (
        "django.request",
        "warning",
        "Not Found: /x",
    )


def test_log_in_development_is_readable():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "console"], capture_output=True, text=True, check=True
    )

    assert "order.placed" in done.stderr
    assert "ada@example.com" not in done.stderr


CRASH = """
import logging.config, sys
from oms import logs
logging.config.dictConfig(logs.configure(level="INFO", json=sys.argv[1] == "json"))
def place(buyer):
    secret = {"buyer": buyer[::-1]}
    raise RuntimeError("boom")
try:
    place("".join(reversed("ada@example.com")))
except RuntimeError:
    logging.getLogger("django.request").exception("crash")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_log_of_a_crash_shows_code_and_no_values(form):
    done = subprocess.run(
        [sys.executable, "-c", CRASH, form], capture_output=True, text=True, check=True
    )

    assert "boom" in done.stderr
    assert "place" in done.stderr
    assert "ada@example.com" not in done.stderr
    assert "moc.elpmaxe@ada" not in done.stderr
