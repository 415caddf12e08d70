"""The buyer comes to the counter while somebody else puts the goods back."""

from collections import Counter
from functools import partial

import pytest

from fulfillment import operations as fulfillment
from fulfillment.models import FulfillmentOrder
from fulfillment.operations import documents
from inventory.models import LocationService, StockLevel
from oms.dispatch import drain
from oms.errors import DomainError
from orders import operations as orders
from orders.models import Order
from tests import factories as world
from tests.ledgers import assert_ledgers_hold

pytestmark = pytest.mark.concurrency
BY = world.BY
RACES = 6


@pytest.fixture
def ready(transactional_db):
    """Orders whose goods wait at the counter."""
    where = {"line1": "1 Briggate", "city": "Leeds", "postcode": "LS1 6HD"}
    store, shop = world.warehouse("LEE", **where), world.shop(duplicate_window_minutes=0)
    LocationService.objects.create(location=store, offers_pickup=True)
    world.stocked("MUG", store, RACES)
    at = {"pickup_location": "LEE", "shipping_address": {}}
    for number in range(RACES):
        world.place(shop, ("MUG", 1), external_id=f"E{number}", **at)
    drain(webhooks=False)
    for one in FulfillmentOrder.objects.all():
        fulfillment.pick(one, by=BY)
        fulfillment.make_ready(one, by=BY)
    assert FulfillmentOrder.objects.filter(status="ready_for_pickup").count() == RACES
    return list(FulfillmentOrder.objects.select_related("order").order_by("pk"))


def race(ready, at_once):
    calls = []
    for one in ready:
        calls += [
            partial(fulfillment.collect, one, by=BY, collected_by="Ada Byron"),
            partial(fulfillment.give_up, one, by=BY),
            partial(fulfillment.collect, one, by=BY, collected_by="Ada's brother"),
        ]
    return at_once(calls)


def test_collected_and_given_up_at_once_is_one_of_them(at_once, ready):
    answers = race(ready, at_once)

    codes = Counter(getattr(answer, "code", "done") for answer in answers)
    assert codes == {"done": RACES, "illegal_move": 2 * RACES}
    collected = FulfillmentOrder.objects.filter(status="collected").count()
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (RACES - collected, 0)
    assert Order.objects.filter(status="cancelled").count() == RACES - collected
    assert_ledgers_hold()


def test_control_without_locking_the_work_both_happen(at_once, ready, monkeypatch):
    """Stock itself refuses the second; but the documents are not asked any more."""
    monkeypatch.setattr(documents, "lock", unlocked)
    monkeypatch.setattr(orders, "lock_order", lambda order: Order.objects.get(pk=order.pk))

    answers = race(ready, at_once)

    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert {answer.code for answer in refused} != {"illegal_move"} or len(refused) < 2 * RACES


def unlocked(document):
    return type(document).objects.select_related("order").get(pk=document.pk)
