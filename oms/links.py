"""Signed links for people without an account: what a message carries, and what a page makes of it.

A link names one thing for one purpose and cannot be made up or turned to another purpose. It holds
a public number or a random id, never personal data, and ends after a time that its reader sets.
"""

from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.urls import reverse

from oms.errors import DomainError


class LinkNotValid(DomainError):
    """The link was changed, was meant for something else, or is too old."""

    code = "link_not_valid"
    message = "This link is not valid any more. Ask for a new one."


class TooOften(DomainError):
    """The link is used more often than a person would."""

    code = "too_often"
    message = "That was too often. Try again later."


def link(view: str, purpose: str, key: str) -> str:
    """The whole address of a public page, whose only argument is the signed `key`."""
    return settings.OMS_PUBLIC_URL + reverse(view, args=[sign(purpose, key)])


def sign(purpose: str, key: str) -> str:
    """Sign a key for a purpose, with the time."""
    return signing.TimestampSigner(salt=_salt(purpose)).sign_object(key)


def read(purpose: str, token: str, *, valid: timedelta) -> str:
    """The key of a token that was signed for this purpose. Raises LinkNotValid."""
    try:
        return signing.TimestampSigner(salt=_salt(purpose)).unsign_object(token, max_age=valid)
    except signing.BadSignature as broken:
        raise LinkNotValid from broken


def _salt(purpose: str) -> str:
    return f"oms.links.{purpose}"


def slow_down(what: str, token: str, most: int, *, seconds: int) -> None:
    """Count what is done by one link. Raises TooOften above `most` in so many seconds.

    Counted in the cache of a web process: it stops a script, and is no exact quota.
    """
    key = f"link:{sha256(f'{what}:{token}'.encode()).hexdigest()}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ended this very moment
        return
    if count > most:
        raise TooOften
