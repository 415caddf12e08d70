"""The same new person ordering many times at once is one customer."""

from functools import partial

import pytest
from django.db import connection

from customers import operations as customers
from customers import queries
from customers.models import Customer, DataSubject, SearchToken
from oms import sealed
from orders import operations as orders
from orders.models import Order
from tests import factories as world

pytestmark = pytest.mark.concurrency

CROWD = 16


def buy(channel, number):
    placed = world.wish(("MUG", 1), external_id=f"E{number}")
    return orders.place_one(channel, placed, by="api-key:test")


def crowd(at_once):
    shop = world.shop()
    world.product("MUG")
    return at_once([partial(buy, shop, number) for number in range(CROWD)], threads=CROWD)


def test_same_new_person_at_once_becomes_one_customer(at_once):
    answers = crowd(at_once)

    assert [type(answer).__name__ for answer in answers] == ["Placed"] * CROWD
    assert Order.objects.count() == CROWD
    assert Customer.objects.count() == 1
    assert DataSubject.objects.count() == 1


def test_control_without_unique_emails_becomes_several(at_once):
    """Without the unique index on e-mail tokens the same crowd makes duplicates."""
    unique = next(c for c in SearchToken._meta.constraints if c.name == "customers_email_unique")
    with connection.schema_editor() as editor:
        editor.remove_constraint(SearchToken, unique)
    try:
        crowd(at_once)

        assert Customer.objects.count() > 1
    finally:
        SearchToken.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(SearchToken, unique)


def test_rotation_beside_erasure_brings_no_key_back(at_once, settings, monkeypatch):
    from base64 import b64encode
    from os import urandom

    monkeypatch.setattr("customers.operations.keys.BATCH", 5)
    parties = [customers.Party(f"P {n}", f"p{n}@example.com") for n in range(60)]
    people = [row.subject for row in customers.identify(parties, by="system")]
    settings.OMS_MASTER_KEYS = [b64encode(urandom(32)).decode(), *settings.OMS_MASTER_KEYS]
    sealed.forget_keys()
    erasures = [partial(customers.erase, person, by="system", reason="x") for person in people[:30]]

    answers = at_once([partial(customers.rotate_keys, by="system"), *erasures], threads=8)

    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert DataSubject.objects.filter(erased_at=None).count() == 30
    assert not DataSubject.objects.exclude(erased_at=None).exclude(operational_key=None).exists()
    living = Customer.objects.select_related("subject").filter(subject__erased_at=None)
    assert all(queries.profile_of(customer)["email"] for customer in living)
    sealed.forget_keys()
