"""A crowd on one company's credit: not one order more goes on than the limit covers."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest

from customers import operations as customers
from customers.models import Company
from customers.operations import CompanyTerms, Party
from customers.queries import account_of
from orders import operations as orders
from orders.models import Hold, Order
from orders.operations import PlacedPayment
from orders.queries.dealings import standing_of
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
ORDERS, COVERED = 24, 5


@pytest.fixture
def shop(transactional_db):
    world.stocked("MUG", world.warehouse(), 1_000)
    return world.shop(duplicate_window_minutes=0, auto_release=False)


@pytest.fixture
def company(shop):
    firm = Company.objects.create(code="ENGINES", name="Engines")
    limit = CompanyTerms(credit_limit=Decimal(10 * COVERED), credit_currency="GBP")
    firm = customers.set_company_terms(firm, limit, by=world.BY, reason="Agreed")
    parties = [Party(name=f"Buyer {n}", email=f"b{n}@example.com") for n in range(4)]
    for row in customers.identify(parties, by=world.BY):
        customers.classify(row, by=world.BY, group="", company=firm, reason="Works there")
    return firm


def place(shop, number):
    who = Party(name="Buyer", email=f"b{number % 4}@example.com")
    payments = (PlacedPayment("on_account", Decimal(10), "pending"),)
    wish = world.wish(("MUG", 1), external_id=f"E{number}", customer=who, payments=payments)
    return orders.place_one(shop, wish, by="api-key:test").order


def test_place_crowd_uses_the_credit_once(at_once, shop, company):
    placed = at_once([partial(place, shop, number) for number in range(ORDERS)])

    assert all(isinstance(each, Order) for each in placed)
    held = Hold.objects.filter(type__code="credit_limit").count()
    assert held == ORDERS - COVERED
    [standing] = standing_of(account_of(company))
    assert (standing.owed, standing.free) == (50, 0)
    assert_ledgers_hold()


def test_place_crowd_without_the_lock_uses_it_twice(at_once, shop, company, monkeypatch):
    """The control: looked at without a lock, many see the same credit."""
    monkeypatch.setattr(customers, "lock_accounts", lambda _accounts: None)

    at_once([partial(place, shop, number) for number in range(ORDERS)])

    assert Hold.objects.filter(type__code="credit_limit").count() < ORDERS - COVERED


def test_money_that_arrives_lets_exactly_as_many_go_on_as_it_pays_for(at_once, shop, company):
    placed = [place(shop, number) for number in range(ORDERS)]
    first = next(each for each in placed if not each.holds.exists())
    orders.record_capture(first, by=world.BY, method="manual", amount=Decimal(10), reference="T")

    waiting = [each for each in placed if each.holds.filter(lifted_at=None).exists()]
    answers = at_once([partial(orders.advance, each, by="test") for each in waiting])

    told = Counter(type(answer).__name__ for answer in answers)
    assert told == {"Order": ORDERS - COVERED}
    assert Hold.objects.filter(lifted_at=None).count() == ORDERS - COVERED - 1
