"""Exchange by the buyer's link: what there is, at what difference, set aside when asked for."""

from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from fulfillment import operations as fulfillment
from fulfillment.consumers import settle_exchange
from fulfillment.models import Exchange, Return, ReturnPolicy
from fulfillment.queries.links import LINK
from inventory.models import Product
from oms import links
from oms.models import Event
from orders import operations as orders
from orders.models import Order
from orders.queries import balance
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

BY = world.BY


@pytest.fixture(autouse=True)
def nobody_was_here():
    cache.clear()


@pytest.fixture
def sold(floor):
    """Two mugs at ten pounds, paid and delivered; cups, jugs and pots are of their family."""
    floor.channel.needs_payment = True
    floor.channel.save()
    world.stocked("JUG", floor.leeds, 4)
    world.product("POT")
    for sku, price in (("MUG", 12), ("CUP", 12), ("JUG", 15), ("POT", 12)):
        Product.objects.filter(sku=sku).update(family="tableware", unit_price=price)
    paid = orders.PlacedPayment("card", Decimal(20), "captured", "ch_1")
    order = world.place(floor.channel, ("MUG", 2), payments=(paid,))
    floor.dispatch(order)
    document = fulfillment.pick(order.fulfillment_orders.get(), by=BY)
    contents = {line.pk: line.picked for line in document.lines.all()}
    fulfillment.pack(document, by=BY, parcels=[fulfillment.PackedParcel(900, contents)])
    fulfillment.deliver(fulfillment.ship(document, by=BY, carrier="royal-mail"), by=BY)
    order.refresh_from_db()
    return order


@pytest.fixture
def path(sold):
    return reverse("return", args=[links.sign(LINK, sold.number)])


def choice(order, sku="CUP", units=2, **more):
    pk = order.lines.get().pk
    return {
        f"line_{pk}": units, f"reason_{pk}": "unwanted", f"state_{pk}": "unopened",
        f"swap_{pk}": sku, "once": "abc", "seen": "0.00", **more,
    }  # fmt: skip


def text(answer):
    return answer.content.decode()


def owed(order):
    return balance(Order.objects.get(pk=order.pk)).balance


def tell(name):
    settle_exchange(Event.objects.filter(name=name).latest("pk"))


def test_page_offers_what_there_is_with_its_difference(client, path, django_assert_max_num_queries):
    client.get(path)
    with django_assert_max_num_queries(20):
        shown = text(client.get(path))

    assert "Cup, 5 left" in shown
    assert "Jug (+£3.00), 4 left" in shown
    assert '<option value="MUG">Mug</option>' in shown  # so many that nobody needs the figure
    assert "POT" not in shown


def test_review_says_what_is_due_and_when_it_leaves_and_asks_for_nothing(client, sold, path):
    same, more = client.post(path, choice(sold)), client.post(path, choice(sold, "JUG"))

    assert "You pay nothing on top" in text(same)
    assert "£6.00" in text(more)
    assert 'name="seen" value="6.00"' in text(more)
    assert "It leaves when your goods are here." in text(more)
    assert not Return.objects.exists()


def test_exchange_is_asked_for_once_reserved_now_and_waits_for_the_goods(client, sold, path):
    for _ in range(2):
        assert client.post(path, choice(sold, send=1)).status_code == 302

    made = Exchange.objects.get()
    line = made.replacement.lines.get()
    assert (line.sku, line.allocated, made.return_order.status) == ("CUP", 2, "requested")
    assert made.replacement.holds.get().reason == f"Ships when return {made.return_order} is here"
    assert f"Order {made.replacement.number} is set aside for you" in text(client.get(path))
    assert Event.objects.get(name="return.exchanged").actor == f"link:{sold.number}"

    document = fulfillment.approve(made.return_order, by=BY)
    tell("return.approved")
    made.replacement.refresh_from_db()
    assert made.replacement.holds.filter(lifted_at=None).exists()
    fulfillment.receive(document, by=BY, outcomes={document.lines.get().pk: {"restock": 2}})
    tell("return.received")
    made.refresh_from_db()
    assert (made.status, owed(sold), owed(made.replacement)) == ("done", 0, 0)
    assert_ledgers_hold()


def test_at_once_means_when_somebody_has_approved_it(client, sold, path):
    ReturnPolicy.objects.create(name="Instant", exchange_ships="at_once")
    assert "as soon as the exchange is approved" in text(client.post(path, choice(sold)))
    client.post(path, choice(sold, send=1))
    made = Exchange.objects.get()
    assert (
        made.replacement.holds.get().reason == f"Ships when return {made.return_order} is approved"
    )
    assert owed(made.replacement) == 20

    fulfillment.approve(made.return_order, by=BY)
    for _ in range(2):
        tell("return.approved")

    assert not made.replacement.holds.filter(lifted_at=None).exists()
    assert (owed(sold), owed(made.replacement)) == (0, 0)
    made.refresh_from_db()
    assert made.status == "open"
    assert_ledgers_hold()


def test_policy_that_approves_by_itself_lets_it_leave_now(client, sold, path):
    ReturnPolicy.objects.create(name="Instant", exchange_ships="at_once", approves_itself=True)

    client.post(path, choice(sold, "JUG", seen="6.00", send=1))

    made = Exchange.objects.get()
    assert made.return_order.status == "approved"
    assert not made.replacement.holds.filter(type__code="awaits_return").exists()
    assert (owed(sold), owed(made.replacement)) == (0, 6)
    assert_ledgers_hold()


def test_declined_exchange_frees_the_stock(client, sold, path):
    client.post(path, choice(sold, send=1))
    made = Exchange.objects.get()

    fulfillment.decline(made.return_order, by=BY, reason="Worn")
    tell("return.declined")

    made.refresh_from_db()
    made.replacement.refresh_from_db()
    assert (made.status, made.replacement.status) == ("cancelled", "cancelled")
    assert "The exchange is cancelled." in text(client.get(path))
    assert_ledgers_hold()


def test_what_cannot_be_had_is_refused_and_nothing_is_asked_for(client, sold, path, floor):
    pk = sold.lines.get().pk
    assert client.post(path, choice(sold, "POT", send=1)).status_code == 422
    assert client.post(path, choice(sold, "LAMP", send=1)).status_code == 422
    world.place(floor.channel, ("JUG", 3), payments=(
        orders.PlacedPayment("card", Decimal(30), "captured", "ch_2"),
    ))  # fmt: skip
    answer = client.post(path, choice(sold, "JUG", seen="6.00", send=1))
    assert answer.status_code == 422
    assert "Only 1 left." in text(answer)
    assert not Return.objects.exists()
    assert sold.lines.get().pk == pk


def test_price_that_has_changed_is_shown_again_before_anything_is_asked_for(client, sold, path):
    Product.objects.filter(sku="JUG").update(unit_price=20)

    answer = client.post(path, choice(sold, "JUG", seen="6.00", send=1))

    assert "£16.00" in text(answer)
    assert not Return.objects.exists()
