"""Strict reading of the environment: a value that is not understood stops the start.

A typing error in a setting such as `DEBUG=ture` must not quietly mean no.
"""

import base64
import binascii
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ENV = environ.Env()
WORDS = {"true": True, "1": True, "yes": True, "on": True}
WORDS |= {"false": False, "0": False, "no": False, "off": False}
VENDORS = {"sqlite": "sqlite", "postgres": "postgresql", "postgresql": "postgresql"}
KEY_BYTES = 32


def flag(name: str, *, default: bool) -> bool:
    """Read yes or no; anything else is refused."""
    text = ENV.str(name, default="").strip().lower()
    if not text:
        return default
    if text not in WORDS:
        raise _refusal(name, f"one of {', '.join(WORDS)}")
    return WORDS[text]


def choice(name: str, options: Sequence[str], *, default: str) -> str:
    """Read one of the words in `options`."""
    text = ENV.str(name, default="").strip() or default
    if text not in options:
        raise _refusal(name, f"one of {', '.join(options)}")
    return text


def whole(name: str, *, default: int, low: int = 0, high: int = 1_000_000) -> int:
    """Read a whole number from `low` to `high`."""
    text = ENV.str(name, default="").strip()
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise _refusal(name, f"a whole number from {low} to {high}")
    return int(text)


def words(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """Read words that are separated by commas."""
    text = ENV.str(name, default="")
    return [word.strip() for word in text.split(",") if word.strip()] or list(default)


def database(name: str, *, default: str) -> tuple[str, dict[str, Any]]:
    """Read a database address and give its vendor (sqlite or postgresql) and Django's form of it."""
    text = ENV.str(name, default="").strip() or default
    vendor = VENDORS.get(text.partition("://")[0])
    if vendor is None:
        raise _refusal(name, "an address that begins with sqlite:// or postgresql://")
    return vendor, dict(ENV.db_url_config(text))


def keys(name: str, texts: Sequence[str]) -> list[str]:
    """Check that each text is a base64 key of 32 bytes."""
    for text in texts:
        try:
            right = len(base64.b64decode(text, validate=True)) == KEY_BYTES
        except binascii.Error:
            right = False
        if not right:
            raise _refusal(name, f"base64 of {KEY_BYTES} random bytes (openssl rand -base64 32)")
    return list(texts)


def required(name: str) -> str:
    """Read a value that has no safe default."""
    if text := ENV.str(name, default="").strip():
        return text
    raise _refusal(name, "set when OMS_ENV=production")


def development_keys(folder: Path) -> dict[str, Any]:
    """Give this installation's own keys, made at the first start, readable by its owner only.

    Two processes that start at once agree on one set: the file is written aside and linked into
    place, which only the first can do.
    """
    path = folder / "keys.json"
    if not path.exists():
        _write_keys(path)
    return json.loads(path.read_text())


def _write_keys(path: Path) -> None:
    keys = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "OMS_MASTER_KEYS": [_fresh_key()],
        "OMS_INDEX_KEY": _fresh_key(),
    }
    aside = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(keys, file, indent=2)
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()


def _fresh_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _refusal(name: str, wanted: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"The environment variable {name} must be {wanted}.")
