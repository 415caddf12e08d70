"""Reason codes: the house adds its own; those that operations give by name stay."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.urls import reverse

from inventory import operations
from inventory.models import ReasonCode
from inventory.models.reason import GIVEN_BY_OPERATIONS
from oms.models import Event, User
from tests.factories import BY

pytestmark = pytest.mark.django_db
GIVEN = re.compile(
    r'(?:Why\(|StockCondition\.\w+, |REASON = |REASONS = \{[^}]*: |code = )"([a-z-]+)"'
)


@pytest.fixture
def ben(client):
    user = User.objects.create_user("ben", password="x", is_staff=True)
    user.groups.add(Group.objects.get(name="Operations"))
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"admin:inventory_reasoncode_{name}", args=args)


def state():
    return list(ReasonCode.objects.order_by("code").values()), Event.objects.count()


def refused(error, act, *args, **kwargs):
    before = state()
    with pytest.raises(error), transaction.atomic():
        act(*args, by=BY, **kwargs)
    assert state() == before


def test_add_reason_is_offered_and_told():
    reason = operations.add_reason("moths", by=BY, name="Eaten by moths", kinds=["scrapped"])

    assert (reason.fits("scrapped"), reason.fits("adjusted")) == (True, False)
    event = Event.objects.get(name="reason.added")
    assert (event.actor, event.facts["code"]) == (BY, "moths")
    assert reason.history.get().history_change_reason == BY


def test_change_reason_switches_off():
    reason = operations.add_reason("moths", by=BY, name="Moths")

    operations.change_reason(reason, by=BY, name="Eaten", kinds=[], is_active=False)

    reason.refresh_from_db()
    assert (reason.name, reason.fits("adjusted")) == ("Eaten", False)
    assert Event.objects.get(name="reason.changed").facts["is_active"] is False


def test_reasons_that_cannot_be_are_refused():
    refused(operations.ReasonExists, operations.add_reason, "stolen", name="Theft")
    refused(operations.NoSuchKind, operations.add_reason, "moths", name="M", kinds=["eaten"])


@pytest.mark.parametrize("code", GIVEN_BY_OPERATIONS)
def test_reason_given_by_operations_stays(code):
    reason = ReasonCode.objects.get(code=code)
    change = {"name": "New", "kinds": [], "is_active": False}
    refused(operations.ReasonProtected, operations.change_reason, reason, **change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReasonCode.objects.filter(code=code).update(is_active=False)


def test_every_shipped_reason_named_in_code_is_protected():
    shipped = set(ReasonCode.objects.values_list("code", flat=True))
    root = Path(__file__).parent.parent.parent
    files = [
        *root.glob("inventory/operations/**/*.py"),
        *root.glob("inventory/forms/*.py"),
        *root.glob("inventory/api/*.py"),
        *root.glob("fulfillment/operations/*.py"),
    ]
    named = {code for file in files for code in GIVEN.findall(file.read_text())}
    assert named & shipped == set(GIVEN_BY_OPERATIONS)


def test_page_adds_switches_off_and_protects(client, ben):
    sent = {"name": "Moths", "code": "moths", "kinds": ["scrapped", "damaged"]}
    assert client.post(url("add"), sent).status_code == 302
    moths = ReasonCode.objects.get(code="moths")
    assert (moths.kinds, moths.is_active) == (["scrapped", "damaged"], True)
    client.post(url("change", moths.pk), {"name": "Eaten", "kinds": ["scrapped"]})
    moths.refresh_from_db()
    assert (moths.name, moths.kinds, moths.is_active) == ("Eaten", ["scrapped"], False)
    assert Event.objects.get(name="reason.changed").actor == f"user:{ben.pk}"

    other = ReasonCode.objects.get(code="other")
    assert b"Given by the system" in client.get(url("change", other.pk)).content
    assert client.post(url("change", other.pk), {"name": "X", "kinds": []}).status_code == 403
    other.refresh_from_db()
    assert (other.name, other.is_active) == ("Another reason", True)


def test_list_costs_the_same_for_one_more(client, ben, django_assert_max_num_queries):
    client.get(url("changelist"))  # warms what is cached
    with django_assert_max_num_queries(14):
        page = client.get(url("changelist")).content.decode()
    assert "Every kind" in page
    assert "Reason codes" in page
