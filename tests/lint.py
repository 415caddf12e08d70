"""Every static check, two at a time; all are run, and any that fails makes the whole fail."""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
CHECKS = {
    "types": [str(BIN / "mypy")],
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "rules": [str(BIN / "ruff"), "check", "--quiet", "."],
    "imports": [str(BIN / "lint-imports")],
    "migrations": [*MANAGE, "makemigrations", "--check", "--dry-run"],
    "deployment": [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
}


def main() -> int:
    """Run all checks and print the output of those that fail."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: run(name, folder), CHECKS))
    return 0 if all(results) else 1


def run(name: str, folder: str) -> bool:
    """Run one check and say how it went."""
    started = time.monotonic()
    environment = os.environ | {"OMS_DATA_DIR": folder, "DATABASE_URL": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is compiled here serves the tests, too
    if name == "deployment":
        environment |= production()
    done = subprocess.run(
        CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    passed = done.returncode == 0
    word = "ok    " if passed else "FAILED"
    report = "" if passed else f"{done.stdout}{done.stderr}"
    print(f"{word} {name} ({time.monotonic() - started:.1f} s)\n{report}", end="", flush=True)
    return passed


def production() -> dict[str, str]:
    """Give the environment that a production machine would have."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "OMS_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "OMS_MASTER_KEYS": key,
        "OMS_INDEX_KEY": key,
        "ALLOWED_HOSTS": "orders.example.com",
    }


if __name__ == "__main__":
    sys.exit(main())
