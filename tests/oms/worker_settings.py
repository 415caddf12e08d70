"""Settings of worker processes that the kernel's tests start: its own consumers are wired."""

import json
import os

from oms import wiring
from tests.settings import *  # noqa: F403

wiring.CONSUMERS.clear()
wiring.CONSUMERS.update(
    {name: tuple(paths) for name, paths in json.loads(os.environ["TEST_CONSUMERS"]).items()}
)
wiring.JOBS["slow"] = "tests.oms.reactions.slow"
# Pages are not needed here, and looking for them takes its time.
INSTALLED_APPS[INSTALLED_APPS.index("oms.apps.BackOfficeConfig")] = (  # noqa: F405
    "django.contrib.admin.apps.SimpleAdminConfig"
)
