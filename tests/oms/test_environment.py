import json
import os
import stat
import subprocess
import sys
from base64 import b64encode

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from oms import environment as env

KEY = b64encode(bytes(range(32))).decode()
PRODUCTION = {
    "OMS_ENV": "production",
    "SECRET_KEY": "s" * 64,
    "OMS_MASTER_KEYS": KEY,
    "OMS_INDEX_KEY": KEY,
    "ALLOWED_HOSTS": "orders.example.com",
}


def start(tmp_path, *arguments, **variables):
    """Read the settings in a process of their own and print a few of them."""
    script = (
        "import json; from django.conf import settings as s; print(json.dumps({n: getattr(s, n) "
        "for n in ('SECURE_SSL_REDIRECT', 'OMS_REQUIRE_MFA', 'SESSION_COOKIE_SECURE', 'DEBUG')} "
        "| {'database': s.DATABASES['default']}, default=str))"
    )
    kept = {name: os.environ[name] for name in ("PATH",)}
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=settings.BASE_DIR,
        env=kept
        | {"DJANGO_SETTINGS_MODULE": "oms.settings", "OMS_DATA_DIR": str(tmp_path)}
        | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("1", True), ("Yes", True), ("off", False), ("0", False), ("", True)],
)
def test_flag_with_a_known_word_is_read(monkeypatch, text, expected):
    monkeypatch.setenv("OMS_TRIAL", text)

    assert env.flag("OMS_TRIAL", default=True) is expected


def test_flag_with_a_typing_error_is_refused(monkeypatch):
    monkeypatch.setenv("OMS_TRIAL", "ture")

    with pytest.raises(ImproperlyConfigured, match="OMS_TRIAL must be one of true, 1"):
        env.flag("OMS_TRIAL", default=False)


@pytest.mark.parametrize("text", ["-1", "0", "65536", "8k", "8.5"])
def test_whole_outside_its_range_is_refused(monkeypatch, text):
    monkeypatch.setenv("OMS_TRIAL", text)

    with pytest.raises(ImproperlyConfigured, match="a whole number from 1 to 65535"):
        env.whole("OMS_TRIAL", default=8000, low=1, high=65_535)


def test_choice_of_an_unknown_word_is_refused(monkeypatch):
    monkeypatch.setenv("OMS_TRIAL", "prod")

    with pytest.raises(ImproperlyConfigured, match="one of development, production"):
        env.choice("OMS_TRIAL", ["development", "production"], default="development")


@pytest.mark.parametrize("address", ["mysql://localhost/oms", "oms.sqlite3", "oracle://x"])
def test_database_of_another_kind_is_refused(monkeypatch, address):
    monkeypatch.setenv("OMS_TRIAL", address)

    with pytest.raises(ImproperlyConfigured, match="begins with sqlite:// or postgresql://"):
        env.database("OMS_TRIAL", default="sqlite:///x")


@pytest.mark.parametrize("text", ["short", b64encode(b"x" * 31).decode(), KEY[:-1]])
def test_keys_of_the_wrong_size_are_refused(text):
    with pytest.raises(ImproperlyConfigured, match="base64 of 32 random bytes"):
        env.keys("OMS_MASTER_KEYS", [KEY, text])


def test_development_keys_are_made_once_and_kept_private(tmp_path):
    first = env.development_keys(tmp_path)

    second = env.development_keys(tmp_path)

    assert first == second
    assert first == json.loads((tmp_path / "keys.json").read_text())
    assert env.keys("OMS_MASTER_KEYS", first["OMS_MASTER_KEYS"]) == first["OMS_MASTER_KEYS"]
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_start_with_nothing_set_uses_the_embedded_database(tmp_path):
    done = start(tmp_path)

    found = json.loads(done.stdout)
    assert found["database"]["NAME"] == str(tmp_path / "oms.sqlite3")
    assert found["database"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["OMS_REQUIRE_MFA"] is False
    assert found["DEBUG"] is False


def test_start_in_production_is_strict(tmp_path):
    done = start(tmp_path, **PRODUCTION)

    found = json.loads(done.stdout)
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["OMS_REQUIRE_MFA"] is True
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"OMS_ENV"}))
def test_start_in_production_without_a_secret_is_refused(tmp_path, name):
    done = start(tmp_path, **(PRODUCTION | {name: ""}))

    assert done.returncode == 1
    assert f"The environment variable {name} must be set" in done.stderr


def test_start_with_postgresql_keeps_connections(tmp_path):
    done = start(tmp_path, DATABASE_URL="postgresql://oms:secret@db:5433/orders")

    database = json.loads(done.stdout)["database"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", 5433, "orders")
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (600, True)
    assert "pool" not in database.get("OPTIONS", {})


def test_start_of_djangos_own_server_leaves_no_connections_behind(tmp_path):
    done = start(tmp_path, "runserver", DATABASE_URL="postgresql://oms@db/orders")

    assert json.loads(done.stdout)["database"].get("CONN_MAX_AGE", 0) == 0


def test_start_with_a_pool_lends_connections(tmp_path):
    done = start(tmp_path, DATABASE_URL="postgresql://oms@db/orders", OMS_DB_POOL="8")

    database = json.loads(done.stdout)["database"]
    assert database["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 8}
    assert database.get("CONN_MAX_AGE", 0) == 0
