"""Pages of holds: types in Settings, the queue of exceptions."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from oms.models import User
from orders.models import HoldType
from tests import factories as world

pytestmark = pytest.mark.django_db
BY = world.BY
SENT = {
    "name": "Gift check",
    "code": "gift-check",
    "owner": "Support",
    "due_hours": "4",
    "stops_allocation": "on",
    "lifted_by": "anyone",
    "needs_person": "on",
    "is_active": "on",
    "test": "condition",
    "match": "all",
    "field": ["tags"],
    "op": ["has_any"],
    "value": ["gift-ok"],
}


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def test_type_is_added_changed_and_said_in_words(ben, client):
    said = client.post(reverse("admin:orders_holdtype_words"), SENT).content.decode()
    assert said == (
        "While a hold of this type is open, the order is not released and gets no stock. Support "
        "looks after it, within 4 h. It ends by itself when: tags has any of gift-ok."
    )

    bad = client.post(reverse("admin:orders_holdtype_add"), {**SENT, "value": [""]})
    assert "needs at least one value" in bad.content.decode()
    client.post(reverse("admin:orders_holdtype_add"), SENT)
    kind = HoldType.objects.get(code="gift-check")
    url = reverse("admin:orders_holdtype_change", args=[kind.pk])
    assert "Gift check" in client.get(url).content.decode()
    client.post(url, {**SENT, "due_hours": "8", "test": ""})

    kind.refresh_from_db()
    assert (kind.due_hours, kind.test, kind.conditions) == (8, "", {})
    assert kind.history.count() == 2
    listed = client.get(reverse("admin:orders_holdtype_changelist")).content.decode()
    assert "8 h" in listed


def test_type_of_the_system_is_shown_and_stays(ben, client):
    kind = HoldType.objects.get(code="remorse")
    url = reverse("admin:orders_holdtype_change", args=[kind.pk])

    page = client.post(url, {**SENT, "name": "Mine"}).content.decode()

    kind.refresh_from_db()
    assert kind.name == "Time to change one's mind"
    assert "stays as it is" in page
    assert ">Save<" not in page
