import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse

from oms import events
from oms.demo import seeding, world
from oms.models import Event, User

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def cora():
    return User.objects.create_user("cora", email="cora@example.com", password="s", is_staff=True)


def log_in(client, password="s"):
    return client.post(reverse("account_login"), {"login": "cora", "password": password})


def code_now():
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def test_back_office_sends_strangers_to_the_account_login(client):
    response = client.get("/admin/", follow=True)

    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "Order management" in response.content.decode()


def test_login_with_a_wrong_password_stays_outside(client, cora):
    response = log_in(client, "wrong")

    assert "not correct" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_login_without_a_second_factor_goes_in_where_none_is_required(client, cora, settings):
    settings.OMS_REQUIRE_MFA = False

    response = log_in(client)

    assert response.url == reverse("admin:index")


def test_login_with_a_second_factor_asks_for_its_code(client, cora):
    TOTP.activate(cora, SECRET)

    response = log_in(client)
    inside = "_auth_user_id" in client.session
    done = client.post(response.url, {"code": code_now()})

    assert response.url == reverse("mfa_authenticate")
    assert not inside
    assert done.url == reverse("admin:index")
    assert client.session["_auth_user_id"] == str(cora.pk)


def test_login_with_a_recovery_code_works_once(client, cora):
    TOTP.activate(cora, SECRET)
    code = RecoveryCodes.activate(cora).get_unused_codes()[0]

    first = client.post(log_in(client).url, {"code": code})
    client.logout()
    second = client.post(log_in(client).url, {"code": code})

    assert first.url == reverse("admin:index")
    assert second.status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/admin/", "/admin/orders/order/", "/api/v1/orders/"])
def test_required_second_factor_leads_to_its_set_up(client, cora, settings, path):
    settings.OMS_REQUIRE_MFA = True
    client.force_login(cora)

    response = client.get(path)

    assert response.url == reverse("mfa_activate_totp")


def test_required_second_factor_that_is_set_up_lets_in(client, cora, settings):
    settings.OMS_REQUIRE_MFA = True
    TOTP.activate(cora, SECRET)
    client.force_login(cora)

    assert client.get("/admin/").status_code == 200


def test_secret_of_a_second_factor_is_not_stored_in_clear(cora):
    TOTP.activate(cora, SECRET)

    assert SECRET not in str(Authenticator.objects.get().data)


@pytest.mark.parametrize("name", ["mfa_index", "account_change_password", "account_reauthenticate"])
def test_account_page_wears_the_frame_of_the_back_office(client, cora, name):
    client.force_login(cora)

    page = client.get(reverse(name)).content.decode()

    assert "oms/oms.css" in page
    assert "Order management" in page


def test_nobody_signs_up(client):
    response = client.post(
        reverse("account_signup"),
        {
            "username": "eve",
            "email": "eve@example.com",
            "password1": "Xy8!kkqpw",
            "password2": "Xy8!kkqpw",
        },
    )

    assert response.status_code == 200
    assert User.objects.count() == 0


def test_reset_of_a_second_factor_takes_it_away_and_says_who_and_why(client, cora):
    TOTP.activate(cora, SECRET)
    admin = User.objects.create_superuser("root", password="x")
    client.force_login(admin)
    url = reverse("admin:oms_user_act", args=[cora.pk, "reset_second_factor"])

    client.post(url, {"act": "reset_second_factor", "reason": "Lost telephone"})

    assert Authenticator.objects.count() == 0
    event = Event.objects.get(name="user.second_factor_reset")
    assert (event.actor, event.facts) == (f"user:{admin.pk}", {"reason": "Lost telephone"})


def test_administrator_cannot_make_superusers(client, cora):
    from django.contrib.auth.models import Group

    boss = User.objects.create_user("boss", password="x", is_staff=True)
    boss.groups.add(Group.objects.get(name="Administrator"))
    client.force_login(boss)
    url = reverse("admin:oms_user_change", args=[cora.pk])

    assert client.get(url).status_code == 200
    client.post(
        url, {"username": "cora", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    )

    cora.refresh_from_db()
    assert not cora.is_superuser


@pytest.fixture
def demo(settings):
    """The demo's people, and the mark that its making leaves at the end."""
    world.lay_down()
    events.record(
        seeding.LOADED, world.table("orders.Channel").get(code=world.SHOP), by="command:x"
    )


def test_login_page_of_a_demo_offers_its_logins(client, demo):
    User.objects.filter(username="support").update(is_active=False)

    page = client.get(reverse("account_login")).content.decode()

    offered = re.findall(r'data-login="(\w+)" data-password="([\w-]+)"', page)
    assert [name for name, _ in offered] == [
        "operations", "warehouse", "finance", "auditor", "administrator",
    ]  # fmt: skip
    assert all(password == f"demo-{name}" for name, password in offered)


def test_login_page_offers_nothing_without_a_demo_nor_in_production(client, settings):
    world.lay_down()
    without = client.get(reverse("account_login")).content.decode()
    events.record(
        seeding.LOADED, world.table("orders.Channel").get(code=world.SHOP), by="command:x"
    )
    settings.PRODUCTION = True

    assert "data-login" not in without
    assert "data-login" not in client.get(reverse("account_login")).content.decode()
