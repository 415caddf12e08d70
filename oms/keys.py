"""API keys: made, checked, rotated with overlap, revoked. Only a hash is stored.

A key is `oms_<prefix>_<secret>`: the prefix finds the row, the SHA-256 of the whole proves it.
The secret is 256 random bits, so a plain hash is as good as a slow one.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from oms.errors import DomainError
from oms.models import ApiKey

EVERYTHING = "*"
READ_PERSONAL = "customers:read_personal"  # names and addresses; reading and writing lack it
USUAL = (  # every call of the pipeline; not bank, claims, rules, purchasing, reports, terms or addresses
    "channels:read", "customers:write", "events:read", "fulfillment:write", "invoices:read",
    "orders:write", "products:write", "returns:write", "shipments:write", "stock:write",
    "webhooks:write",
)  # fmt: skip
SCOPES = (
    "bank", "channels", "claims", "customers", "events", "fulfillment", "invoices", "orders", "products",
    "purchasing", "reports",
    "returns", "rules", "shipments", "stock", "terms", "webhooks",
)  # fmt: skip
CACHE_SECONDS = 5.0  # how long a revoked key may still be let in by a process that just saw it
KEY = re.compile(r"oms_(?P<prefix>[a-z0-9]{8})_(?P<secret>[A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_seen: dict[str, tuple[float, ApiKey]] = {}


class UnknownScope(DomainError):
    """A scope that nothing asks for."""

    code = "unknown_scope"
    message = "{scope} is not a scope; scopes are {known}, each with :read or :write."


class UnknownKey(DomainError):
    """No key in use has this prefix."""

    code = "unknown_key"
    message = "No key in use begins with {prefix}."


@transaction.atomic
def create(
    name: str, *, channel: str = "", scopes: Iterable[str] = (), days: int | None = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is shown once and kept nowhere.

    No scope means all of them; `days` limits its life. Raises UnknownScope.
    """
    wanted = sorted(set(scopes)) or [EVERYTHING]
    for scope in wanted:
        check_scope(scope)
    return _insert(name, channel, wanted, days)


@transaction.atomic
def rotate(prefix: str, *, overlap_hours: int = 24) -> tuple[ApiKey, str]:
    """Make a successor with the same rights; the old key works until the overlap ends.

    Raises UnknownKey.
    """
    old = _in_use(prefix)
    end = timezone.now() + timedelta(hours=overlap_hours)
    old.expires_at = min(old.expires_at or end, end)

    old.save(update_fields=["expires_at"])
    _seen.clear()
    return _insert(old.name, old.channel, old.scopes, None)


@transaction.atomic
def revoke(prefix: str) -> ApiKey:
    """Close a key at once (in every process within five seconds). Raises UnknownKey."""
    key = _in_use(prefix)
    key.revoked_at = timezone.now()

    key.save(update_fields=["revoked_at"])
    _seen.clear()
    return key


def check_scope(scope: str) -> None:
    """Raise UnknownScope unless it is `*`, a known name with :read or :write, or READ_PERSONAL."""
    name, _, right = scope.partition(":")
    known = name in SCOPES and right in {"read", "write"}
    if not known and scope not in {EVERYTHING, READ_PERSONAL}:
        raise UnknownScope(scope=scope, known=", ".join(SCOPES))


def find(text: str) -> ApiKey | None:
    """The key that this text proves, if it is in use: one query, none for five seconds after."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    at, key = _seen.get(digest, (0.0, None))
    if key is None or time.monotonic() - at > CACHE_SECONDS:
        key = _load(text, digest)
    return key if key and is_usable(key) else None


def allows(key: ApiKey, scope: str, *, write: bool) -> bool:
    """Whether the key may read or write what the scope names; writing implies reading."""
    rights = (f"{scope}:write",) if write else (f"{scope}:read", f"{scope}:write")
    return any(right in key.scopes for right in (EVERYTHING, *rights))


def reads_personal(key: ApiKey) -> bool:
    """Whether the key may read names, contacts and addresses."""
    return EVERYTHING in key.scopes or READ_PERSONAL in key.scopes


def mark_used(key: ApiKey, today: date) -> None:
    """Remember the day of use; at most one write a day."""
    if key.last_used_on != today:
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=today)
        key.last_used_on = today


def _load(text: str, digest: str) -> ApiKey | None:
    found = KEY.fullmatch(text)
    key = ApiKey.objects.filter(prefix=found["prefix"]).first() if found else None
    if key is None or not hmac.compare_digest(key.digest, digest):
        return None
    if len(_seen) > len(_ALPHABET) * 100:
        _seen.clear()
    _seen[digest] = (time.monotonic(), key)
    return key


def is_usable(key: ApiKey) -> bool:
    """Whether it is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > timezone.now())


def _in_use(prefix: str) -> ApiKey:
    key = ApiKey.objects.select_for_update().filter(prefix=prefix).first()
    if key is None or not is_usable(key):
        raise UnknownKey(prefix=prefix)
    return key


def _insert(name: str, channel: str, scopes: list[str], days: int | None) -> tuple[ApiKey, str]:
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    text = f"oms_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        channel=channel,
        scopes=scopes,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return key, text
