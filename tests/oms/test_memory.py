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


def test_web_process_loads_no_library_that_only_files_and_webhooks_need(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"OMS_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "oms.settings"}
    loaded = subprocess.run(
        [sys.executable, "-c", SEEN],
        cwd=settings.BASE_DIR,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert loaded.stdout.strip() == ""
