"""The same new person ordering many times at once is one customer."""

from functools import partial

import pytest
from django.db import IntegrityError, connection

from customers import operations as customers
from customers import queries
from customers.models import Customer, DataSubject, SearchToken, Segment, SegmentMember
from customers.operations import segments
from oms import sealed
from oms.conditions import leaf
from oms.models import Event
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


SETTLERS = 8


@pytest.fixture
def vips():
    """Twenty customers who belong into a segment that does not know of them yet."""
    parties = [customers.Party(f"P {n}", f"p{n}@example.com") for n in range(20)]
    people = customers.identify(parties, by="system")
    conditions = {"all": [leaf("tags", "has_any", ["vip"])]}
    segment = customers.define_segment("Friends", conditions, by="system").segment
    customers.fill_segments([segment.pk])
    for person in people:
        customers.tag_customer(person, by="system", add=["vip"])
    return [person.pk for person in people]


def settle(at_once, vips):
    """The consumer of several workers and the sweep look at the same customers at once."""
    return at_once([partial(customers.settle_segments, vips)] * SETTLERS, threads=SETTLERS)


def test_settlers_at_once_move_everybody_once(at_once, vips):
    answers = settle(at_once, vips)

    assert sorted(answers) == [*([0] * (SETTLERS - 1)), len(vips)]
    assert SegmentMember.objects.count() == len(vips)
    assert Event.objects.filter(name="customer.segments_changed").count() == len(vips)


def test_control_without_the_segments_lock_settlers_collide(at_once, vips, monkeypatch):
    """Without the lock several see nobody in the segment, and the database refuses all but one."""
    unlocked = Segment.objects.all()
    monkeypatch.setattr(segments, "_locked", lambda keys: list(unlocked.filter(pk__in=keys)))

    answers = settle(at_once, vips)

    assert any(isinstance(answer, IntegrityError) for answer in answers)
    assert SegmentMember.objects.count() == len(vips)


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
