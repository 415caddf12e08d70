import pytest

from oms import keys
from oms.models import User
from tests import factories as world

pytestmark = pytest.mark.django_db
SESSION = "oms_session"


@pytest.fixture
def key():
    world.shop()
    return keys.create("test", channel="shop")[1]


def test_machine_passes_by_what_pages_need(client, key):
    answer = client.get("/api/v1/orders/", headers={"Authorization": f"Api-Key {key}"})

    assert answer.status_code == 200
    assert not hasattr(answer.wsgi_request, "session")
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Request-ID"]


def test_machine_with_an_unknown_key_is_refused(client):
    answer = client.get("/api/v1/orders/", headers={"Authorization": "Api-Key oms_no"})

    assert answer.status_code == 401


def test_machine_s_key_opens_no_page(client, key):
    answer = client.get("/api/v1/nothing/", headers={"Authorization": f"api-key {key}"})
    page = client.get("/admin/", headers={"Authorization": f"Api-Key {key}"})

    assert answer.status_code == 404
    assert page.status_code == 302  # to the login


def test_person_with_a_session_takes_the_long_way(client):
    client.force_login(User.objects.create_superuser("ada"))

    answer = client.get("/api/v1/orders/")

    assert answer.status_code == 200
    assert answer.wsgi_request.session
    assert "Content-Security-Policy" in answer.headers
