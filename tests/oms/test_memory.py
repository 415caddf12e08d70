"""What every web process holds in memory, needed or not."""

import os
import subprocess
import sys

from django.conf import settings

SEEN = """
import sys
import oms.wsgi
unwanted = {"httpx", "import_export.admin", "openpyxl", "reportlab", "stripe", *oms.wsgi.UNUSED}
print(*sorted(unwanted & set(sys.modules)))
import requests, rich.console  # which load whenever somebody asks for them later
"""


GIVEN_BACK = """
import gc
import oms.wsgi
from django.core.signals import request_finished

gc.disable()
before = oms.wsgi.resident.now()
for _ in range(400_000):
    ring = []
    ring.append([ring, "x" * 100])
swollen = oms.wsgi.resident.now()
request_finished.send(None)
print((swollen - before) // 1_000_000, (oms.wsgi.resident.now() - before) // 1_000_000)
"""


def test_web_process_loads_no_library_that_only_files_and_webhooks_need(tmp_path):
    assert told(SEEN, tmp_path) == ""


def test_web_process_gives_back_what_a_large_call_left_behind(tmp_path):
    swollen, after = map(int, told(GIVEN_BACK, tmp_path).split())

    assert swollen > 40
    assert after < swollen / 4


def told(script, folder):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"OMS_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "oms.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout.strip()
