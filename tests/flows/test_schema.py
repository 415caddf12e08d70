"""The running API against its own schema: no 500, and every answer as declared."""

import subprocess
import sys
from pathlib import Path

import pytest

from fulfillment.models import Carrier
from oms import keys
from oms.dispatch import drain
from tests import factories as world


@pytest.mark.slow
@pytest.mark.postgresql  # half a minute; once is enough, and on the database of production
@pytest.mark.django_db(transaction=True)
def test_api_under_generated_calls_keeps_its_schema(live_server, settings):
    settings.OMS_API_RATE = "none"
    shop = world.shop("web", duplicate_window_minutes=0)
    london = world.warehouse("LON")
    world.stocked("MUG", london, 1_000)
    Carrier.objects.create(code="royal-mail", name="Royal Mail")
    for number in range(3):
        world.place(shop, ("MUG", 1), external_id=f"X{number}")
    drain(webhooks=False)
    key = keys.create("Generated calls", channel="web")[1]
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{live_server.url}/api/schema/",
        "--header",
        f"Authorization: Api-Key {key}",
        "--checks",
        "not_a_server_error,response_schema_conformance,content_type_conformance",
        "--phases",
        "fuzzing",
        "--max-examples",
        "5",
        "--seed",
        "1",
        "--warnings",
        "off",
    ]

    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    assert done.returncode == 0, done.stdout[-6_000:]
    assert "Tested" in done.stdout or "passed" in done.stdout
