"""Orders being put together: worked out like any order, counted nowhere until they are placed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from compliance.models import EntityLocation, LegalEntity
from customers.models import Customer
from customers.operations import Party
from inventory import operations as inventory
from inventory.models import Reservation, StockLevel
from oms.dispatch import drain
from oms.models import Event
from orders import operations as orders
from orders import queries
from orders.models import DraftLine, DraftOrder, Hold, Order, OrderLine, Payment
from orders.operations.composing import ANY_LINE
from reporting.models import DailySales
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.django_db
BY = world.BY


@pytest.fixture
def london(db):
    return world.warehouse()


@pytest.fixture
def shop(london):
    world.stocked("MUG", london, 10)
    world.stocked("CUP", london, 2)
    return world.shop(duplicate_window_minutes=0)


def content(*lines, **fields):
    return world.wish(*(lines or [("MUG", 2, "10.00")]), placed_at=None, **fields)


def begin(shop, *lines, **fields):
    return orders.draft(shop, content(*lines, **fields), by=BY)[0]


def told(document):
    rows = Event.objects.filter(subject_type="orders.draftorder", subject_id=document.pk)
    return [(row.name.partition(".")[2], row.actor) for row in rows.order_by("sequence")]


def untouched():
    """What a refusal must leave as it was."""
    return [
        list(table.objects.order_by("pk").values_list())
        for table in (DraftOrder, DraftLine, Order, OrderLine, Reservation, Payment, Event)
    ]


def test_draft_is_worked_out_and_promises_nothing(shop):
    document, is_new = orders.draft(
        shop,
        content(("MUG", 2, "10.00"), ("CUP", 3, "4.50"), charges=(charge("4.95"),)),
        by=BY,
    )

    assert is_new
    assert (document.status, document.revision, document.number[0]) == ("open", 1, "D")
    assert (document.goods_total, document.charges_total) == (Decimal("33.50"), Decimal("4.95"))
    assert document.total == Decimal("38.45")
    assert [(line.sku, line.name, line.total) for line in document.lines.order_by("position")] == [
        ("MUG", "Mug", Decimal(20)),
        ("CUP", "Cup", Decimal("13.50")),
    ]
    assert told(document) == [("opened", BY)]
    assert document.history.get().history_change_reason == f"{BY}: begun"
    assert (Order.objects.count(), Hold.objects.count(), Reservation.objects.count()) == (0, 0, 0)
    drain()
    assert DailySales.objects.count() == 0
    assert_ledgers_hold()


def seller(london):
    """A British company whose goods lie in London, so that VAT is due."""
    entity = LegalEntity.objects.create(
        code="uk", name="Mugs Ltd", country="GB", currency="GBP", tax_id="GB123456789"
    )
    EntityLocation.objects.create(location=london, entity=entity)


def charge(amount, kind="shipping"):
    return orders.PlacedCharge(kind, Decimal(amount))


def test_draft_is_taxed_like_the_order_that_it_becomes(london):
    seller(london)
    world.stocked("MUG", london, 10)
    shop = world.shop(price_includes_tax=False, duplicate_window_minutes=0)
    document = begin(shop, ("MUG", 2, "10.00"))

    order = orders.submit(document, by=BY)

    assert (document.tax_total, document.total) == (Decimal(4), Decimal(24))
    assert (order.tax_total, order.total) == (document.tax_total, document.total)


def test_draft_without_anything_is_a_beginning(shop):
    empty = replace(content(), lines=(), customer=Party(""), shipping_address={})

    document, _ = orders.draft(shop, empty, by=BY)

    assert (document.customer, document.subject, document.total) == (None, None, 0)
    with pytest.raises(orders.DraftIncomplete) as refusal:
        orders.submit(document, by=BY)
    assert refusal.value.detail.endswith("still lacks: a product, who buys")
    assert Customer.objects.count() == 0


def test_draft_sent_twice_is_one_and_with_other_content_refused(shop):
    first = begin(shop, external_id="Q1")

    again, is_new = orders.draft(shop, content(external_id="Q1"), by=BY)
    assert (again, is_new) == (first, False)
    before = untouched()
    with pytest.raises(orders.ExternalIdReused):
        orders.draft(shop, content(("MUG", 3), external_id="Q1"), by=BY)
    assert untouched() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency": "EUR"},
        {"lines": (replace(ANY_LINE, quantity=0),)},
        {"lines": (replace(ANY_LINE, discount=Decimal(1)),)},
    ],
)
def test_draft_of_nonsense_is_refused_and_leaves_nothing(shop, wrong):
    before = untouched()

    with pytest.raises(orders.InvalidOrder):
        orders.draft(shop, replace(content(), **wrong), by=BY)

    assert untouched() == before


def test_revise_replaces_the_content_and_the_same_again_changes_nothing(shop):
    document = begin(shop)
    wanted = content(("CUP", 1, "4.50"), ("MUG", 1, "10.00"))

    document = orders.revise(document, wanted, by="user:2", seen=1)

    assert (document.revision, document.total) == (2, Decimal("14.50"))
    assert [line.sku for line in document.lines.order_by("position")] == ["CUP", "MUG"]
    assert told(document) == [("opened", BY), ("revised", "user:2")]
    before = untouched()
    orders.revise(document, wanted, by="user:2", seen=2)
    assert untouched() == before
    assert_ledgers_hold()


def test_revise_of_what_somebody_else_changed_is_refused(shop):
    document = begin(shop)
    orders.revise(document, content(("MUG", 5)), by="user:2", seen=1)
    before = untouched()

    with pytest.raises(orders.DraftChanged):
        orders.revise(document, content(("MUG", 7)), by="user:3", seen=1)

    assert untouched() == before


def test_revise_keeps_a_buyer_and_finds_another(shop):
    document = begin(shop)
    ada = document.customer
    moved = content(shipping_address={**world.LONDON, "line1": "1 New Street"})
    document = orders.revise(document, moved, by=BY)
    assert (document.customer, Customer.objects.count()) == (ada, 1)

    document = orders.revise(document, replace(moved, customer=world.CORA), by=BY)

    assert document.customer != ada
    assert document.subject == document.customer.subject
    assert orders.content_of(document).customer == world.CORA


def test_revise_by_name_alone_makes_no_customer_a_change(shop):
    document = begin(shop, customer=Party("Ad"))
    assert Customer.objects.count() == 1

    orders.revise(document, content(customer=Party("Ada Byron")), by=BY)

    assert Customer.objects.count() == 1


def test_submit_places_by_the_rules_of_every_order_and_only_once(shop):
    document = begin(shop, ("MUG", 2, "10.00"), ("CUP", 3, "4.50"), tags=("phone",), priority=5)

    order = orders.submit(document, by="user:2")

    assert (order.status, order.stage, order.total) == ("confirmed", "fulfilment", document.total)
    assert (order.customer, order.tags, order.priority) == (document.customer, ["phone"], 5)
    assert [(line.allocated, line.backordered) for line in order.lines.order_by("position")] == [
        (2, 0),
        (2, 1),
    ]
    document.refresh_from_db()
    assert (document.status, document.order) == ("submitted", order)
    assert told(document)[-1] == ("submitted", "user:2")
    assert orders.submit(document, by="user:3") == order
    assert Order.objects.count() == 1
    drain()
    assert DailySales.objects.get().orders == 1
    assert_ledgers_hold()


def test_submit_of_what_a_rule_finds_wrong_gives_an_order_on_hold(shop):
    document = begin(shop, ("KRUG", 1), shipping_address={**world.LONDON, "postcode": ""})

    order = orders.submit(document, by=BY)

    kinds = sorted(order.holds.values_list("type", flat=True))
    assert (order.stage, kinds) == ("validation", ["incomplete_address", "unknown_sku"])


def test_submit_to_be_paid_on_account_meets_the_credit_limit(shop):
    document = begin(shop, ("MUG", 2, "10.00"))
    document.customer.credit_limit = Decimal(5)
    document.customer.save()

    order = orders.submit(document, by=BY, pay_by="on_account")

    payment = order.payments.get()
    assert (payment.method, payment.amount) == ("on_account", Decimal(20))
    assert order.holds.get().kind == "credit_limit"


def test_submit_where_the_channel_may_not_backorder_is_refused_and_changes_nothing(shop):
    shop.allows_backorder = False
    shop.save()
    document = begin(shop, ("CUP", 3))
    before = untouched()

    with pytest.raises(orders.OutOfStock):
        orders.submit(document, by=BY)

    assert untouched() == before


def test_discard_ends_a_draft_and_nothing_can_be_done_with_it(shop):
    document = begin(shop)

    for _ in range(2):
        document = orders.discard(document, by="user:2", reason="Changed his mind")

    assert document.status == "discarded"
    assert told(document) == [("opened", BY), ("discarded", "user:2")]
    assert document.history.first().history_change_reason == "user:2: Changed his mind"
    before = untouched()
    for act in (
        lambda: orders.submit(document, by=BY),
        lambda: orders.revise(document, content(("MUG", 9)), by=BY),
        lambda: orders.quote(document, by=BY, valid_until=timezone.now() + timedelta(days=1)),
    ):
        with pytest.raises(orders.DraftEnded):
            act()
    assert untouched() == before


def test_submitted_draft_is_not_discarded(shop):
    document = begin(shop)
    orders.submit(document, by=BY)
    before = untouched()

    with pytest.raises(orders.DraftEnded):
        orders.discard(document, by=BY, reason="Too late")

    assert untouched() == before


# --- Quotes -----------------------------------------------------------------------------------


def in_days(days):
    return timezone.now() + timedelta(days=days)


def test_quote_is_accepted_once_and_becomes_an_order(shop):
    document = orders.quote(begin(shop), by="user:2", valid_until=in_days(14))
    assert told(document)[-1] == ("quoted", "user:2")

    order = orders.accept_quote(document, by="quote:link", revision=document.revision)
    again = orders.accept_quote(document, by="quote:link", revision=document.revision)

    assert (again, order.total) == (order, document.total)
    document.refresh_from_db()
    assert (document.status, document.accepted_at is None) == ("submitted", False)
    assert [name for name, _ in told(document)][-2:] == ["quote_accepted", "submitted"]
    assert Event.objects.get(name="order.placed").actor == "quote:link"
    assert_ledgers_hold()


def test_quote_that_is_over_is_not_accepted(shop):
    document = orders.quote(begin(shop), by=BY, valid_until=in_days(14))
    before = untouched()

    with time_machine.travel(in_days(15)), pytest.raises(orders.QuoteEnded):
        orders.accept_quote(document, by="quote:link", revision=1)

    assert untouched() == before


def test_quote_of_a_draft_that_was_changed_is_not_accepted(shop):
    document = orders.quote(begin(shop), by=BY, valid_until=in_days(14))
    document = orders.revise(document, content(("MUG", 9)), by=BY)
    assert (document.quoted_at, document.valid_until) == (None, None)
    assert [name for name, _ in told(document)][-2:] == ["revised", "quote_withdrawn"]
    orders.quote(document, by=BY, valid_until=in_days(14))
    before = untouched()

    with pytest.raises(orders.QuoteEnded):
        orders.accept_quote(document, by="quote:link", revision=1)

    assert untouched() == before


def test_withdrawn_quote_is_not_accepted(shop):
    document = orders.quote(begin(shop), by=BY, valid_until=in_days(14))
    for _ in range(2):
        document = orders.withdraw_quote(document, by="user:2", reason="Price was wrong")
    assert [name for name, _ in told(document)].count("quote_withdrawn") == 1
    before = untouched()

    with pytest.raises(orders.QuoteEnded):
        orders.accept_quote(document, by="quote:link", revision=1)

    assert untouched() == before


def test_quote_is_owed_as_it_was_told_although_tax_has_changed(london):
    seller(london)
    world.stocked("MUG", london, 10)
    shop = world.shop(price_includes_tax=False, duplicate_window_minutes=0)
    document = orders.quote(begin(shop), by=BY, valid_until=in_days(14))
    DraftOrder.objects.update(total=Decimal("23.00"))

    order = orders.accept_quote(document, by="quote:link", revision=1)

    assert order.holds.get().kind == "price_mismatch"
    assert order.holds.get().details == {"stated": "23.00", "computed": "24.00"}


def test_quote_into_the_past_is_refused(shop):
    document = begin(shop)
    before = untouched()

    with pytest.raises(orders.QuoteEndsInThePast):
        orders.quote(document, by=BY, valid_until=in_days(-1))

    assert untouched() == before


def test_database_refuses_a_submitted_draft_without_order(shop):
    document = begin(shop)

    with pytest.raises(IntegrityError), transaction.atomic():
        DraftOrder.objects.filter(pk=document.pk).update(status="submitted")


# --- Stock kept meanwhile ---------------------------------------------------------------------


def stock(sku="MUG"):
    level = StockLevel.objects.get(product__sku=sku)
    return (level.on_hand, level.reserved)


def test_kept_stock_is_nobody_elses_and_becomes_the_orders(shop):
    document = orders.keep_stock(begin(shop, ("MUG", 8)), by="user:2", until=in_days(2))
    assert (stock(), told(document)[-1]) == ((10, 8), ("stock_kept", "user:2"))
    other = world.place(shop, ("MUG", 5), external_id="other")
    assert other.lines.get().allocated == 2

    order = orders.submit(document, by=BY)

    assert order.lines.get().allocated == 8
    assert stock() == (10, 10)
    assert_ledgers_hold()


def test_kept_stock_follows_the_draft_and_is_given_back_when_it_cannot(shop):
    document = orders.keep_stock(begin(shop, ("MUG", 3)), by=BY, until=in_days(2))
    document = orders.revise(document, content(("MUG", 5)), by=BY)
    assert stock() == (10, 5)

    document = orders.revise(document, content(("MUG", 11)), by=BY)

    assert stock() == (10, 0)
    assert told(document)[-1][0] == "stock_given_back"
    assert_ledgers_hold()


def test_kept_stock_is_given_back_on_wish_and_with_a_discarded_draft(shop):
    document = orders.keep_stock(begin(shop, ("MUG", 3)), by=BY, until=in_days(2))
    for _ in range(2):
        document = orders.give_stock_back(document, by=BY)
    assert (stock(), [name for name, _ in told(document)].count("stock_given_back")) == ((10, 0), 1)
    document = orders.keep_stock(document, by=BY, until=in_days(1))
    assert stock() == (10, 3)

    orders.discard(document, by=BY, reason="No answer")

    assert stock() == (10, 0)
    assert_ledgers_hold()


def test_kept_stock_that_ran_out_of_time_is_free_and_the_quote_still_good(shop):
    document = orders.keep_stock(begin(shop, ("MUG", 3)), by=BY, until=in_days(1))
    orders.quote(document, by=BY, valid_until=in_days(14))
    with time_machine.travel(in_days(2)):
        inventory.expire_due()
        assert stock() == (10, 0)

        order = orders.accept_quote(document, by="quote:link", revision=1)

    assert order.lines.get().allocated == 3


def test_kept_stock_that_ran_out_of_time_is_no_longer_named_by_the_draft(shop):
    document = orders.keep_stock(begin(shop, ("MUG", 3)), by=BY, until=in_days(1))
    other = orders.keep_stock(begin(shop, ("MUG", 1)), by=BY, until=in_days(9))
    with time_machine.travel(in_days(2)):
        inventory.expire_due()
        drain(webhooks=False)

    document.refresh_from_db()
    other.refresh_from_db()
    assert (document.reservation, other.reservation) == ("", f"{other.number}-1")
    fact = Event.objects.get(name="draft.stock_given_back")
    assert (fact.subject_id, fact.facts["reason"]) == (document.pk, "Its time was over.")
    assert "give_stock_back" not in queries.allowed_draft_actions(document)


def test_draft_whose_stock_went_back_under_an_earlier_release_names_it_no_longer(shop):
    late = orders.keep_stock(begin(shop, ("MUG", 3)), by=BY, until=in_days(1))
    kept = orders.keep_stock(begin(shop, ("MUG", 1)), by=BY, until=in_days(9))
    bought = orders.keep_stock(begin(shop, ("MUG", 2)), by=BY, until=in_days(9))
    orders.submit(bought, by=BY)
    with time_machine.travel(in_days(2)):
        inventory.expire_due()  # an event that nothing consumed

    migration = import_module("orders.migrations.0076_drafts_without_stock")
    migration.forget(apps, connection.schema_editor())

    rows = dict(DraftOrder.objects.values_list("number", "reservation"))
    assert rows == {
        late.number: "",
        kept.number: f"{kept.number}-1",
        bought.number: f"{bought.number}-1",
    }


def test_keep_what_is_not_there_is_refused_and_changes_nothing(shop):
    document = begin(shop, ("CUP", 3))
    before = (untouched(), stock("CUP"))

    with pytest.raises(inventory.NotAvailable):
        orders.keep_stock(document, by=BY, until=in_days(1))
    with pytest.raises(orders.KeptIntoThePast):
        orders.keep_stock(document, by=BY, until=in_days(-1))

    assert (untouched(), stock("CUP")) == before


def test_keep_nothing_is_refused(shop):
    document = begin(shop, ("KRUG", 3))

    with pytest.raises(orders.NothingToKeep):
        orders.keep_stock(document, by=BY, until=in_days(1))
