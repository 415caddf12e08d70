"""What a rejection does beyond its own transaction: accuracy, a count, routing."""

from decimal import Decimal

import pytest

from fulfillment import consumers
from fulfillment import operations as fulfillment
from inventory.models import Count, LocationDay, LocationService
from oms.models import Event
from tests.factories import BY

pytestmark = pytest.mark.django_db


def missed():
    return Event.objects.get(name="fulfillment_order.stock_missed")


@pytest.mark.parametrize(("reason", "counts"), [("mismatch", 1), ("damaged", 0)])
def test_rejection_for_stock_lowers_accuracy_and_has_the_rest_counted(floor, reason, counts):
    _, (document,) = floor.work(("MUG", 3))

    fulfillment.reject(document, by=BY, reason=reason)
    consumers.look_into_misses(missed())

    service = LocationService.objects.get(location=document.location)
    assert service.accuracy == Decimal("0.943396")  # 50 of 53
    assert LocationDay.objects.get().missed == 3
    assert Count.objects.filter(location=document.location).count() == counts


def test_rejection_for_lack_of_time_says_nothing_about_stock(floor):
    _, (document,) = floor.work(("MUG", 3))

    fulfillment.reject(document, by=BY, reason="capacity")

    assert not Event.objects.filter(name="fulfillment_order.stock_missed").exists()
    assert not LocationService.objects.exists()


def test_shipment_counts_as_found(floor):
    order, _shipment = floor.shipped()

    consumers.count_found(Event.objects.get(name="order.shipped", subject_id=order.pk))

    assert LocationDay.objects.get().found == 3
