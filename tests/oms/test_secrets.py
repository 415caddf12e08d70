"""The system's own secrets, sealed by the master key."""

import base64

import pytest

from oms import sealed

OTHER = base64.b64encode(b"o" * 32).decode()


@pytest.fixture
def masters(settings):
    """Set the master keys; the old ones come back afterwards."""
    before = list(settings.OMS_MASTER_KEYS)

    def use(*keys):
        settings.OMS_MASTER_KEYS = list(keys)
        sealed.forget_keys()

    yield use
    use(*before)


def test_secret_is_opened_by_its_context_alone():
    envelope = sealed.seal_secret(b"open sesame", "here")

    assert b"sesame" not in envelope
    assert sealed.open_secret(envelope, "here") == b"open sesame"
    with pytest.raises(sealed.Unreadable):
        sealed.open_secret(envelope, "there")


def test_secret_that_was_changed_is_unreadable():
    envelope = bytearray(sealed.seal_secret(b"open sesame", "here"))
    envelope[-1] ^= 1

    with pytest.raises(sealed.Unreadable):
        sealed.open_secret(bytes(envelope), "here")


def test_equal_secrets_look_different():
    assert sealed.seal_secret(b"a", "here") != sealed.seal_secret(b"a", "here")


def test_rewrapped_secret_needs_the_new_master_key_only(masters, settings):
    old = settings.OMS_MASTER_KEYS[0]
    envelope = sealed.seal_secret(b"open sesame", "here")
    masters(OTHER, old)

    fresh = sealed.rewrap_secret(envelope)

    masters(OTHER)
    assert sealed.open_secret(fresh, "here") == b"open sesame"
    with pytest.raises(sealed.Unreadable):
        sealed.open_secret(envelope, "here")
