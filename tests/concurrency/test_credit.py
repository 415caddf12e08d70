"""A crowd on one company's credit: not one order more goes on than the limit covers."""

from collections import Counter
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import operations as customers
from customers.models import Company
from customers.operations import BuyerTerms, CompanyTerms, Party
from customers.queries import account_of
from fulfillment import consumers as fulfillment_consumers
from fulfillment import operations as fulfillment
from fulfillment.models import Carrier
from inventory import operations as inventory
from inventory.models import Location, Product
from oms.models import Event
from orders import operations as orders
from orders.enums import ChangeStep
from orders.models import Channel, Hold, Order, PriceList
from orders.operations import PlacedPayment
from orders.operations.changing import Step
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
    monkeypatch.setattr(customers, "lock_accounts", lambda _accounts, **_more: None)

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


def limited():
    """Ben, who may order for 50.00 in 30 days; each order costs 10.00."""
    firm = Company.objects.create(code="ENGINES", name="Engines")
    ben = customers.identify([Party(name="Ben", email="ben@example.com")], by=world.BY)[0]
    customers.classify(ben, by=world.BY, group="", company=firm, reason="Works there")
    limit = BuyerTerms(period_limit=Decimal(10 * COVERED))
    customers.set_buyer(ben, limit, by=world.BY, reason="Agreed")


def spend(shop, number):
    wish = world.wish(
        ("MUG", 1), external_id=f"E{number}", customer=Party(name="Ben", email="ben@example.com")
    )
    return orders.place_one(shop, wish, by="api-key:test").order


def test_a_buyer_who_orders_everywhere_at_once_keeps_within_the_period(at_once, shop):
    limited()

    placed = at_once([partial(spend, shop, number) for number in range(ORDERS)])

    assert all(isinstance(each, Order) for each in placed)
    assert Hold.objects.filter(type__code="approval").count() == ORDERS - COVERED
    assert_ledgers_hold()


def test_a_buyer_who_orders_everywhere_at_once_without_the_lock_spends_twice(
    at_once, shop, monkeypatch
):
    """The control: looked at without a lock, many see the same rest of the limit."""
    limited()
    monkeypatch.setattr(customers, "lock_accounts", lambda _accounts, **_more: None)

    at_once([partial(spend, shop, number) for number in range(ORDERS)])

    assert Hold.objects.filter(type__code="approval").count() < ORDERS - COVERED


def locked(captured):
    """Which kinds of rows a transaction waited for, in turn, repeats left out."""
    kinds = (
        ("order", 'FROM "orders_order"'),
        ("credit", 'FROM "customers_company"'),
        ("limits", 'FROM "inventory_sellinglimit"'),
        ("stock", 'FROM "inventory_stocklevel"'),
        ("stock", "UPDATE inventory_stocklevel"),
    )
    told = [
        name
        for row in captured
        if " FOR " in row["sql"].upper() or "UPDATE" in row["sql"]
        for name, words in kinds
        if words in row["sql"]
    ]
    return [name for at, name in enumerate(told) if at == 0 or told[at - 1] != name]


