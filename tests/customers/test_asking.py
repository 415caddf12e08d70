"""A condition asked of all customers at once answers as asked of each."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import operations as customers
from customers.enums import ConsentPurpose
from customers.models import Company, Customer, DataSubject
from customers.queries.asking import living, those_who_fit
from customers.queries.population import VOCABULARY, everybody, facts_of
from oms.conditions import compiled, leaf
from orders.enums import OrderStatus
from orders.models import Order, OrderLine
from tests import factories as world

BY = "user:1"
NOW = timezone.now().replace(microsecond=0)
VALUES = {
    "lifetime_value": ["0", "10", "29.99", "30", "40"],
    "orders": ["0", "1", "2", "2.5"],
    "average_order": ["10", "15", "13.3333"],
    "last_order_days": ["0", "2", "2.5", "3", "-1", "1e9"],
    "returned_percent": ["0", "33", "50"],
    "known_days": ["0", "4", "5"],
    "currency": ["gbp", "EUR"],
    "country": ["gb", "FR", "g"],
    "company": ["acme", "AC"],
    "group": ["großhandel", "vip", "ÉLITE"],
    "channels": ["web", "other"],
    "tags": ["vip", "Slow"],
    "consents": [ConsentPurpose.values[0], ConsentPurpose.values[-1]],
}
NUMBER, TEXT, SET = (
    ("gte", "gt", "lte", "lt", "eq", "ne"),
    ("eq", "ne", "in", "not_in", "starts", "contains", "empty", "filled"),
    ("has_any", "has_all", "has_none", "empty", "filled"),
)
OPS = {"number": NUMBER, "text": TEXT, "set": SET, "flag": ("yes", "no")}
MANY = {"in", "not_in", "has_any", "has_all", "has_none"}
NOTHING = {"empty", "filled", "yes", "no"}


@st.composite
def leaves(draw):
    field = draw(st.sampled_from(sorted(VOCABULARY.values(), key=lambda each: each.name)))
    op = draw(st.sampled_from(OPS[field.kind]))
    if op in NOTHING:
        return leaf(field.name, op)
    one = st.sampled_from(VALUES[field.name])
    return leaf(field.name, op, draw(st.lists(one, min_size=1, max_size=2) if op in MANY else one))


def groups(members):
    lists = st.lists(members, max_size=3)
    return st.builds(lambda kind, of: {kind: of}, st.sampled_from(["all", "any", "none"]), lists)


@pytest.fixture
def people(db):
    """Somebody merged, somebody erased, somebody who never bought; several currencies and channels."""
    world.stocked("MUG", world.warehouse(), 1_000)
    web, other = (world.shop(code, duplicate_window_minutes=0) for code in ("web", "other"))
    ada, ben, cora, dan, eve = (
        customers.identify([customers.Party(f"{name}@example.org", f"{name.title()} Test")], by=BY)[
            0
        ]
        for name in ("ada", "ben", "cora", "dan", "eve")
    )
    placed = [
        world.place(web, ("MUG", 1), external_id="1"),
        world.place(other, ("MUG", 3), external_id="2"),
        world.place(web, ("MUG", 2), external_id="3"),
        world.place(web, ("MUG", 1), external_id="4"),
        world.place(web, ("MUG", 1), external_id="5"),
        world.place(web, ("MUG", 3), external_id="6"),
    ]
    buyers = (ada, ada, ben, ben, cora, dan)
    for at, (order, buyer) in enumerate(zip(placed, buyers, strict=True)):
        Order.objects.filter(pk=order.pk).update(
            customer=buyer, placed_at=NOW - timedelta(days=at, hours=at)
        )
    Order.objects.filter(pk=placed[1].pk).update(ship_country="FR", currency="EUR")
    Order.objects.filter(pk=placed[3].pk).update(total=Decimal("0.10"))
    OrderLine.objects.filter(order__in=placed[:3]).update(released=1, shipped=1, delivered=1)
    OrderLine.objects.filter(order=placed[2]).update(returned=1)
    Order.objects.filter(pk=placed[4].pk).update(status=OrderStatus.CANCELLED)
    customers.tag_customer(ada, by=BY, add=["vip", "slow"])
    customers.tag_customer(dan, by=BY, add=["vip"])
    said = {"by": BY, "source": "form"}
    for person in (ada, dan):
        customers.give_consent(person, ConsentPurpose.values[0], wording="Yes", **said)
    customers.withdraw_consent(dan, ConsentPurpose.values[0], **said)
    company = Company.objects.create(code="ACME", name="Acme")
    Customer.objects.filter(pk=ben.pk).update(group="GROẞHANDEL", company=company)
    Customer.objects.filter(pk=cora.pk).update(
        group="élite", created_at=NOW - timedelta(days=4, hours=1)
    )
    Customer.objects.filter(pk=dan.pk).update(merged_into=ben)
    DataSubject.objects.filter(pk=eve.subject_id).update(
        erased_at=NOW, operational_key=None, fiscal_key=None
    )
    return [ada, ben, cora]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(tree=st.recursive(leaves(), groups, max_leaves=5))
def test_all_at_once_answers_as_one_by_one(people, tree):
    fits = compiled(tree, VOCABULARY)
    [handful] = everybody()
    facts = facts_of(handful, list(VOCABULARY), NOW)

    assert sorted(those_who_fit(tree, NOW)) == sorted(pk for pk, row in facts.items() if fits(row))
    assert facts.keys() >= {person.pk for person in people}
    assert living() == len(facts)


def test_days_since_are_whole_ones_and_what_is_unknown_fulfils_nothing(people):
    ada, ben, cora = people

    def those(op, days):
        return set(those_who_fit(leaf("last_order_days", op, days), NOW))

    assert those("gte", "0") == {ada.pk, ben.pk}
    assert those("lte", "1e12") == {ada.pk, ben.pk}
    assert those("ne", "2") == {ada.pk}
    assert set(those_who_fit(leaf("currency", "empty"), NOW)) >= {cora.pk}
