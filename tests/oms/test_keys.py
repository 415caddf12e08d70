from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from oms import keys
from oms.models import ApiKey


def test_create_stores_only_the_hash(db):
    key, text = keys.create("Web shop", channel="shop", scopes=["orders:write"])

    stored = ApiKey.objects.get()
    assert text.startswith(f"oms_{key.prefix}_")
    assert text not in str(vars(stored))
    assert (stored.channel, stored.scopes, len(stored.digest)) == ("shop", ["orders:write"], 64)


def test_create_without_scopes_allows_everything(db):
    key, _ = keys.create("Web shop")

    assert keys.allows(key, "orders", write=True)
    assert keys.allows(key, "webhooks", write=False)


def test_create_with_an_unknown_scope_is_refused(db):
    with pytest.raises(keys.UnknownScope):
        keys.create("Web shop", scopes=["everything:write"])

    assert not ApiKey.objects.exists()


def test_writing_implies_reading_but_not_the_other_way_round(db):
    writer, _ = keys.create("Writer", scopes=["orders:write"])
    reader, _ = keys.create("Reader", scopes=["orders:read"])

    assert keys.allows(writer, "orders", write=False)
    assert not keys.allows(reader, "orders", write=True)
    assert not keys.allows(reader, "stock", write=False)


def test_find_asks_once_and_remembers_for_five_seconds(key, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert keys.find(key[1]) == key[0]
    with django_assert_num_queries(0):
        assert keys.find(key[1]) == key[0]


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + "?", lambda t: t[:-1] + "A", lambda _: "", str.upper]
)
def test_find_of_a_wrong_key_finds_nothing(key, change):
    text = change(key[1])

    assert keys.find(text) is None or text == key[1]


def test_find_of_a_revoked_key_finds_nothing(key):
    keys.find(key[1])

    keys.revoke(key[0].prefix)

    assert keys.find(key[1]) is None


def test_find_of_an_expired_key_finds_nothing(db):
    _, text = keys.create("Short", days=1)
    assert keys.find(text)

    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert keys.find(text) is None


def test_rotate_lets_both_keys_work_until_the_overlap_ends(db):
    old, old_text = keys.create("Web shop", channel="shop", scopes=["orders:write"])

    new, new_text = keys.rotate(old.prefix, overlap_hours=2)

    assert (new.name, new.channel, new.scopes) == ("Web shop", "shop", ["orders:write"])
    assert keys.find(old_text)
    assert keys.find(new_text)
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        assert keys.find(old_text) is None
        assert keys.find(new_text)


def test_rotate_of_an_unknown_key_is_refused(db):
    with pytest.raises(keys.UnknownKey):
        keys.rotate("nothing1")


def test_mark_used_writes_once_a_day(key, django_assert_num_queries):
    today = timezone.now().date()

    with django_assert_num_queries(1):
        keys.mark_used(key[0], today)
        keys.mark_used(key[0], today)

    assert ApiKey.objects.get().last_used_on == today


def test_create_command_prints_the_key_alone_as_the_last_line(db, capsys):
    call_command("create_api_key", "Web shop", "--scope", "orders:write")

    last = capsys.readouterr().out.splitlines()[-1]
    assert keys.find(last).scopes == ["orders:write"]


def test_create_command_lets_a_key_make_every_call_of_the_pipeline_and_no_other(db, capsys):
    call_command("create_api_key", "Web shop")

    key = keys.find(capsys.readouterr().out.splitlines()[-1])
    used = ("orders", "stock", "fulfillment", "shipments", "returns", "webhooks")
    assert all(keys.allows(key, name, write=True) for name in used)
    assert all(keys.allows(key, name, write=False) for name in ("channels", "events", "invoices"))
    refused = ("rules", "purchasing", "reports", "invoices", "events")
    assert not any(keys.allows(key, name, write=True) for name in refused)
    assert keys.READ_PERSONAL not in key.scopes


def test_create_command_refuses_an_unknown_channel(db):
    with pytest.raises(CommandError, match="no channel nowhere"):
        call_command("create_api_key", "Web shop", "--channel", "nowhere")

    assert not ApiKey.objects.exists()


def test_rotate_command_prints_the_new_key_as_the_last_line(key, capsys):
    call_command("rotate_api_key", key[0].prefix, "--overlap-hours", "1")

    assert keys.find(capsys.readouterr().out.splitlines()[-1]).pk != key[0].pk


def test_revoke_command_closes_the_key(key, capsys):
    call_command("revoke_api_key", key[0].prefix)

    assert keys.find(key[1]) is None


def test_revoke_command_refuses_an_unknown_key(db):
    with pytest.raises(CommandError, match="nothing1"):
        call_command("revoke_api_key", "nothing1")