@pytest.mark.parametrize("act", ["sku", "country", "prices", "change", "serve"])
def test_credit_and_limits_are_locked_after_orders_and_before_stock(act, shop, company):
    """Whoever places an order does so; the other way round the two would wait in a circle."""
    if act == "prices":
        listed = PriceList.objects.create(code="all", name="All", currency="GBP")
        orders.set_prices(listed, [orders.PriceRow(2, "MUG", "9.50", "1")], by=world.BY)
        Channel.objects.update(checks_prices=True)
        shop.refresh_from_db()
    elif act == "serve":
        world.product("POT")
    foreign = {**world.LONDON, "country": "Albion"}
    waiting = {
        "sku": (("CUP", 1), {}),
        "country": (("MUG", 1), {"shipping_address": foreign}),
        "serve": (("POT", 1), {}),
    }
    lines, fields = waiting.get(act, (("MUG", 1), {}))
    for number in range(3):
        payments = (PlacedPayment("on_account", Decimal(10), "pending"),)
        who = Party(name="Buyer", email=f"b{number}@example.com")
        order = world.place(shop, lines, customer=who, payments=payments, **fields)
    if act == "sku":
        orders.remember_sku(order.lines.get(), by=world.BY, product=Product.objects.get())
        later = partial(orders.solve_waiting, Event.objects.get(name="order.sku_remembered"))
    elif act == "country":
        orders.remember_country(
            order, by=world.BY, shipping_address=world.LONDON, reason="It is clear"
        )
        later = partial(orders.solve_waiting, Event.objects.get(name="order.country_remembered"))
    elif act == "prices":
        hold = order.holds.get(type__code="price_mismatch")
        orders.remember_prices(hold, by=world.BY, reason="Theirs")
        later = partial(orders.solve_waiting, Event.objects.get(name="order.prices_remembered"))
    elif act == "serve":
        pot = Product.objects.get(sku="POT")
        inventory.receive(pot, Location.objects.get(), 10, by=world.BY)
        later = partial(orders.serve_waiting, [pot.pk], by=world.BY)
    else:
        step = Step(ChangeStep.SET_QUANTITY, order.lines.get().pk, {"quantity": 2})
        change = orders.draft_change(order, by=world.BY, steps=[step])
        later = partial(orders.confirm_change, change, by=world.BY)

    with CaptureQueriesContext(connection) as asked:
        later()

    assert locked(asked.captured_queries)[:4] == ["order", "credit", "limits", "stock"]


def packed(shop, sku, lots=()):
    """A parcel on account that waits for its carrier, its lots as they come."""
    Carrier.objects.get_or_create(code="royal-mail", name="Royal Mail")
    payments = (PlacedPayment("on_account", Decimal(10), "pending"),)
    who = Party(name="Buyer", email="b0@example.com")
    order = world.place(shop, (sku, 1), customer=who, payments=payments)
    orders.release(order, by=world.BY)
    fulfillment_consumers.create_fulfillment_orders(Event.objects.get(name="order.released"))
    work = fulfillment.pick(order.fulfillment_orders.get(), by=world.BY)
    contents = {line.pk: 1 for line in work.lines.all()}
    box = fulfillment.PackedParcel(300, contents)
    fulfillment.pack(work, by=world.BY, parcels=[box])
    return work


def tea(*codes):
    london = Location.objects.get()
    product = inventory.set_tracking(world.product("TEA"), "lot", by=world.BY)
    for code in codes:
        lot = inventory.lot_of(product, code, by=world.BY)
        change = inventory.Change(product.pk, london.pk, 1, "received", lot_id=lot.pk)
        inventory.move([change], by=world.BY)


@pytest.mark.parametrize("act", ["ship", "receive", "reship"])
def test_floor_locks_credit_before_stock(act, shop, company):
    """What leaves, what comes back and what is sent once more settle the order's money as well."""
    tea("A", "B")
    work = packed(shop, "TEA")
    if act == "ship":
        line = work.lines.get()
        other = {"A": "B", "B": "A"}[line.picked_lots.get().lot.code]
        named = {(1, line.pk): [(other, 1)]}
        later = partial(fulfillment.ship, work, by=world.BY, carrier="royal-mail", named=named)
    else:
        shipment = fulfillment.ship(work, by=world.BY, carrier="royal-mail")
        row = fulfillment.bring_back(shipment, by=world.BY, reason="refused")
        back = row.return_order
        outcomes = {back.lines.get().pk: {"restock": 1}}
        later = partial(fulfillment.receive, back, by=world.BY, outcomes=outcomes)
    if act == "reship":
        later()
        later = partial(fulfillment.reship, row, by=world.BY, reason="New address")

    with CaptureQueriesContext(connection) as asked:
        later()

    turns = dict.fromkeys(locked(asked.captured_queries))
    assert list(turns) == ["order", "credit", "stock"]
    assert_ledgers_hold()
