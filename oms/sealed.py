"""Sealed personal data: envelopes that only the key of one person opens.

A person's data is stored as AES-256-GCM ciphertext under a data key of that person; the data key
is stored wrapped by a master key (AES key wrap, RFC 3394). Destroying the data key makes every
copy unreadable at once, in history rows and backups of those rows as well. Equality search goes
through blind index tokens: HMAC-SHA256 of the normalised value under a key of its own, derived by
HKDF (RFC 5869), so that rotating master keys keeps the index.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import unicodedata
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings

ERASED = "[erased]"
Stored = bytes | memoryview | None  # what a binary column gives
VERSION = b"\x01"
NONCE_BYTES = 12
WRAPPED_BYTES = 44  # name of the master key, and 256 bits wrapped by RFC 3394


class Unreadable(Exception):
    """The envelope was changed, or belongs to another person, model or field."""


def new_key() -> bytes:
    """A fresh random 256-bit data key, wrapped by the newest master key."""
    return wrap(AESGCM.generate_key(bit_length=256))


def wrap(key: bytes) -> bytes:
    """Wrap a data key by the newest master key; the first four bytes name that master key."""
    master = _masters()[0]
    return _key_id(master) + aes_key_wrap(master, key)


@lru_cache(maxsize=20_000)
def unwrap(wrapped: bytes) -> bytes:
    """Open a wrapped data key with the master key it names.

    Raises Unreadable when no configured master key fits.
    """
    for master in _masters():
        if _key_id(master) == wrapped[:4]:
            try:
                return aes_key_unwrap(master, wrapped[4:])
            except InvalidUnwrap as error:
                raise Unreadable from error
    msg = "no configured master key fits"
    raise Unreadable(msg)


def is_current(wrapped: bytes) -> bool:
    """Whether a data key is wrapped by the newest master key."""
    return wrapped[:4] == _key_id(_masters()[0])


def seal(wrapped: bytes, values: dict[str, Any], context: str) -> bytes:
    """Encrypt values under a wrapped data key.

    `context` names model, field and person; the same context is needed to open the envelope, so a
    ciphertext moved to another row or column does not open.
    """
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return VERSION + nonce + _cipher(wrapped).encrypt(nonce, plain, context.encode())


def unseal(wrapped: Stored, envelope: Stored, context: str) -> dict[str, Any]:
    """Decrypt an envelope; an erased one (no key) or an empty one gives an empty dictionary.

    Raises Unreadable when the envelope was tampered with or belongs elsewhere.
    """
    if not wrapped or not envelope:
        return {}
    data = bytes(envelope)
    try:
        plain = _cipher(bytes(wrapped)).decrypt(
            data[1 : 1 + NONCE_BYTES], data[1 + NONCE_BYTES :], context.encode()
        )
    except InvalidTag as error:
        raise Unreadable from error
    return json.loads(plain)


def seal_secret(secret: bytes, context: str) -> bytes:
    """Encrypt the system's own secret, under a data key of its own that travels with it."""
    wrapped, nonce = new_key(), os.urandom(NONCE_BYTES)
    cipher = AESGCM(unwrap.__wrapped__(wrapped))
    return wrapped + VERSION + nonce + cipher.encrypt(nonce, secret, context.encode())


def open_secret(envelope: bytes | memoryview, context: str) -> bytes:
    """Decrypt what `seal_secret` encrypted. Raises Unreadable."""
    data, start = bytes(envelope), WRAPPED_BYTES + 1
    cipher = AESGCM(unwrap.__wrapped__(data[:WRAPPED_BYTES]))
    nonce = data[start : start + NONCE_BYTES]
    try:
        return cipher.decrypt(nonce, data[start + NONCE_BYTES :], context.encode())
    except InvalidTag as error:
        raise Unreadable from error


def rewrap_secret(envelope: bytes | memoryview) -> bytes:
    """The same secret with its data key wrapped by the newest master key."""
    data = bytes(envelope)
    return wrap(unwrap.__wrapped__(data[:WRAPPED_BYTES])) + data[WRAPPED_BYTES:]


def token(kind: str, value: str) -> str:
    """Blind index token of a value: equal values of one kind give equal tokens, nothing else shows.

    `kind` is one of email, phone, name; an empty value gives an empty token.
    """
    normal = normalise(kind, value)
    if not normal:
        return ""
    digest = hmac.new(_index_key(), f"{kind}\0{normal}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:15]).decode()


def normalise(kind: str, value: str) -> str:
    """The form under which two spellings of a value count as the same one."""
    folded = unicodedata.normalize("NFKC", value).casefold().strip()
    if kind == "phone":
        return re.sub(r"\D", "", folded).removeprefix("00")
    return re.sub(r"\s+", "" if kind == "email" else " ", folded)


def forget_keys() -> None:
    """Drop unwrapped keys from memory, after an erasure or a change of master keys."""
    unwrap.cache_clear()
    _cipher.cache_clear()
    _masters.cache_clear()
    _index_key.cache_clear()


@lru_cache(maxsize=20_000)
def _cipher(wrapped: bytes) -> AESGCM:
    return AESGCM(unwrap(wrapped))


@lru_cache(maxsize=1)
def _masters() -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text) for text in settings.OMS_MASTER_KEYS)


@lru_cache(maxsize=1)
def _index_key() -> bytes:
    secret = base64.b64decode(settings.OMS_INDEX_KEY)
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"blind index").derive(secret)


def _key_id(master: bytes) -> bytes:
    return hashlib.sha256(b"master key id" + master).digest()[:4]


def digest(text: str) -> str:
    """Keyed SHA-256 of a text that may hold personal data; equal texts give equal digests."""
    return hmac.new(_index_key(), b"digest\0" + text.encode(), hashlib.sha256).hexdigest()
