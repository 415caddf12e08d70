"""Who gets into the back office: staff, by password, and by a second factor where it is required."""

import base64
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from oms import events
from oms.models import Event, User

ACCOUNT_PAGES = "/accounts/"
NONCE_BYTES = 12
GUARDED = ("/admin/", "/api/")  # what a session without its second factor may not open


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by an administrator; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Never."""
        return False


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are stored encrypted, so that a copy of the database logs nobody in.

    Their key is derived from the index key, which is never rotated.
    """

    def encrypt(self, text: str) -> str:
        """Nonce and ciphertext in base64."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(
            nonce + _factor_cipher().encrypt(nonce, text.encode(), None)
        ).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given."""
        data = base64.b64decode(encrypted_text)
        return _factor_cipher().decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], None).decode()


@cache
def _factor_cipher() -> AESGCM:
    secret = base64.b64decode(settings.OMS_INDEX_KEY)
    info = b"second factors"
    return AESGCM(HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(secret))


def require_second_factor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Send people without a second factor to its set-up, where `OMS_REQUIRE_MFA` says so."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(GUARDED) and _must_set_up(request):
            return HttpResponseRedirect(reverse("mfa_activate_totp"))
        return get_response(request)

    return answer


def account_pages(request: HttpRequest) -> dict[str, Any]:
    """Give the login and account pages the frame of the back office."""
    if not request.path.startswith(ACCOUNT_PAGES):
        return {}
    return {
        **admin.site.each_context(request),
        "must_activate_mfa": _must_set_up(request),
        "demo_logins": demo_logins,
    }


def demo_logins() -> list[tuple[str, str, str]]:
    """Role, name and password of the demo's people who still may sign in; none without a demo."""
    loaded = Event.objects.filter(subject_type="orders.channel", name="demo.loaded")
    if settings.PRODUCTION or not loaded.exists():
        return []
    from oms.demo.world import LOGINS

    active = User.objects.filter(is_active=True, username__in=[name for _, name, _ in LOGINS])
    names = set(active.values_list("username", flat=True))
    return [row for row in LOGINS if row[1] in names]


def _must_set_up(request: HttpRequest) -> bool:
    user = request.user
    return settings.OMS_REQUIRE_MFA and user.is_authenticated and not is_mfa_enabled(user)


@transaction.atomic
def reset_second_factor(user: User, *, by: str, reason: str) -> None:
    """Take away somebody's authenticator and recovery codes; the next login sets up new ones."""
    user = User.objects.select_for_update().get(pk=user.pk)

    Authenticator.objects.filter(user=user).delete()
    events.record("user.second_factor_reset", user, by=by, reason=reason)
