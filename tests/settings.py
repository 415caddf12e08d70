"""The application's own settings, made quick and harmless for tests."""

import os
from pathlib import Path

os.environ.setdefault("OMS_DATA_DIR", str(Path(__file__).parent.parent / "var" / "test"))

from oms.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 takes its time
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # A crash of the machine may lose what a test wrote; waiting for the disk is a third of a run.
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"
